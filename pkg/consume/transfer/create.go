package transfer

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// notCopied are configs of a topic that mean something in its own cluster only,
// or that would not keep its records: with LogAppendTime they lose their times.
var notCopied = []string{
	"leader.replication.throttled.replicas", "follower.replication.throttled.replicas", "message.timestamp.type",
	"remote.storage.enable", "remote.log.copy.disable", "remote.log.delete.on.disable", "local.retention.ms", "local.retention.bytes",
	"message.format.version", "message.downconversion.enable",
}

// ownConfigs are the configs that were set for a topic.
func ownConfigs(ctx context.Context, cl *kgo.Client, topic string) (map[string]string, error) {
	all, err := kadm.NewClient(cl).DescribeTopicConfigs(ctx, topic)
	if err == nil {
		var one kadm.ResourceConfig
		if one, err = all.On(topic, nil); err == nil {
			err = one.Err
		}
		if err == nil {
			own := map[string]string{}
			for _, c := range one.Configs {
				if c.Source == kmsg.ConfigSourceDynamicTopicConfig && c.Value != nil && !slices.Contains(notCopied, c.Key) {
					own[c.Key] = *c.Value
				}
			}
			return own, nil
		}
	}
	return nil, fmt.Errorf("read the configs of topic %q: %w", topic, err)
}

// allConfigs are the configs of a topic, none where they may not be read.
func allConfigs(ctx context.Context, cl *kgo.Client, topic string) map[string]string {
	values := map[string]string{}
	all, err := kadm.NewClient(cl).DescribeTopicConfigs(ctx, topic)
	if err != nil {
		return values
	}
	if one, err := all.On(topic, nil); err == nil && one.Err == nil {
		for _, c := range one.Configs {
			values[c.Key] = c.MaybeValue()
		}
	}
	return values
}

// create makes the destination, where it is not there.
func (p *Plan) create(ctx context.Context, src, dst *kgo.Client, o *Options) error {
	if !p.Create {
		p.warn(allConfigs(ctx, dst, p.Destination.Topic), o)
		return nil
	}
	configs := map[string]*string{}
	for k, v := range p.Configs {
		configs[k] = &v
	}
	made, err := kadm.NewClient(dst).CreateTopic(ctx, p.Partitions, -1, configs, p.Destination.Topic)
	switch {
	case errors.Is(err, kerr.TopicAlreadyExists):
	case err != nil:
		return fmt.Errorf("create topic %q: %w%s", p.Destination.Topic, err, detail(made.ErrMessage))
	default:
		with := ""
		if len(p.Configs) > 0 {
			with = " and " + strings.Join(slices.Sorted(maps.Keys(p.Configs)), ", ")
		}
		o.notice("created topic %q with %s%s, as %q has", p.Destination.Topic, count(int(p.Partitions), "partition"), with, p.Source.Topic)
		if allConfigs(ctx, src, p.Source.Topic)["message.timestamp.type"] == appendTime {
			o.notice("%q has message.timestamp.type=%s, which %q has not: the times of its records stay", p.Source.Topic, appendTime, p.Destination.Topic)
		}
	}
	return p.identify(ctx, dst)
}

// identify learns the id of the topic that was made, once the cluster knows it.
func (p *Plan) identify(ctx context.Context, dst *kgo.Client) error {
	return retry(ctx, madeWithin, func() error {
		m, err := lookUp(ctx, dst, p.Destination.Topic)
		if err != nil {
			return err
		}
		if err := m.err(); err != nil {
			return fmt.Errorf("topic %q: %w", p.Destination.Topic, err)
		}
		for n, leader := range m.leaders() {
			if leader < 0 {
				return fmt.Errorf("topic %q partition %d: %w", p.Destination.Topic, n, kerr.LeaderNotAvailable)
			}
		}
		p.Destination = place(m.cluster, p.Destination.Topic, m.topic.TopicID)
		return nil
	})
}

const appendTime = "LogAppendTime"

// warn tells what the destination does to records.
func (p *Plan) warn(configs map[string]string, o *Options) {
	if configs["message.timestamp.type"] == appendTime {
		o.notice("%q has message.timestamp.type=%s: records get the time of the copy, not their own", p.Destination.Topic, appendTime)
	}
}

func detail(text string) string {
	if text == "" {
		return ""
	}
	return ": " + text
}
