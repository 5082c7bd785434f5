package group

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"math"
	"strings"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/internal/staterec"
	"kq/pkg/broker/internal/group/assign"
	"kq/pkg/broker/internal/group/classic"
	"kq/pkg/broker/internal/group/consumer"
	"kq/pkg/broker/internal/group/machine"
	"kq/pkg/broker/internal/meta"
)

// listed says whether a config that is a list has a word.
func (c *Coordinator) listed(config, word string) bool {
	for w := range strings.SplitSeq(c.o.Text(config), ",") {
		if strings.TrimSpace(w) == word {
			return true
		}
	}
	return false
}

// consumerOptions are what groups of the consumer protocol go by.
func (c *Coordinator) consumerOptions() consumer.Options {
	var assignors []string
	for name := range strings.SplitSeq(c.o.Text("group.consumer.assignors"), ",") {
		if name = strings.TrimSpace(name); name == consumer.Uniform || name == consumer.Range {
			assignors = append(assignors, name)
		}
	}
	if len(assignors) == 0 {
		assignors = []string{consumer.Uniform, consumer.Range}
	}
	var cached atomic.Pointer[groupDefaults]
	return consumer.Options{
		Topics:       func() assign.Topics { return imageTopics{c.o.Image()} },
		Config:       func(group string) consumer.Config { return c.consumerConfig(group, &cached) },
		MaxSize:      int(min(c.o.Number("group.consumer.max.size"), math.MaxInt32)),
		Assignors:    assignors,
		Migration:    consumer.MigrationPolicy(strings.ToLower(c.o.Text("group.consumer.migration.policy"))),
		RegexRefresh: c.o.milliseconds("group.consumer.regex.refresh.interval.ms"),
		Classic:      &c.classic,
	}
}

// groupDefaults are the settings of groups that have none of their own.
type groupDefaults struct {
	image  *meta.Image
	config consumer.Config
}

// consumerConfig are the settings of a group. Those of groups without any of their
// own are read once an image.
func (c *Coordinator) consumerConfig(group string, cached *atomic.Pointer[groupDefaults]) consumer.Config {
	read := func() consumer.Config {
		number := func(name string) time.Duration {
			return time.Duration(c.o.GroupNumber(group, name)) * time.Millisecond
		}
		return consumer.Config{
			SessionTimeout:     number("consumer.session.timeout.ms"),
			HeartbeatInterval:  number("consumer.heartbeat.interval.ms"),
			AssignmentInterval: number("consumer.assignment.interval.ms"),
		}
	}
	img := c.o.Image()
	if len(img.Config(meta.ResourceGroup, group)) > 0 {
		return read()
	}
	if d := cached.Load(); d != nil && d.image == img {
		return d.config
	}
	d := &groupDefaults{img, read()}
	cached.Store(d)
	return d.config
}

// speaksConsumer says whether members of the consumer protocol are served
// (group.coordinator.rebalance.protocols, and the feature group.version).
func (c *Coordinator) speaksConsumer() bool {
	return c.consumerServed && c.o.Image().Features()["group.version"] >= 1
}

// newConsumer makes a group of the consumer protocol without members.
func (c *Coordinator) newConsumer(g *group) { g.machine = consumer.New(g.id, &c.consumer) }

