package state

import "maps"

// Position is how far a store has taken in its changelog.
type Position struct {
	// TopicID is the changelog's topic id: a topic made anew has another one.
	TopicID [16]byte
	// Offset is the next offset to restore.
	Offset int64
	// Epoch is the leader epoch of the record before Offset, -1 where unknown.
	Epoch int32
}

// Checkpoint is what belongs to one commit beside the stores' contents.
type Checkpoint struct {
	// Changelogs holds a position for each store, by the store's name.
	Changelogs map[string]Position
	// Inputs holds the next offset to read by topic and partition.
	Inputs map[string]map[int32]int64
	// StreamTime is the task's, in milliseconds since 1970; -1 before any record.
	StreamTime int64
}

func (c *Checkpoint) clone() Checkpoint {
	out := Checkpoint{Changelogs: maps.Clone(c.Changelogs), Inputs: map[string]map[int32]int64{}, StreamTime: c.StreamTime}
	if out.Changelogs == nil {
		out.Changelogs = map[string]Position{}
	}
	for topic, offsets := range c.Inputs {
		out.Inputs[topic] = maps.Clone(offsets)
	}
	return out
}

// merge takes over what c says; stores and topics that c does not name stay.
func (c *Checkpoint) merge(next *Checkpoint) {
	maps.Copy(c.Changelogs, next.Changelogs)
	for topic, offsets := range next.Inputs {
		if c.Inputs[topic] == nil {
			c.Inputs[topic] = make(map[int32]int64, len(offsets))
		}
		maps.Copy(c.Inputs[topic], offsets)
	}
	c.StreamTime = max(c.StreamTime, next.StreamTime)
}
