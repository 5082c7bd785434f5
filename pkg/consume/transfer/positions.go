package transfer

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// position is how far a copy came in a partition.
type position struct {
	offset      int64  // the next one to copy
	source      string // id of the topic, as Kafka prints it
	destination string // the same
}

// store keeps positions.
type store interface {
	// load reads them by partition, as they were when it is called or later.
	load(ctx context.Context) (map[int32]position, error)
	// commit writes them, in the share's transaction where it has one.
	commit(ctx context.Context, s *share, at map[int32]int64) error
}

// stored chooses where positions are.
func (p *Plan) stored(dst *kgo.Client) {
	if p.sameSide {
		p.store = &groupStore{cl: dst, plan: p}
		return
	}
	p.store = &topicStore{cl: dst, plan: p}
}

// positionKey is the key of a record of PositionsTopic, as JSON in this order.
type positionKey struct {
	Cluster     string `json:"cluster"` // of the source
	TopicID     string `json:"topicId"` // of the source
	Partition   int32  `json:"partition"`
	Destination string `json:"destination"` // topic
}

// positionValue is its value.
type positionValue struct {
	Offset        int64  `json:"offset"`
	Topic         string `json:"topic"` // name of the source
	DestinationID string `json:"destinationId"`
}

// decodePosition reads a record of PositionsTopic.
func decodePosition(key, value []byte) (positionKey, positionValue, error) {
	var k positionKey
	var v positionValue
	if err := json.Unmarshal(key, &k); err != nil {
		return k, v, fmt.Errorf("read the key of a position: %w", err)
	}
	if err := json.Unmarshal(value, &v); err != nil {
		return k, v, fmt.Errorf("read a position: %w", err)
	}
	if v.Offset < 0 || k.Partition < 0 {
		return k, v, fmt.Errorf("read a position: offset %d of partition %d", v.Offset, k.Partition)
	}
	return k, v, nil
}

// appendPosition adds a position to a batch.
func appendPosition(b *builder, k positionKey, v positionValue) error {
	key, err := json.Marshal(k)
	if err != nil {
		return fmt.Errorf("write a position: %w", err)
	}
	value, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write a position: %w", err)
	}
	rest := append(binary.AppendVarint(nil, int64(len(key))), key...)
	rest = append(binary.AppendVarint(rest, int64(len(value))), value...)
	b.add(time.Now().UnixMilli(), append(rest, 0)) // no headers
	return nil
}

// topicStore keeps positions in PositionsTopic.
type topicStore struct {
	cl    *kgo.Client
	plan  *Plan
	topic *leaders // nil before the topic is known to be there
}

// open makes the topic, where it is not there.
func (t *topicStore) open(ctx context.Context, o *Options) error {
	if err := t.find(ctx); err != nil {
		return err
	}
	if t.topic == nil {
		compact := "compact"
		_, err := kadm.NewClient(t.cl).CreateTopic(ctx, 1, -1, map[string]*string{"cleanup.policy": &compact}, PositionsTopic)
		if err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
			return fmt.Errorf("create topic %q: %w", PositionsTopic, err)
		}
		if err := retry(ctx, madeWithin, func() error {
			if err := t.find(ctx); err != nil || t.topic != nil && t.topic.leader(0) >= 0 {
				return err
			}
			return kerr.LeaderNotAvailable
		}); err != nil {
			return fmt.Errorf("create topic %q: %w", PositionsTopic, err)
		}
		return nil
	}
	policy, ok := allConfigs(ctx, t.cl, PositionsTopic)["cleanup.policy"]
	if ok && policy != "compact" {
		o.notice("%q has cleanup.policy=%s: positions may be deleted, and it should be compact", PositionsTopic, policy)
	}
	return nil
}

// find looks the topic up.
func (t *topicStore) find(ctx context.Context) error {
	m, err := lookUp(ctx, t.cl, PositionsTopic)
	if err != nil {
		return err
	}
	switch err := m.err(); {
	case errors.Is(err, kerr.UnknownTopicOrPartition):
		return nil
	case err != nil:
		return fmt.Errorf("topic %q: %w", PositionsTopic, err)
	}
	t.topic = &leaders{cl: t.cl, topic: PositionsTopic, id: m.topic.TopicID, of: m.leaders()}
	return nil
}

