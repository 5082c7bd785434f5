package run

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"

	"kq/pkg/streams/run/ask"
	"kq/pkg/streams/state"
	"kq/pkg/streams/task"
	"kq/pkg/streams/topology"
)

// ErrPartitions says that an internal topic has another number of partitions than the topology needs.
var ErrPartitions = errors.New("internal topic has the wrong number of partitions")

// changelogExtra is windowstore.changelog.additional.retention.ms.
const changelogExtra = 24 * time.Hour

// internal is a topic that the application makes.
type internal struct {
	name       string
	partitions int32
	config     map[string]string
}

// layout is a topology on a cluster.
type layout struct {
	subs      map[int32]*topology.SubTopology
	now       atomic.Pointer[sizes]
	ids       map[string][16]byte
	internals []internal
	repart    map[string]bool // repartition topics by their full names
	external  []string        // input topics from outside, those of globals left out
}

// newLayout asks the cluster for the inputs, and makes what internal topics are missing.
func newLayout(ctx context.Context, top *topology.Topology, o *Options, adm *kadm.Client) (*layout, error) {
	l := &layout{subs: map[int32]*topology.SubTopology{}, ids: map[string][16]byte{}, repart: map[string]bool{}}
	names := l.inputs(top)
	known, err := topicsOf(ctx, adm, names)
	if err != nil {
		return nil, err
	}
	parts, err := top.Resolve(func(topic string) int32 { return int32(len(known[topic].Partitions)) })
	if err != nil {
		return nil, err
	}
	l.plan(top, o.App, parts)
	if err := l.create(ctx, adm, o); err != nil {
		return nil, err
	}
	for _, i := range l.internals {
		names = append(names, i.name)
	}
	found := &sizes{tasks: parts.Tasks, partitions: map[string]int32{}}
	l.now.Store(found)
	return l, l.await(ctx, adm, names, found.partitions)
}

// inputs lists the topics from outside.
func (l *layout) inputs(top *topology.Topology) []string {
	set := map[string]bool{}
	for _, s := range top.Subs {
		l.subs[s.ID] = s
		for _, n := range s.Sources() {
			for _, t := range n.Source.Topics {
				if !n.Source.Internal {
					set[t] = true
				}
			}
		}
	}
	l.external = slices.Sorted(maps.Keys(set))
	for _, g := range top.Globals {
		for _, t := range g.Source.Source.Topics {
			set[t] = true
		}
	}
	return slices.Sorted(maps.Keys(set))
}

// plan lists the internal topics with Kafka's names and configs.
func (l *layout) plan(top *topology.Topology, app string, parts *topology.Partitions) {
	for _, name := range slices.Sorted(maps.Keys(parts.Internal)) {
		full := task.TopicName(app, name, true)
		l.repart[full] = true
		l.internals = append(l.internals, internal{full, parts.Internal[name], map[string]string{
			"cleanup.policy": "delete", "segment.bytes": "52428800", "retention.ms": "-1", "message.timestamp.type": "CreateTime",
		}})
	}
	for _, s := range top.Subs {
		for _, st := range s.Stores {
			if logged(st) {
				l.internals = append(l.internals, internal{task.ChangelogTopic(app, st), parts.Tasks[s.ID], changelogConfig(st)})
			}
		}
	}
}

// logged says that a store has a changelog of its own.
func logged(s *state.Spec) bool { return !s.Unlogged && s.SourceTopic == "" }

// changelogConfig is what InternalTopicManager gives to a changelog.
func changelogConfig(s *state.Spec) map[string]string {
	c := map[string]string{"cleanup.policy": "compact", "message.timestamp.type": "CreateTime"}
	ms := strconv.FormatInt((s.Retention + changelogExtra).Milliseconds(), 10)
	switch s.Kind {
	case state.WindowKind, state.SessionKind:
		c["cleanup.policy"], c["retention.ms"] = "compact,delete", ms
	case state.VersionedKind:
		c["min.compaction.lag.ms"] = ms
	}
	maps.Copy(c, s.Config)
	return c
}

// create makes the topics that are missing and checks those that are there.
func (l *layout) create(ctx context.Context, adm *kadm.Client, o *Options) error {
	names := make([]string, len(l.internals))
	for i := range l.internals {
		names[i] = l.internals[i].name
	}
	known, err := topicsOf(ctx, adm, names)
	if err != nil {
		return err
	}
	for _, i := range l.internals {
		if have, ok := known[i.name]; ok {
			if len(have.Partitions) != int(i.partitions) {
				return mismatch(i, len(have.Partitions))
			}
			continue
		}
		config := make(map[string]*string, len(i.config))
		for k, v := range i.config {
			config[k] = &v
		}
		resp, err := adm.CreateTopic(ctx, i.partitions, o.Replicas, config, i.name)
		if err != nil && !errors.Is(err, kerr.TopicAlreadyExists) && !errors.Is(resp.Err, kerr.TopicAlreadyExists) {
			return fmt.Errorf("create internal topic %s: %w", i.name, err)
		}
		o.Logger.Info("created internal topic", "topic", i.name, "partitions", i.partitions)
	}
	return nil
}

func mismatch(i internal, have int) error {
	return fmt.Errorf("%w: %s has %d, the topology needs %d; delete it (kq streams reset does) when its contents are not needed any more", ErrPartitions, i.name, have, i.partitions)
}

// await waits until all topics are visible with a leader for each partition, and
// notes in found how many there are.
func (l *layout) await(ctx context.Context, adm *kadm.Client, names []string, found map[string]int32) error {
	want := map[string]int32{}
	for _, i := range l.internals {
		want[i.name] = i.partitions
	}
	for {
		known, err := topicsOf(ctx, adm, names)
		if err != nil {
			return err
		}
		var missing []string
		for _, name := range names {
			t, ok := known[name]
			if n, internal := want[name]; ok && internal && len(t.Partitions) != int(n) {
				return mismatch(internalOf(l.internals, name), len(t.Partitions))
			}
			for _, p := range t.Partitions {
				ok = ok && p.Err == nil && p.Leader >= 0
			}
			if !ok {
				missing = append(missing, name)
			}
			found[name], l.ids[name] = int32(len(t.Partitions)), t.ID
		}
		if len(missing) == 0 {
			return nil
		}
		if err := ask.Pause(ctx, 50*time.Millisecond); err != nil {
			return fmt.Errorf("wait for the topics %s: %w", strings.Join(missing, ", "), err)
		}
	}
}

func internalOf(all []internal, name string) internal {
	for _, i := range all {
		if i.name == name {
			return i
		}
	}
	return internal{name: name}
}

// topicsOf describes the topics that exist.
func topicsOf(ctx context.Context, adm *kadm.Client, names []string) (kadm.TopicDetails, error) {
	if len(names) == 0 {
		return nil, nil
	}
	got, err := adm.ListTopicsWithInternal(ctx, names...)
	if err != nil {
		return nil, fmt.Errorf("look up topics: %w", err)
	}
	for name, t := range got {
		if errors.Is(t.Err, kerr.UnknownTopicOrPartition) {
			delete(got, name)
		} else if t.Err != nil && !errors.Is(t.Err, kerr.LeaderNotAvailable) {
			return nil, fmt.Errorf("look up topic %s: %w", name, t.Err)
		}
	}
	return got, nil
}
