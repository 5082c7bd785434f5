package admin

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// GroupPartition is how far a group is in a partition. What is not known is nil.
type GroupPartition struct {
	Topic       string  `json:"topic"`
	Number      int32   `json:"partition"`
	Current     *int64  `json:"current"`      // the committed offset, that of the next record, or a share group's start offset; nil for none
	LeaderEpoch *int32  `json:"leader_epoch"` // committed with it
	Metadata    string  `json:"metadata"`     // committed with it
	Start       *int64  `json:"start"`        // of the log
	End         *int64  `json:"end"`          // of the log, that the next record gets
	Lag         *int64  `json:"lag"`          // see fillOffsets
	Member      string  `json:"member"`       // that it is assigned to; empty for none
	Instance    *string `json:"instance"`     // of that member
	Client      string  `json:"client"`       // of that member
	Host        string  `json:"host"`         // of that member
	Error       *Error  `json:"error,omitempty"`
}

// fillOffsets adds the partitions to groups.
//
// The lag is the number of offsets from the committed one to the end, of the log's
// first one where none is committed or it is gone. Offsets are not only those of
// records: where nothing but control records, aborted records and holes are left
// to the end, the lag is 0. It is never less.
func fillOffsets(ctx context.Context, cl *kgo.Client, groups []GroupDescription) error {
	committed, err := groupOffsets(ctx, cl, groups)
	if err != nil {
		return err
	}
	w := groupWork{parts: map[placeKey]bool{}, details: kadm.TopicDetails{}}
	topics := map[string]bool{}
	for i := range groups {
		w.collect(&groups[i], committed[groups[i].Name], topics)
	}
	if err := shareOffsets(ctx, cl, groups, topics); err != nil {
		return err
	}
	if len(topics) == 0 {
		return nil
	}
	if w.details, err = topicDetails(ctx, cl, slices.Sorted(maps.Keys(topics))); err != nil {
		return err
	}
	for i := range groups {
		if groups[i].Type == ShareGroup {
			w.exist(groups[i].Partitions)
		} else {
			w.rows(&groups[i], committed[groups[i].Name])
		}
	}
	ask := map[string][]int32{}
	for k := range w.parts {
		ask[k.topic] = append(ask[k.topic], k.partition)
	}
	if len(ask) == 0 {
		return nil
	}
	// Starts go first: what is deleted meanwhile makes no negative lag.
	if w.starts, err = listOffsets(ctx, cl, ask, listStart); err != nil {
		return err
	}
	if w.ends, err = listOffsets(ctx, cl, ask, listEnd); err != nil {
		return err
	}
	var behind []*GroupPartition
	for i := range groups {
		for j := range groups[i].Partitions {
			p, lag := &groups[i].Partitions[j], groups[i].Partitions[j].Lag
			known := w.measure(p)
			if groups[i].Type == ShareGroup {
				p.Lag = lag // counted by the brokers, which know what is done with
			} else if known && *p.Lag > 0 {
				behind = append(behind, p)
			}
		}
	}
	forgiveControl(ctx, cl, behind, w.details)
	for i := range groups {
		groups[i].Lag = 0
		for _, p := range groups[i].Partitions {
			if p.Lag != nil {
				groups[i].Lag += *p.Lag
			}
		}
	}
	return nil
}

// groupWork is what fillOffsets learns.
type groupWork struct {
	parts        map[placeKey]bool // that there are
	details      kadm.TopicDetails
	starts, ends map[placeKey]place
}

// groupOffsets fetches the offsets of the groups that have any.
func groupOffsets(ctx context.Context, cl *kgo.Client, groups []GroupDescription) (map[string]kadm.OffsetResponses, error) {
	var names []string
	for _, g := range groups {
		if g.Error == nil && g.Type != ShareGroup {
			names = append(names, g.Name)
		}
	}
	out := map[string]kadm.OffsetResponses{}
	for name, r := range kadm.NewClient(cl).FetchManyOffsets(ctx, names...) {
		if r.Err != nil && ctx.Err() != nil {
			return nil, r.Err
		}
		out[name] = r.Fetched
		for i := range groups {
			if groups[i].Name == name {
				groups[i].Error = itemError(r.Err, "")
			}
		}
	}
	return out, nil
}

