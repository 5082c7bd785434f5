package group

import "github.com/twmb/franz-go/pkg/kmsg"

// SharePersister keeps the state of share partitions, as the share coordinator does
// (Kafka's Persister). Requests name one group. Each is answered exactly once, with
// an answer for every partition asked for; no lock of a group is held, and the
// answer may come before the call returns.
type SharePersister interface {
	// InitializeShareGroupState makes the state of partitions: their start offset (-1
	// is what share.auto.offset.reset says) and state epoch, the group's epoch.
	InitializeShareGroupState(q *kmsg.InitializeShareGroupStateRequest, reply func(*kmsg.InitializeShareGroupStateResponse))
	// ReadShareGroupStateSummary tells where partitions are, a start offset of -1 where
	// nobody has fetched yet.
	ReadShareGroupStateSummary(q *kmsg.ReadShareGroupStateSummaryRequest, reply func(*kmsg.ReadShareGroupStateSummaryResponse))
	// DeleteShareGroupState drops the state of partitions; what is not there is
	// dropped already.
	DeleteShareGroupState(q *kmsg.DeleteShareGroupStateRequest, reply func(*kmsg.DeleteShareGroupStateResponse))
}
