package admin

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// DescribeTopicsOptions chooses topics and what to tell of them.
type DescribeTopicsOptions struct {
	Topics     []string
	AllConfigs bool // also the configs that are at their default
}

// Validate finds what no cluster would take.
func (o *DescribeTopicsOptions) Validate() error {
	if len(o.Topics) == 0 {
		return fmt.Errorf("%w: no topic", ErrOptions)
	}
	return nil
}

// TopicDescription is all there is to tell of a topic.
type TopicDescription struct {
	Name       string        `json:"topic"`
	ID         string        `json:"id"` // empty before Kafka 2.8
	Internal   bool          `json:"internal"`
	Partitions []Partition   `json:"partitions"` // by number
	Configs    []TopicConfig `json:"configs"`    // by name
	Error      *Error        `json:"error,omitempty"`
}

// Partition is a partition of a topic. Offsets and size are nil where the
// cluster does not tell them, as for a partition without a leader.
type Partition struct {
	Number      int32   `json:"partition"`
	Leader      int32   `json:"leader"` // a broker's id, -1 for none
	LeaderEpoch int32   `json:"leader_epoch"`
	Replicas    []int32 `json:"replicas"` // the preferred leader first
	ISR         []int32 `json:"isr"`      // the replicas that are in sync
	Start       *int64  `json:"start"`    // the first offset
	End         *int64  `json:"end"`      // the offset that the next record gets
	Size        *int64  `json:"size"`     // bytes on the leader's disk
	Error       *Error  `json:"error,omitempty"`
}

// TopicConfig is a config of a topic.
type TopicConfig struct {
	Name      string  `json:"name"`
	Value     *string `json:"value"`  // nil when sensitive or null
	Source    string  `json:"source"` // Kafka's name of where it is set
	Sensitive bool    `json:"sensitive"`
}

// DescribeTopics describes topics, in the order given.
func DescribeTopics(ctx context.Context, cl *kgo.Client, o DescribeTopicsOptions) ([]TopicDescription, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	names := unique(o.Topics)
	adm := kadm.NewClient(cl)
	details, err := adm.ListTopicsWithInternal(fresh(ctx), names...)
	if err != nil {
		return nil, fmt.Errorf("describe topics: %w", err)
	}
	var found []string
	for _, name := range names {
		if d, ok := details[name]; ok && d.Err == nil {
			found = append(found, name)
		}
	}
	f, err := gather(ctx, adm, details, found)
	if err != nil {
		return nil, fmt.Errorf("describe topics: %w", err)
	}
	out := make([]TopicDescription, len(names))
	for i, name := range names {
		d, ok := details[name]
		if !ok {
			return nil, fmt.Errorf("describe topics: the broker's answer leaves out %q", name)
		}
		out[i] = TopicDescription{Name: name, ID: topicID(d.ID), Internal: d.IsInternal, Error: itemError(d.Err, "")}
		if d.Err != nil {
			continue
		}
		for _, p := range d.Partitions.Sorted() {
			out[i].Partitions = append(out[i].Partitions, f.partition(p))
		}
		out[i].Configs = f.topicConfigs(name, o.AllConfigs)
	}
	return out, nil
}

// facts are the answers that make up a description beside the metadata.
type facts struct {
	starts, ends kadm.ListedOffsets
	configs      kadm.ResourceConfigs
	dirs         kadm.DescribedAllLogDirs
}

// gather asks for all facts at once. What only some brokers did not answer is
// left out; the metadata names the partitions it concerns.
func gather(ctx context.Context, adm *kadm.Client, details kadm.TopicDetails, topics []string) (facts, error) {
	var f facts
	if len(topics) == 0 {
		return f, nil
	}
	set := kadm.TopicsSet{}
	for _, t := range topics {
		set.Add(t, details[t].Partitions.Numbers()...)
	}
	var wg sync.WaitGroup
	errs := make([]error, 4)
	wg.Go(func() { f.starts, errs[0] = adm.ListStartOffsets(ctx, topics...) })
	wg.Go(func() { f.ends, errs[1] = adm.ListEndOffsets(ctx, topics...) })
	wg.Go(func() { f.configs, errs[2] = adm.DescribeTopicConfigs(ctx, topics...) })
	wg.Go(func() { f.dirs, errs[3] = adm.DescribeAllLogDirs(ctx, set) })
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return f, err
	}
	// Sizes need a right of their own that people often do not have.
	for _, err := range errs[:3] {
		if err != nil && !isPartial(err) {
			return f, err
		}
	}
	return f, nil
}

// partition puts together what is known of a partition.
func (f facts) partition(p kadm.PartitionDetail) Partition {
	out := Partition{
		Number: p.Partition, Leader: p.Leader, LeaderEpoch: p.LeaderEpoch,
		Replicas: p.Replicas, ISR: p.ISR,
		Start: offset(f.starts, p), End: offset(f.ends, p),
		Error: itemError(p.Err, ""),
	}
	if dir, ok := f.dirs[p.Leader].LookupPartition(p.Topic, p.Partition); ok {
		out.Size = &dir.Size
	}
	return out
}

func offset(listed kadm.ListedOffsets, p kadm.PartitionDetail) *int64 {
	o, ok := listed.Lookup(p.Topic, p.Partition)
	if !ok || o.Err != nil {
		return nil
	}
	return &o.Offset
}

func (f facts) topicConfigs(topic string, all bool) []TopicConfig {
	r, err := f.configs.On(topic, nil)
	if err != nil || r.Err != nil {
		return nil
	}
	var out []TopicConfig
	for _, c := range r.Configs {
		if all || c.Source != kmsg.ConfigSourceDefaultConfig {
			out = append(out, TopicConfig{Name: c.Key, Value: c.Value, Source: c.Source.String(), Sensitive: c.Sensitive})
		}
	}
	slices.SortFunc(out, func(a, b TopicConfig) int { return cmp.Compare(a.Name, b.Name) })
	return out
}
