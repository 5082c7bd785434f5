package newtopic

import "context"

// Client is what is needed of a *kgo.Client.
type Client interface {
	PartitionLeader(topic string, partition int32) (leader, leaderEpoch int32, err error)
	PurgeTopicsFromProducing(topics ...string)
}

// nobody is a name that no topic has.
const nobody = "\x00"

// Wait returns when the client has stored the partitions of the topics, to which
// records of its transaction have been sent: EndTransaction may be called. It costs
// nothing for topics that the client knows. Its error is that of ctx.
func Wait(ctx context.Context, cl Client, topics ...string) error {
	for _, topic := range topics {
		if leader, _, _ := cl.PartitionLeader(topic, 0); leader >= 0 {
			continue
		}
		// The partitions are stored in the middle of a metadata update. To forget a
		// topic is done between two of them.
		between := make(chan struct{})
		go func() {
			defer close(between)
			cl.PurgeTopicsFromProducing(nobody)
		}()
		select {
		case <-between:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