// collect notes the topics of a group.
func (w *groupWork) collect(g *GroupDescription, committed kadm.OffsetResponses, topics map[string]bool) {
	for topic := range committed {
		topics[topic] = true
	}
	for _, m := range g.Members {
		for _, topic := range m.Subscription {
			topics[topic] = true
		}
		for _, t := range m.Assignment {
			topics[t.Topic] = true
		}
	}
	delete(topics, "") // of a topic that is gone, which only has an id
}

// rows makes the partitions of a group: those it has offsets of, those its
// members have, and those of their topics that nobody has.
func (w *groupWork) rows(g *GroupDescription, committed kadm.OffsetResponses) {
	rows := map[placeKey]*GroupPartition{}
	row := func(topic string, n int32) *GroupPartition {
		k := placeKey{topic, n}
		if rows[k] == nil {
			rows[k] = &GroupPartition{Topic: topic, Number: n}
		}
		return rows[k]
	}
	committed.Each(func(o kadm.OffsetResponse) {
		if o.Topic == "" || o.Err == nil && o.At < 0 {
			return
		}
		p := row(o.Topic, o.Partition)
		if p.Error = itemError(o.Err, ""); p.Error == nil {
			p.Current, p.Metadata = &o.At, o.Metadata
			if o.LeaderEpoch >= 0 {
				p.LeaderEpoch = &o.LeaderEpoch
			}
		}
	})
	for i := range g.Members {
		m := &g.Members[i]
		for _, t := range m.Assignment {
			for _, n := range t.Partitions {
				p := row(t.Topic, n)
				p.Member, p.Instance, p.Client, p.Host = m.ID, m.Instance, m.Client, m.Host
			}
		}
		for _, topic := range m.Subscription {
			for n := range w.details[topic].Partitions {
				row(topic, n)
			}
		}
	}
	for _, k := range slices.SortedFunc(maps.Keys(rows), placeKey.compare) {
		g.Partitions = append(g.Partitions, *rows[k])
	}
	w.exist(g.Partitions)
}

// exist notes the partitions that there are, and the error of those that there are
// not.
func (w *groupWork) exist(partitions []GroupPartition) {
	for i := range partitions {
		p := &partitions[i]
		d := w.details[p.Topic]
		if _, there := d.Partitions[p.Number]; there && d.Err == nil {
			w.parts[placeKey{p.Topic, p.Number}] = true
		} else if p.Error == nil {
			p.Error = itemError(errors.Join(d.Err), "")
			if d.Err == nil || errors.Is(d.Err, kerr.UnknownTopicOrPartition) {
				p.Error = itemError(kerr.UnknownTopicOrPartition, fmt.Sprintf("%s partition %d does not exist", p.Topic, p.Number))
			}
		}
	}
}

// measure sets where the log of p starts and ends, and the lag.
func (w *groupWork) measure(p *GroupPartition) bool {
	k := placeKey{p.Topic, p.Number}
	if !w.parts[k] {
		return false
	}
	start, end := w.starts[k], w.ends[k]
	if start.err != nil || end.err != nil {
		if p.Error == nil {
			p.Error = start.err
		}
		if p.Error == nil {
			p.Error = end.err
		}
		return false
	}
	p.Start, p.End = &start.offset, &end.offset
	if p.Error != nil {
		return false
	}
	lag := max(end.offset-p.next(), 0)
	p.Lag = &lag
	return true
}

// next is the offset the group would read next, when it begins at the start
// where it has none; the start of the log is known.
func (p *GroupPartition) next() int64 {
	if p.Current == nil {
		return *p.Start
	}
	return max(*p.Current, *p.Start)
}
