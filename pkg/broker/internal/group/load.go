package group

import (
	"errors"
	"strings"
	"time"

	"kq/internal/staterec"
	"kq/pkg/broker/batch"
	"kq/pkg/broker/internal/group/classic"
	"kq/pkg/broker/internal/group/machine"
	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/internal/statelog"
)

// load reads a shard back and opens it for requests.
func (c *Coordinator) load(s *shard) {
	began := time.Now()
	l := loader{c: c, s: s, img: c.o.Image()}
	end, err := c.o.Log.Load(c.ctx, s.partition, l.entry)
	if err != nil {
		if c.ctx.Err() == nil {
			c.o.Logger.Error("groups cannot be loaded", "partition", s.partition, "err", err)
		}
		s.state.Store(shardGone)
		return
	}
	c.raiseSeq(end)
	l.finish()
	groups := len(s.groups)
	for {
		s.mu.Lock()
		if len(s.late) == 0 {
			s.state.CompareAndSwap(shardLoading, shardActive)
			s.mu.Unlock()
			break
		}
		late := s.late
		s.late = nil
		s.mu.Unlock()
		for _, e := range late {
			l.endTxn(e.producer, e.committed)
		}
	}
	if s.state.Load() != shardActive {
		return // the broker did not lead it for long
	}
	for _, g := range s.list() {
		c.turnOf(g, func(t *turn) { t.step(machine.Loaded{}) })
	}
	if took := time.Since(began); took > time.Second || l.skipped > 0 {
		c.o.Logger.Info("groups are loaded", "partition", s.partition, "groups", groups, "records", l.records, "skipped", l.skipped, "took", took)
	}
	c.cleanDeleted([]*shard{s}, nil)
	c.cleanShares([]*shard{s})
}

// raiseSeq makes all that is written from now on later than what was loaded.
func (c *Coordinator) raiseSeq(end int64) {
	for {
		seq := c.seq.Load()
		if seq >= end || c.seq.CompareAndSwap(seq, end) {
			return
		}
	}
}

// loader takes the records of one partition. Nobody else uses the shard yet, apart
// from its late markers.
type loader struct {
	c    *Coordinator
	s    *shard
	img  *meta.Image
	last *group // of the record before: they come in runs

	records, skipped int
}

// entry takes one record. One that cannot be read is reported and left out.
func (l *loader) entry(e statelog.Entry) error {
	l.records++
	if e.Control {
		l.endTxn(e.ProducerID, e.Marker == batch.MarkerCommit)
		return nil
	}
	key, err := staterec.ViewKey(e.Key)
	if err == nil {
		switch key.Kind {
		case staterec.Offset, staterec.LegacyOffset:
			err = l.offset(&key, &e)
		case staterec.Group:
			err = l.classic(&key, e.Value)
		case staterec.ShareGroup, staterec.ShareMember, staterec.ShareTarget, staterec.ShareTargetMember, staterec.ShareCurrent,
			staterec.ShareStatePartitions:
			err = l.share(&key, e.Value)
		default:
			err = l.consumer(&key, e.Value)
		}
	}
	if err != nil && !errors.Is(err, staterec.ErrUnknownKind) {
		l.skipped++
		l.c.o.Logger.Error("a record of a group is left out", "group", key.Group, "kind", key.Kind.String(),
			"partition", l.s.partition, "offset", e.Offset, "err", err)
	}
	return nil
}

// group returns a group, made when it is not there. It keeps a copy of id.
func (l *loader) group(id string) *group {
	if l.last != nil && l.last.id == id {
		return l.last
	}
	g := l.s.groups[id]
	if g == nil {
		g = &group{id: strings.Clone(id), c: l.c, s: l.s}
		l.s.groups[g.id] = g
	}
	l.last = g
	return g
}

func (l *loader) offset(k *staterec.Key, e *statelog.Entry) error {
	g := l.group(k.Group)
	if e.Value == nil {
		g.remove(k.Topic, k.Partition)
		return nil
	}
	v, err := staterec.ViewOffsetValue(e.Value)
	if err != nil {
		return err
	}
	o := committed{
		offset: v.Offset, epoch: v.LeaderEpoch, commitMs: v.CommitMs, expireMs: v.ExpireMs,
		seq: e.Offset, metadata: strings.Clone(v.Metadata),
	}
	topics := g.offsets
	pending := e.Transactional && e.ProducerID >= 0
	if pending {
		topics = g.pending[e.ProducerID]
	}
	name := k.Topic
	if topics[name] == nil {
		name = strings.Clone(name)
	}
	if pending {
		g.await(e.ProducerID, name, v.TopicID, k.Partition, o)
		l.s.joinTxn(e.ProducerID, g)
		return nil
	}
	g.commit(name, v.TopicID, k.Partition, o)
	return nil
}

func (l *loader) endTxn(producer int64, commit bool) {
	for g := range l.s.txns[producer] {
		g.endTxn(producer, commit, l.img)
	}
	delete(l.s.txns, producer)
}

func (l *loader) classic(k *staterec.Key, b []byte) error {
	g := l.group(k.Group)
	if b == nil {
		if _, ok := g.machine.(*classic.Group); ok {
			g.machine = nil
		}
		return nil
	}
	v, err := staterec.ParseGroupValue(b)
	if err != nil {
		return err
	}
	g.machine = classic.Load(g.id, &v, &l.c.classic)
	return nil
}

// finish makes groups of those that have offsets only, and drops what has nothing.
func (l *loader) finish() {
	for id, g := range l.s.groups {
		switch {
		case g.machine != nil:
		case len(g.offsets) == 0 && len(g.pending) == 0:
			delete(l.s.groups, id)
		default:
			g.machine = classic.New(id, &l.c.classic, -1)
		}
	}
}