// ConsumerGroupHeartbeat answers ConsumerGroupHeartbeat. A member that joins makes the
// group, or makes a consumer group of a classic one.
func (c *Coordinator) ConsumerGroupHeartbeat(client machine.Client, q *kmsg.ConsumerGroupHeartbeatRequest, reply func(*kmsg.ConsumerGroupHeartbeatResponse)) {
	if c.closed.Load() {
		reply(consumer.Refused(kerr.CoordinatorNotAvailable, ""))
		return
	}
	if !c.speaksConsumer() {
		reply(consumer.Refused(kerr.UnsupportedVersion, ""))
		return
	}
	if resp := consumer.Check(q, c.consumer.Assignors); resp != nil {
		reply(resp)
		return
	}
	event := machine.ConsumerHeartbeat{Client: client, Request: q}
	var fresh func(*group)
	if q.MemberEpoch == 0 {
		fresh = c.newConsumer
		if q.MemberID == "" {
			event.NewMemberID = shortID()
		}
	}
	found, err := c.turn(q.Group, fresh, func(t *turn) {
		event.Call = t.hold(func(resp kmsg.Response, err *kerr.Error) {
			if err != nil {
				reply(consumer.Refused(err, ""))
				return
			}
			reply(resp.(*kmsg.ConsumerGroupHeartbeatResponse))
		})
		if old, ok := t.g.machine.(*classic.Group); ok {
			t.do(consumer.Upgrade(old, &c.consumer, c.now(), event), nil)
			return
		}
		if _, ok := t.g.machine.(*consumer.Group); !ok {
			t.reply(event.Call.(*call), consumer.Refused(kerr.GroupIDNotFound, fmt.Sprintf("Group %s is not a consumer group.", q.Group)))
			return
		}
		t.step(event)
	})
	switch {
	case err != nil:
		reply(consumer.Refused(err, ""))
	case !found && q.MemberEpoch < 0:
		reply(consumer.Refused(kerr.GroupIDNotFound, fmt.Sprintf("Group %s not found.", q.Group)))
	case !found:
		reply(consumer.Refused(kerr.GroupIDNotFound, fmt.Sprintf("Consumer group %s not found.", q.Group)))
	}
}

// shortID makes an id for a member that brings none, as Kafka writes its own ids.
func shortID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // does not fail
	b[0] &= 0x7f           // it does not begin with a dash
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// ConsumerGroupDescribe describes groups of the consumer protocol.
func (c *Coordinator) ConsumerGroupDescribe(q *kmsg.ConsumerGroupDescribeRequest) *kmsg.ConsumerGroupDescribeResponse {
	resp := kmsg.NewPtrConsumerGroupDescribeResponse()
	for _, id := range q.Groups {
		resp.Groups = append(resp.Groups, c.describeConsumer(id))
	}
	return resp
}

func (c *Coordinator) describeConsumer(id string) kmsg.ConsumerGroupDescribeResponseGroup {
	d := kmsg.NewConsumerGroupDescribeResponseGroup()
	d.Group = id
	switch {
	case !c.speaksConsumer():
		d.ErrorCode = kerr.UnsupportedVersion.Code
		return d
	case id == "":
		d.ErrorCode = kerr.InvalidGroupID.Code
		return d
	}
	text := fmt.Sprintf("Group %s not found.", id)
	var is bool
	_, err := c.turn(id, nil, func(t *turn) {
		if g, ok := t.g.machine.(*consumer.Group); ok {
			d, is = g.Describe(), true
			return
		}
		text = fmt.Sprintf("Group %s is not a consumer group.", id)
	})
	switch {
	case err != nil:
		d.ErrorCode = err.Code
	case !is:
		d.ErrorCode, d.ErrorMessage = kerr.GroupIDNotFound.Code, &text
	}
	return d
}

// consumer takes the records of groups of the consumer protocol. What is of other
// kinds of groups is left alone.
func (l *loader) consumer(k *staterec.Key, value []byte) error {
	switch k.Kind {
	case staterec.ConsumerGroup, staterec.ConsumerPartitions, staterec.ConsumerMember, staterec.ConsumerTarget,
		staterec.ConsumerTargetMember, staterec.ConsumerCurrent, staterec.ConsumerRegex:
	default:
		return nil
	}
	g := l.group(k.Group)
	m, ok := g.machine.(*consumer.Group)
	if !ok {
		if value == nil {
			return nil
		}
		m = consumer.New(g.id, &l.c.consumer)
	}
	if err := m.Replay(k, value); err != nil {
		return err
	}
	g.machine = m
	if !m.Persisted() {
		g.machine = nil
	}
	return nil
}
