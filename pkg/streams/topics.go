package streams

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/streams/spec"
)

// prepareTopics makes the topics that are to be made, and counts the partitions of
// all that the job names.
func (j *Job) prepareTopics(ctx context.Context, o *RunOptions) (map[string]int32, error) {
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
	creates := j.creates()
	made := false
	for _, name := range names {
		c := creates[name]
		if counts[name] > 0 || c == nil && !o.Topics {
			continue
		}
		if err := create(ctx, adm, name, c); err != nil {
			return nil, errTopic(name, err)
		}
		j.o.Logger.Info("created topic", "topic", name)
		made = true
	}
	if made {
		return j.count(ctx, adm, names)
	}
	return counts, nil
}

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

// create makes a topic; one that is there by now is as good.
func create(ctx context.Context, adm *kadm.Client, name string, c *spec.Create) error {
	partitions, replication := int32(1), int16(-1)
	configs := map[string]*string{}
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
