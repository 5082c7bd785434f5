package streams

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/streams/spec"
)

// clusterTopics is what the cluster says of the topics that a job names.
type clusterTopics struct {
	partitions map[string]int32
	clocks     map[string]string // message.timestamp.type of those read by the time of ingestion
}

// prepareTopics makes the topics that are to be made, and looks at all that the
// job names.
func (j *Job) prepareTopics(ctx context.Context, o *RunOptions) (*clusterTopics, error) {
	cl, err := kgo.NewClient(o.Opts...)
	if err != nil {
		return nil, fmt.Errorf("make a client: %w", err)
	}
	defer cl.Close()
	adm := kadm.NewClient(cl)
	names := sortedKeys(j.compiled.Topics)
	if d := j.spec.Config.DLQ; d != nil {
		names = append(names, d.Topic)
	}
	counts, err := j.count(ctx, adm, names)
	if err != nil {
		return nil, err
	}
	creates, ingested := j.spec.Created(), j.spec.Ingested()
	made := false
	for _, name := range names {
		c := creates[name]
		if counts[name] > 0 || c == nil && !o.Topics {
			continue
		}
		if err := create(ctx, adm, name, c, slices.Contains(ingested, name)); err != nil {
			return nil, errTopic(name, err)
		}
		j.o.Logger.Info("created topic", "topic", name)
		made = true
	}
	if made {
		if counts, err = j.count(ctx, adm, names); err != nil {
			return nil, err
		}
	}
	ingested = slices.DeleteFunc(ingested, func(topic string) bool { return counts[topic] == 0 })
	return &clusterTopics{counts, j.clocks(ctx, adm, ingested)}, nil
}

// clocks are the timestamp types of topics, as far as the cluster tells them.
func (j *Job) clocks(ctx context.Context, adm *kadm.Client, topics []string) map[string]string {
	out := map[string]string{}
	if len(topics) == 0 {
		return out
	}
	configs, err := adm.DescribeTopicConfigs(ctx, topics...)
	for _, c := range configs {
		if err = errors.Join(err, c.Err); c.Err != nil {
			continue
		}
		for _, e := range c.Configs {
			if e.Key == timestampType && e.Value != nil {
				out[c.Name] = *e.Value
			}
		}
	}
	if err != nil {
		j.o.Logger.Warn("cannot see whether topics have the time of ingestion", "topics", strings.Join(topics, " "), "err", err)
	}
	return out
}

// timestampType is the config that says whose clock the timestamps of a topic are.
const timestampType = "message.timestamp.type"

// count tells how many partitions topics have; those that are not there are left out.
func (j *Job) count(ctx context.Context, adm *kadm.Client, names []string) (map[string]int32, error) {
	details, err := adm.ListTopics(ctx, names...)
	if err != nil {
		return nil, fmt.Errorf("look at the topics: %w", err)
	}
	counts := map[string]int32{}
	for _, name := range names {
		d, ok := details[name]
		switch {
		case ok && d.Err == nil:
			counts[name] = int32(len(d.Partitions))
		case ok && !errors.Is(d.Err, kerr.UnknownTopicOrPartition):
			return nil, fmt.Errorf("look at topic %s: %w", name, d.Err)
		}
	}
	return counts, nil
}

// create makes a topic, ingested one whose records get the broker's time; one that is there by now is as good.
func create(ctx context.Context, adm *kadm.Client, name string, c *spec.Create, ingested bool) error {
	partitions, replication := int32(1), int16(-1)
	configs := map[string]*string{}
	if ingested {
		configs[timestampType] = kadm.StringPtr("LogAppendTime")
	}
	if c != nil {
		if partitions = int32(c.Partitions); partitions == 0 {
			partitions = -1
		}
		if c.Replication > 0 {
			replication = int16(c.Replication)
		}
		for k, v := range c.Config {
			configs[k] = &v
		}
	}
	resp, err := adm.CreateTopic(ctx, partitions, replication, configs, name)
	if err == nil {
		err = resp.Err
	}
	if errors.Is(err, kerr.TopicAlreadyExists) {
		return nil
	}
	return err
}
