package api

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/internal/share"
	"kq/pkg/broker/internal/topic"
)

// Controller is the active controller. Its methods are Kafka's own requests and
// answers: a direct call here, the wire where it is another process.
type Controller interface {
	CreateTopics(ctx context.Context, q *kmsg.CreateTopicsRequest) *kmsg.CreateTopicsResponse
	DeleteTopics(ctx context.Context, q *kmsg.DeleteTopicsRequest) *kmsg.DeleteTopicsResponse
	CreatePartitions(ctx context.Context, q *kmsg.CreatePartitionsRequest) *kmsg.CreatePartitionsResponse
	IncrementalAlterConfigs(ctx context.Context, q *kmsg.IncrementalAlterConfigsRequest) *kmsg.IncrementalAlterConfigsResponse
	AlterConfigs(ctx context.Context, q *kmsg.AlterConfigsRequest) *kmsg.AlterConfigsResponse
	AllocateProducerIDs(ctx context.Context, q *kmsg.AllocateProducerIDsRequest) *kmsg.AllocateProducerIDsResponse
}

// ClusterAdmin is the active controller, as far as brokers and replicas go.
type ClusterAdmin interface {
	ElectLeaders(ctx context.Context, q *kmsg.ElectLeadersRequest) *kmsg.ElectLeadersResponse
	AlterPartitionAssignments(ctx context.Context, q *kmsg.AlterPartitionAssignmentsRequest) *kmsg.AlterPartitionAssignmentsResponse
	UpdateFeatures(ctx context.Context, q *kmsg.UpdateFeaturesRequest) *kmsg.UpdateFeaturesResponse
	UnregisterBroker(ctx context.Context, q *kmsg.UnregisterBrokerRequest) *kmsg.UnregisterBrokerResponse
}

// Accounts is the active controller, as far as users go.
type Accounts interface {
	AlterUserSCRAMCredentials(ctx context.Context, q *kmsg.AlterUserSCRAMCredentialsRequest) *kmsg.AlterUserSCRAMCredentialsResponse
	AlterClientQuotas(ctx context.Context, q *kmsg.AlterClientQuotasRequest) *kmsg.AlterClientQuotasResponse
}

// Txns is the transaction coordinator.
type Txns interface {
	// AddPartitionsToTxn takes the form of versions 4 and later: it adds partitions
	// to transactions, or says whether they are in. done is called once, on any
	// goroutine, perhaps before AddPartitionsToTxn returns; the caller holds no lock.
	// Here it takes those of before, too.
	AddPartitionsToTxn(q *kmsg.AddPartitionsToTxnRequest, done func(*kmsg.AddPartitionsToTxnResponse))
	// The others answer in the same way.
	InitProducerID(q *kmsg.InitProducerIDRequest, done func(*kmsg.InitProducerIDResponse))
	AddOffsetsToTxn(q *kmsg.AddOffsetsToTxnRequest, done func(*kmsg.AddOffsetsToTxnResponse))
	EndTxn(q *kmsg.EndTxnRequest, done func(*kmsg.EndTxnResponse))
}

// TxnStates tells what the transaction coordinator knows.
type TxnStates interface {
	DescribeTransactions(q *kmsg.DescribeTransactionsRequest) *kmsg.DescribeTransactionsResponse
	ListTransactions(q *kmsg.ListTransactionsRequest) *kmsg.ListTransactionsResponse
}

// TxnOffsets is the group coordinator as far as transactions concern it.
type TxnOffsets interface {
	// CompleteTxn says that the end of a transaction is committed in a partition of
	// __consumer_offsets: the offsets that were pending there count, or never will.
	CompleteTxn(partition int32, producerID int64, epoch int16, committed bool)
}

// Service is what the handlers of one broker share. Its fields are set before
// the first request and do not change.
type Service struct {
	NodeID     int32
	Controller Controller
	Cluster    ClusterAdmin
	Accounts   Accounts
	Topics     *topic.Catalog
	Txns       Txns            // nil: there are no transactions
	TxnStates  TxnStates       // with Txns
	TxnOffsets TxnOffsets      // nil: there are no groups
	Finders    map[int8]Finder // by key type of FindCoordinator
	Members    GroupMembers    // nil: there are no groups
	Offsets    GroupOffsets    // with Members
	Groups     GroupAdmin      // with Members
	// ConsumerGroups is with Members.
	ConsumerGroups ConsumerGroups
	ShareStates    ShareStates    // nil: there are no share groups
	ShareGroups    ShareGroups    // with Members
	ShareOffsets   ShareOffsets   // with Members
	Shares         *share.Manager // with ShareStates
	// Static are the broker configs of server.properties and the command line.
	Static map[string]string
	Now    func() time.Time
	Logger *slog.Logger
	// Image returns the latest metadata.
	Image func() *meta.Image
	// Errors counts error codes; nil when nobody asks.
	Errors *ErrorCounts

	tableOnce sync.Once
	routes    *[maxKey + 1]route // built by the first call of table
	coldGate  coldGate
	fetch     fetchShared
	produce   produceShared

	producerIDs producerIDs
}

// table returns the routes by key.
func (s *Service) table() *[maxKey + 1]route {
	s.tableOnce.Do(func() { s.routes = routes() })
	return s.routes
}
