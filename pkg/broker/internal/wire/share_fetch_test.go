package wire

import (
	"bytes"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// TestShareFetchResponse compares the encoding with that of kmsg.
func TestShareFetchResponse(t *testing.T) {
	text, rack := "why", "r1"
	ours := ShareFetchResponse{
		ErrorCode: 1, ErrorMessage: &text, LockTimeoutMs: 30_000,
		Topics: []ShareFetchTopic{{ID: [16]byte{1}, Partitions: []ShareFetchPartition{
			{
				Index: 3, ErrorCode: 6, ErrorMessage: &text, AckErrorCode: 121, AckMessage: &text, CurrentLeader: LeaderAndEpoch{ID: 4, Epoch: 5},
				Acquired: []AcquiredRecords{{First: 7, Last: 9, DeliveryCount: 2}},
			},
			{Index: 4},
		}}},
		NodeEndpoints: []NodeEndpoint{{ID: 4, Host: "h", Port: 9092, Rack: &rack}},
	}
	theirs := kmsg.NewShareFetchResponse()
	theirs.Version = 2
	theirs.ErrorCode, theirs.ErrorMessage, theirs.AcquisitionLockTimeoutMillis = 1, &text, 30_000
	theirs.Topics = []kmsg.ShareFetchResponseTopic{{TopicID: [16]byte{1}, Partitions: []kmsg.ShareFetchResponseTopicPartition{
		{
			Partition: 3, ErrorCode: 6, ErrorMessage: &text, AcknowledgeErrorCode: 121, AcknowledgeErrorMessage: &text,
			CurrentLeader: kmsg.ShareFetchResponseTopicPartitionCurrentLeader{LeaderID: 4, LeaderEpoch: 5}, Records: []byte{},
			AcquiredRecords: []kmsg.ShareFetchResponseTopicPartitionAcquiredRecord{{FirstOffset: 7, LastOffset: 9, DeliveryCount: 2}},
		},
		{Partition: 4, Records: []byte{}},
	}}}
	theirs.NodeEndpoints = []kmsg.ShareFetchResponseNodeEndpoint{{NodeID: 4, Host: "h", Port: 9092, Rack: &rack}}

	chunks := ours.AppendChunks(nil)
	var got []byte
	for _, c := range chunks {
		got = append(got, c.Bytes...)
	}
	if want := theirs.AppendTo(nil); !bytes.Equal(got, want) {
		t.Errorf("got  %x\nwant %x", got, want)
	}
	Reply{Chunks: chunks}.Release()
}
