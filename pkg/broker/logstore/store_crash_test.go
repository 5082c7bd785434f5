package logstore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"kq/pkg/broker/vfs"
)

// topicRun creates, deletes and creates again topics of the same names on a file
// system that forgets, and writes to them.
type topicRun struct {
	t    *testing.T
	r    *rand.Rand
	disk *vfs.Crash
	s    *Store
	mode SyncMode

	mu     sync.Mutex
	topics map[string]topicState // what was acknowledged; guarded by mu
	busy   string                // the topic that is being created or deleted; guarded by mu
	images []topicImage          // guarded by mu
}

type topicState struct {
	id  byte
	log *Log
}

type topicImage struct {
	disk   *vfs.Crash
	topics map[string]topicImageState
	busy   string
	where  string
}

type topicImageState struct {
	id     byte
	synced int64
}

func TestCrashWithTopics(t *testing.T) {
	seed := testSeed(t)
	for _, mode := range []SyncMode{SyncNone, SyncCommit} {
		for round := range uint64(3) {
			c := &topicRun{t: t, r: rand.New(rand.NewPCG(seed, round)), disk: vfs.NewCrash(seed + round), mode: mode, topics: map[string]topicState{}}
			c.open(c.r.IntN(2) == 0)
			c.disk.OnSync(func(p vfs.SyncPoint) { c.take(p) })
			for i := range 50 {
				c.step(byte(i + 1))
				c.verify()
			}
			c.disk.OnSync(nil)
			must(t, c.s.Close(true))
		}
	}
}

func (c *topicRun) open(clean bool) {
	if c.s != nil {
		must(c.t, c.s.Close(clean))
	}
	c.s = openStore(c.t, c.disk, withSync(c.mode))
	c.mu.Lock()
	topics := c.topics
	c.mu.Unlock()
	for name, st := range topics {
		l, err := c.s.Create(LogSpec{Topic: name, TopicID: [16]byte{st.id}, Config: Config{FileDeleteDelayMs: 1}})
		must(c.t, err)
		c.set(name, topicState{st.id, l})
	}
}

func (c *topicRun) set(name string, st topicState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.topics[name] = st
}

func (c *topicRun) setBusy(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy = name
}

func (c *topicRun) step(id byte) {
	name := []string{"a", "b", "c"}[c.r.IntN(3)]
	st, ok := c.topics[name]
	switch n := c.r.IntN(10); {
	case !ok:
		c.setBusy(name)
		l, err := c.s.Create(LogSpec{Topic: name, TopicID: [16]byte{id}, Config: Config{FileDeleteDelayMs: 1}})
		must(c.t, err)
		c.set(name, topicState{id, l})
		c.setBusy("")
	case n < 2:
		c.setBusy(name)
		must(c.t, c.s.Delete(TopicPartition{name, 0}))
		c.mu.Lock()
		delete(c.topics, name)
		c.busy = ""
		c.mu.Unlock()
	case n < 3:
		must(c.t, c.s.Checkpoint())
	case n < 4:
		c.open(c.r.IntN(2) == 0)
	default:
		mustAppend(c.t, st.log, records(1, 50, int64(st.id)), AppendOptions{})
		if c.r.IntN(3) == 0 {
			must(c.t, st.log.Flush())
		}
	}
}

func (c *topicRun) take(p vfs.SyncPoint) {
	c.mu.Lock()
	defer c.mu.Unlock()
	im := topicImage{topics: map[string]topicImageState{}, busy: c.busy, where: fmt.Sprintf("sync %d of %s, done: %v", p.N, p.Name, p.Done)}
	for name, st := range c.topics {
		im.topics[name] = topicImageState{st.id, st.log.SyncedOffset()}
	}
	im.disk = c.disk.CrashImage(vfs.Random(p.Seed))
	c.images = append(c.images, im)
}

func (c *topicRun) verify() {
	c.mu.Lock()
	images := c.images
	c.images = nil
	c.mu.Unlock()
	for _, im := range images {
		if err := c.check(im); err != nil {
			c.t.Fatalf("crash at %s (%+v, busy with %q): %v", im.where, im.topics, im.busy, err)
		}
	}
}

func (c *topicRun) check(im topicImage) error {
	s, err := Open(context.Background(), Options{
		FS: im.disk, Dir: "/data", Sync: c.mode, RetentionInterval: time.Hour, CheckpointInterval: time.Hour, SyncInterval: time.Hour,
	})
	if err != nil {
		return err
	}
	defer s.Close(false)
	var specs []LogSpec
	for name, st := range im.topics {
		specs = append(specs, LogSpec{Topic: name, TopicID: [16]byte{st.id}})
	}
	logs, err := s.Load(context.Background(), specs)
	if err != nil {
		return err
	}
	for name, st := range im.topics {
		l := logs[TopicPartition{name, 0}]
		if _, err := l.opened(); err != nil && name != im.busy {
			return fmt.Errorf("%s: %w", name, err)
		}
		if name == im.busy {
			continue
		}
		if l.EndOffset() < st.synced {
			return fmt.Errorf("%s ends at %d, %d was synced", name, l.EndOffset(), st.synced)
		}
		batches, err := tryReadAll(l, 0)
		if err != nil {
			return err
		}
		for _, b := range batches {
			if b.MaxTimestamp() != int64(st.id) {
				return fmt.Errorf("%s has records of another incarnation", name)
			}
		}
	}
	for _, stray := range s.Strays() { // a deletion or a creation was under way
		if stray.TopicPartition.Topic != im.busy {
			return fmt.Errorf("%v came back", stray)
		}
		if err := s.Delete(stray.TopicPartition); err != nil {
			return err
		}
	}
	return nil
}

// A truncation keeps the snapshot of the segment that it shortens. Retention
// then takes the records away which that snapshot stands for, among them the
// beginning of an open transaction.
func TestSnapshotSurvivesTruncation(t *testing.T) {
	disk, now := vfs.NewCrash(1), time.Now().UnixMilli()
	l := openLog(t, openStore(t, disk), Config{})
	mustAppend(t, l, records(2, 10, now, idempotent(7, 0, 0), transactional), AppendOptions{})
	must(t, l.Roll())
	mustAppend(t, l, records(2, 10, now), AppendOptions{})
	must(t, l.TruncateTo(2))
	mustAppend(t, l, records(1, 10, now), AppendOptions{})
	l.SetHighWatermark(3)
	must(t, l.AdvanceStart(2))
	l.store.Retain()

	after := openLog(t, openStore(t, disk.CrashImage(vfs.KeepNone())), Config{})
	after.SetHighWatermark(after.EndOffset())
	mustAppend(t, after, records(1, 10, now), AppendOptions{})
	after.SetHighWatermark(after.EndOffset())
	if start, stable := after.StartOffset(), after.LastStableOffset(); start != 2 || stable != 2 {
		t.Errorf("after a crash the log starts at %d and is stable to %d, want 2 and 2", start, stable)
	}
}
