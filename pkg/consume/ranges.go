package consume

import (
	"context"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Range is what Options ask for of one partition.
type Range struct {
	Topic     string
	TopicID   [16]byte // zero where the cluster has none
	Partition int32
	Leader    int32 // the broker that leads it, -1 for none

	First, Last int64 // the offsets there are; Last is exclusive: the high watermark, or the last stable offset
	Begin, End  int64 // the offsets to read, End exclusive and math.MaxInt64 where they are followed
}

// Ranges finds the partitions that Options name, and what is to be read of each,
// by topic and number. It reads no records. Groups, Tail and Count have no part in it.
func Ranges(ctx context.Context, cl *kgo.Client, o Options) ([]Range, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	r := &reader{client: cl, fetcher: cl, options: o}
	if err := r.plan(ctx); err != nil {
		return nil, err
	}
	all := make([]Range, 0, len(r.parts))
	for _, key := range r.keys() {
		p := r.parts[key]
		all = append(all, Range{
			Topic: p.topic, TopicID: p.id, Partition: p.number, Leader: p.leader,
			First: p.first, Last: p.top, Begin: p.pos, End: p.end,
		})
	}
	return all, nil
}
