package topology

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrCopartition is matched by a *CopartitionError.
var ErrCopartition = errors.New("join topics of different partition counts")

// ErrUnknownTopic is matched by a *UnknownTopicError.
var ErrUnknownTopic = errors.New("a topic to read does not exist")

// Partitions are the partition counts that a topology has on a cluster.
type Partitions struct {
	// Internal are those of the application's repartition topics, by name without prefix.
	Internal map[string]int32
	// Tasks are the tasks of each sub-topology, by its ID: as many as the largest of its topics has partitions.
	Tasks map[int32]int32
}

// TopicCount is a topic and its partitions.
type TopicCount struct {
	Topic      string // without prefix where Internal
	Partitions int32
	Internal   bool
}

// CopartitionError says that topics that are joined have different partition counts.
type CopartitionError struct {
	Topics []TopicCount // in the order in which the join reads them
}

func (e *CopartitionError) Error() string {
	var parts []string
	for _, t := range e.Topics {
		parts = append(parts, fmt.Sprintf("%s has %s", t.Topic, plural(t.Partitions)))
	}
	return ErrCopartition.Error() + ": " + strings.Join(parts, ", ")
}

// Unwrap is ErrCopartition.
func (e *CopartitionError) Unwrap() error { return ErrCopartition }

// Hint names the ways out.
func (e *CopartitionError) Hint() string {
	small, most := "", int32(0)
	least := e.Topics[0].Partitions
	for _, t := range e.Topics {
		most, least = max(most, t.Partitions), min(least, t.Partitions)
	}
	for _, t := range e.Topics {
		if t.Partitions == least {
			small = t.Topic
			break
		}
	}
	return fmt.Sprintf("set copartition: auto on the join (%s then goes through an internal topic of %s), put repartition: {partitions: %d} before the join, "+
		"read %s as a global, or give the topics equal partition counts", small, plural(most), most, small)
}

func plural(n int32) string {
	if n == 1 {
		return "1 partition"
	}
	return fmt.Sprintf("%d partitions", n)
}

// UnknownTopicError names the topics that a topology reads and the cluster has not.
type UnknownTopicError struct{ Topics []string }

func (e *UnknownTopicError) Error() string {
	return ErrUnknownTopic.Error() + ": " + strings.Join(e.Topics, ", ")
}

// Unwrap is ErrUnknownTopic.
func (e *UnknownTopicError) Unwrap() error { return ErrUnknownTopic }

// Resolve gives every repartition topic its partition count and every
// sub-topology its tasks. count tells the partitions of a topic that is not
// internal, 0 where it does not exist. A repartition topic without a count of
// its own has as many as the largest topic read by the part that writes it;
// then topics that are joined are made equal (Kafka's RepartitionTopics and
// CopartitionedTopicsEnforcer). Errors are *UnknownTopicError and *CopartitionError.
func (t *Topology) Resolve(count func(topic string) int32) (*Partitions, error) {
	if err := t.known(count); err != nil {
		return nil, err
	}
	p := &Partitions{Internal: map[string]int32{}, Tasks: map[int32]int32{}}
	for name, r := range t.Repartitions {
		if r.Partitions > 0 {
			p.Internal[name] = r.Partitions
		}
	}
	for len(p.Internal) < len(t.Repartitions) {
		if !t.derive(p, count, false) && !t.derive(p, count, true) {
			break
		}
	}
	for _, group := range t.Copartitioned {
		if err := t.equalise(group, p, count); err != nil {
			return nil, err
		}
	}
	for _, s := range t.Subs {
		p.Tasks[s.ID], _ = p.largest(s, count)
	}
	return p, nil
}

// known checks that every topic from outside exists.
func (t *Topology) known(count func(topic string) int32) error {
	var missing []string
	check := func(n *Node) {
		for _, topic := range n.Source.Topics {
			if !n.Source.Internal && count(topic) <= 0 && !slices.Contains(missing, topic) {
				missing = append(missing, topic)
			}
		}
	}
	for _, s := range t.Subs {
		for _, n := range s.Sources() {
			check(n)
		}
	}
	for _, g := range t.Globals {
		check(g.Source)
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		return &UnknownTopicError{Topics: missing}
	}
	return nil
}

// derive gives counts to the topics that are written by parts whose inputs are
// known, all of them or (partly, for the two topics of a foreign-key join,
// which depend on each other) some. It reports whether there was one.
func (t *Topology) derive(p *Partitions, count func(string) int32, partly bool) bool {
	found := map[string]int32{}
	for _, s := range t.Subs {
		n, all := p.largest(s, count)
		for _, node := range s.Nodes {
			if node.Kind != SinkKind || !node.Sink.Internal || t.Repartitions[node.Sink.Topic] == nil || p.Internal[node.Sink.Topic] > 0 {
				continue
			}
			if n > 0 && (all || partly) {
				found[node.Sink.Topic] = max(found[node.Sink.Topic], n)
			}
		}
	}
	for topic, n := range found {
		p.Internal[topic] = n
	}
	return len(found) > 0
}

// largest is the highest count of the topics that a part reads, and whether all of them are known.
func (p *Partitions) largest(s *SubTopology, count func(string) int32) (n int32, all bool) {
	all = true
	for _, source := range s.Sources() {
		for _, topic := range source.Source.Topics {
			c := p.of(source.Source, topic, count)
			n, all = max(n, c), all && c > 0
		}
	}
	return n, all
}

func (p *Partitions) of(s *Source, topic string, count func(string) int32) int32 {
	if s.Internal {
		return p.Internal[topic]
	}
	return count(topic)
}

// equalise gives the internal topics of a group the count of the others. A
// count that is fixed, by the cluster or by the application, has to be theirs already.
func (t *Topology) equalise(group []*Node, p *Partitions, count func(string) int32) error {
	var all []TopicCount
	var fixed, free int32
	clash := false
	for _, n := range group {
		for _, topic := range n.Source.Topics {
			c := TopicCount{Topic: topic, Partitions: p.of(n.Source, topic, count), Internal: n.Source.Internal}
			if r := t.Repartitions[topic]; c.Internal && (r == nil || r.Partitions == 0) {
				free = max(free, c.Partitions)
				continue
			}
			all = append(all, c)
			clash = clash || fixed > 0 && fixed != c.Partitions
			fixed = c.Partitions
		}
	}
	if clash {
		return &CopartitionError{Topics: all}
	}
	if fixed == 0 {
		fixed = free
	}
	for _, n := range group {
		if !n.Source.Internal {
			continue
		}
		for _, topic := range n.Source.Topics {
			p.Internal[topic] = fixed
		}
	}
	return nil
}
