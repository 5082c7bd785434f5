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

	Error        *Error `json:"error,omitempty"`
	ConfigsError *Error `json:"configs_error,omitempty"` // why there are no configs, as that they may not be read
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
	details, err := topicDetails(ctx, cl, names)
	if err != nil {
		return nil, fmt.Errorf("describe topics: %w", err)
	}
	parts := map[string][]int32{}
	for _, name := range names {
		if d := details[name]; d.Err == nil {
			parts[name] = d.Partitions.Numbers()
		}
	}
	f, err := gather(ctx, cl, parts)
	if err != nil {
		return nil, fmt.Errorf("describe topics: %w", err)
	}
	out := make([]TopicDescription, len(names))
	for i, name := range names {
		d := details[name]
		out[i] = TopicDescription{Name: name, ID: topicID(d.ID), Internal: d.IsInternal, Error: itemError(d.Err, "")}
		if d.Err != nil {
			continue
		}
		for _, p := range d.Partitions.Sorted() {
			out[i].Partitions = append(out[i].Partitions, f.partition(p))
		}
		out[i].Configs, out[i].ConfigsError = f.topicConfigs(name, o.AllConfigs)
	}
	return out, nil
}

// facts are the answers that make up a description beside the metadata.
type facts struct {
	starts, ends map[placeKey]place
	configs      map[string]kmsg.DescribeConfigsResponseResource
	dirs         kadm.DescribedAllLogDirs
}

// gather asks for all facts at once. What only some brokers did not answer, or
// what needs a right that people often do not have, is left out.
func gather(ctx context.Context, cl *kgo.Client, parts map[string][]int32) (facts, error) {
	var f facts
	if len(parts) == 0 {
		return f, nil
	}
	set := kadm.TopicsSet{}
	for t, numbers := range parts {
		set.Add(t, numbers...)
	}
	var wg sync.WaitGroup
	errs := make([]error, 3)
	wg.Go(func() { f.starts, errs[0] = listOffsets(ctx, cl, parts, listStart) })
	wg.Go(func() { f.ends, errs[1] = listOffsets(ctx, cl, parts, listEnd) })
	wg.Go(func() { f.configs, errs[2] = describeTopicConfigs(ctx, cl, set.Topics()) })
	wg.Go(func() { f.dirs, _ = kadm.NewClient(cl).DescribeAllLogDirs(ctx, set) })
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return f, err
	}
	return f, cmp.Or(errs...)
}

// describeTopicConfigs asks for the configs of topics.
func describeTopicConfigs(ctx context.Context, cl *kgo.Client, topics []string) (map[string]kmsg.DescribeConfigsResponseResource, error) {
	req := kmsg.NewPtrDescribeConfigsRequest()
	for _, name := range topics {
		r := kmsg.NewDescribeConfigsRequestResource()
		r.ResourceType, r.ResourceName = kmsg.ConfigResourceTypeTopic, name
		req.Resources = append(req.Resources, r)
	}
	resp, err := req.RequestWith(ctx, cl)
	if err != nil {
		return nil, err
	}
	out := make(map[string]kmsg.DescribeConfigsResponseResource, len(topics))
	for _, r := range resp.Resources {
		out[r.ResourceName] = r
	}
	return out, nil
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

func offset(places map[placeKey]place, p kadm.PartitionDetail) *int64 {
	o, ok := places[placeKey{p.Topic, p.Partition}]
	if !ok || o.err != nil {
		return nil
	}
	return &o.offset
}

func (f facts) topicConfigs(topic string, all bool) ([]TopicConfig, *Error) {
	r, ok := f.configs[topic]
	if !ok {
		return nil, nil
	}
	if r.ErrorCode != 0 {
		return nil, codeError(r.ErrorCode, r.ErrorMessage)
	}
	var out []TopicConfig
	for i := range r.Configs {
		if c := config(&r.Configs[i]); all || !c.Default {
			out = append(out, TopicConfig{Name: c.Name, Value: c.Value, Source: c.Source, Sensitive: c.Sensitive})
		}
	}
	slices.SortFunc(out, func(a, b TopicConfig) int { return cmp.Compare(a.Name, b.Name) })
	return out, nil
}
