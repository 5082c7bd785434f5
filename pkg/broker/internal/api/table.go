package api

import (
	"errors"
	"fmt"

	"kq/pkg/broker/internal/wire"
)

// maxKey is the highest key of the table.
const maxKey = 92

// route is one API at the versions that are advertised and served.
type route struct {
	name     string
	min, max int16
	handle   handler // nil: the API is not served
}

// routes returns the table of all APIs, by key. An advertised version is a
// promise: a row is as wide as its handler honours, and as Apache Kafka 4.3.1.
// Handlers on a decoded request are wrapped: cold(handleMetadata).
//
// It is a function, since the handler of ApiVersions reads the table.
func routes() *[maxKey + 1]route {
	return &[maxKey + 1]route{
		wire.KeyProduce:     {"Produce", 0, 13, handleProduce},
		wire.KeyFetch:       {"Fetch", 4, 18, handleFetch},
		2:                   {"ListOffsets", 1, 11, cold(handleListOffsets)},
		3:                   {"Metadata", 0, 13, cold(handleMetadata)},
		8:                   {"OffsetCommit", 2, 10, grouped(handleOffsetCommit)},
		9:                   {"OffsetFetch", 1, 10, grouped(handleOffsetFetch)},
		10:                  {"FindCoordinator", 0, 6, cold(handleFindCoordinator)},
		11:                  {"JoinGroup", 0, 9, grouped(handleJoinGroup)},
		12:                  {"Heartbeat", 0, 4, grouped(handleHeartbeat)},
		13:                  {"LeaveGroup", 0, 5, grouped(handleLeaveGroup)},
		14:                  {"SyncGroup", 0, 5, grouped(handleSyncGroup)},
		15:                  {"DescribeGroups", 0, 6, grouped(handleDescribeGroups)},
		16:                  {"ListGroups", 0, 5, grouped(handleListGroups)},
		19:                  {"CreateTopics", 2, 7, cold(handleCreateTopics)},
		20:                  {"DeleteTopics", 1, 6, cold(handleDeleteTopics)},
		21:                  {"DeleteRecords", 0, 2, cold(handleDeleteRecords)},
		22:                  {"InitProducerID", 0, 5, cold(handleInitProducerID)},
		23:                  {"OffsetForLeaderEpoch", 2, 4, cold(handleOffsetForLeaderEpoch)},
		24:                  {"AddPartitionsToTxn", 0, 5, cold(handleAddPartitionsToTxn)},
		25:                  {"AddOffsetsToTxn", 0, 4, cold(handleAddOffsetsToTxn)},
		26:                  {"EndTxn", 0, 5, cold(handleEndTxn)},
		27:                  {"WriteTxnMarkers", 1, 2, cold(handleWriteTxnMarkers)},
		28:                  {"TxnOffsetCommit", 0, 5, grouped(handleTxnOffsetCommit)},
		29:                  {"DescribeACLs", 1, 3, cold(handleDescribeACLs)},
		30:                  {"CreateACLs", 1, 3, cold(handleCreateACLs)},
		31:                  {"DeleteACLs", 1, 3, cold(handleDeleteACLs)},
		32:                  {"DescribeConfigs", 1, 4, cold(handleDescribeConfigs)},
		33:                  {"AlterConfigs", 0, 2, cold(handleAlterConfigs)},
		34:                  {"AlterReplicaLogDirs", 1, 2, cold(handleAlterReplicaLogDirs)},
		35:                  {"DescribeLogDirs", 1, 5, cold(handleDescribeLogDirs)},
		37:                  {"CreatePartitions", 0, 3, cold(handleCreatePartitions)},
		42:                  {"DeleteGroups", 0, 2, grouped(handleDeleteGroups)},
		43:                  {"ElectLeaders", 0, 2, cold(handleElectLeaders)},
		44:                  {"IncrementalAlterConfigs", 0, 1, cold(handleIncrementalAlterConfigs)},
		45:                  {"AlterPartitionAssignments", 0, 1, cold(handleAlterPartitionAssignments)},
		46:                  {"ListPartitionReassignments", 0, 0, cold(handleListPartitionReassignments)},
		47:                  {"OffsetDelete", 0, 0, grouped(handleOffsetDelete)},
		48:                  {"DescribeClientQuotas", 0, 1, cold(handleDescribeClientQuotas)},
		49:                  {"AlterClientQuotas", 0, 1, cold(handleAlterClientQuotas)},
		50:                  {"DescribeUserSCRAMCredentials", 0, 0, cold(handleDescribeUserSCRAMCredentials)},
		51:                  {"AlterUserSCRAMCredentials", 0, 0, cold(handleAlterUserSCRAMCredentials)},
		55:                  {"DescribeQuorum", 0, 2, cold(handleDescribeQuorum)},
		57:                  {"UpdateFeatures", 0, 2, cold(handleUpdateFeatures)},
		60:                  {"DescribeCluster", 0, 2, cold(handleDescribeCluster)},
		61:                  {"DescribeProducers", 0, 0, cold(handleDescribeProducers)},
		64:                  {"UnregisterBroker", 0, 0, cold(handleUnregisterBroker)},
		65:                  {"DescribeTransactions", 0, 0, cold(handleDescribeTransactions)},
		66:                  {"ListTransactions", 0, 2, cold(handleListTransactions)},
		68:                  {"ConsumerGroupHeartbeat", 0, 1, grouped(handleConsumerGroupHeartbeat)},
		69:                  {"ConsumerGroupDescribe", 0, 1, grouped(handleConsumerGroupDescribe)},
		74:                  {"ListConfigResources", 0, 1, cold(handleListConfigResources)},
		75:                  {"DescribeTopicPartitions", 0, 0, cold(handleDescribeTopicPartitions)},
		76:                  {"ShareGroupHeartbeat", 1, 1, grouped(handleShareGroupHeartbeat)},
		77:                  {"ShareGroupDescribe", 1, 1, grouped(handleShareGroupDescribe)},
		78:                  {"ShareFetch", 1, 2, shared(handleShareFetch)},
		79:                  {"ShareAcknowledge", 1, 2, shared(handleShareAcknowledge)},
		83:                  {"InitializeShareGroupState", 0, 0, shared(handleInitializeShareGroupState)},
		84:                  {"ReadShareGroupState", 0, 0, shared(handleReadShareGroupState)},
		85:                  {"WriteShareGroupState", 0, 1, shared(handleWriteShareGroupState)},
		86:                  {"DeleteShareGroupState", 0, 0, shared(handleDeleteShareGroupState)},
		87:                  {"ReadShareGroupStateSummary", 0, 1, shared(handleReadShareGroupStateSummary)},
		90:                  {"DescribeShareGroupOffsets", 0, 1, grouped(handleDescribeShareGroupOffsets)},
		91:                  {"AlterShareGroupOffsets", 0, 0, grouped(handleAlterShareGroupOffsets)},
		92:                  {"DeleteShareGroupOffsets", 0, 0, grouped(handleDeleteShareGroupOffsets)},
		wire.KeyApiVersions: {"ApiVersions", 0, 4, cold(handleAPIVersions)},
	}
}

// ErrUnsupported is why a connection closes after a request of an API or a
// version that is not served: the protocol has no answer for it.
var ErrUnsupported = errors.New("unsupported api key or version")

// Handle answers r, now or later.
func (s *Service) Handle(r *Request) {
	key, version := r.Header.Key, r.Header.Version
	if key < 0 || key > maxKey || s.table()[key].handle == nil {
		r.Close(fmt.Errorf("%w: key %d version %d", ErrUnsupported, key, version))
		return
	}
	rt := &s.table()[key]
	if version < rt.min || version > rt.max {
		if key == wire.KeyApiVersions {
			s.apiVersionsTooNew(r)
			return
		}
		r.Close(fmt.Errorf("%w: %s version %d", ErrUnsupported, rt.name, version))
		return
	}
	rt.handle(s, r)
}