// load reads the topic up to the end it has.
func (t *topicStore) load(ctx context.Context) (map[int32]position, error) {
	if t.topic == nil {
		if err := t.find(ctx); err != nil || t.topic == nil {
			return nil, err
		}
	}
	at := map[int32]position{}
	err := readAll(ctx, t.topic, t.plan.patience, func(r *kgo.Record) error {
		k, v, err := decodePosition(r.Key, r.Value)
		if err != nil {
			return fmt.Errorf("%q offset %d: %w", PositionsTopic, r.Offset, err)
		}
		if k.Cluster == t.plan.Source.Cluster && k.TopicID == t.plan.Source.TopicID && k.Destination == t.plan.Destination.Topic {
			at[k.Partition] = position{offset: v.Offset, source: k.TopicID, destination: v.DestinationID}
		}
		return nil
	})
	return at, err
}

func (t *topicStore) commit(ctx context.Context, s *share, at map[int32]int64) error {
	b := &builder{}
	for partition, offset := range at {
		k := positionKey{t.plan.Source.Cluster, t.plan.Source.TopicID, partition, t.plan.Destination.Topic}
		if err := appendPosition(b, k, positionValue{offset, t.plan.Source.Topic, t.plan.Destination.TopicID}); err != nil {
			return err
		}
	}
	n := b.n
	done, err := b.finish(s.router.codecs)
	if err != nil {
		return err
	}
	if err := s.producer.add(ctx, PositionsTopic, []int32{0}); err != nil {
		return err
	}
	s.send(t.topic, &parcel{to: 0, batch: done, records: n, from: origin{first: 0, last: -1}})
	return s.settled()
}

// groupStore keeps positions as the offsets of a group.
type groupStore struct {
	cl   *kgo.Client
	plan *Plan
}

// groupWord begins the metadata of an offset; the ids of both topics follow.
const groupWord = "kq-copy"

// decodeMetadata reads the metadata of an offset. Where somebody else set it,
// as a reset of the group does, it is of the topics there are.
func (g *groupStore) decodeMetadata(text string, offset int64) position {
	if words := strings.Fields(text); len(words) == 3 && words[0] == groupWord {
		return position{offset, words[1], words[2]}
	}
	return position{offset, g.plan.Source.TopicID, g.plan.Destination.TopicID}
}

func (g *groupStore) load(ctx context.Context) (map[int32]position, error) {
	var got kadm.OffsetResponses
	err := retry(ctx, g.plan.patience, func() (err error) {
		if got, err = kadm.NewClient(g.cl).FetchOffsets(kadm.RequireStable(ctx), g.plan.name); err != nil {
			return err
		}
		return got.Error()
	})
	if errors.Is(err, kerr.GroupIDNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the offsets of group %q: %w", g.plan.name, err)
	}
	at := map[int32]position{}
	got.Each(func(r kadm.OffsetResponse) {
		if r.Topic == g.plan.Source.Topic && r.At >= 0 {
			at[r.Partition] = g.decodeMetadata(r.Metadata, r.At)
		}
	})
	return at, nil
}

func (g *groupStore) commit(ctx context.Context, s *share, at map[int32]int64) error {
	metadata := strings.Join([]string{groupWord, g.plan.Source.TopicID, g.plan.Destination.TopicID}, " ")
	var err error
	if s.producer.name != nil {
		err = s.producer.commitOffsets(ctx, g.plan.name, s.from, metadata, at)
	} else {
		offsets := kadm.Offsets{}
		for partition, offset := range at {
			offsets.Add(kadm.Offset{Topic: g.plan.Source.Topic, Partition: partition, At: offset, LeaderEpoch: -1, Metadata: metadata})
		}
		err = retryOn(ctx, s.from, s.o.patience(), func() error { return kadm.NewClient(g.cl).CommitAllOffsets(ctx, g.plan.name, offsets) })
	}
	if errors.Is(err, kerr.UnknownMemberID) || errors.Is(err, kerr.IllegalGeneration) || errors.Is(err, kerr.RebalanceInProgress) {
		return fmt.Errorf("%w: %q: %w", ErrGroup, g.plan.name, err)
	}
	return err
}
