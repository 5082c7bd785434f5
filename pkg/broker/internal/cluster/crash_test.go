package cluster

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/vfs"
)

// history is what a client saw before the crash.
type history struct {
	topics  map[string]int32 // acknowledged topics and their partitions
	deleted map[string]bool  // acknowledged deletions
	nextID  int64            // above every producer id that was handed out
}

func (h history) copy() history {
	return history{topics: maps.Clone(h.topics), deleted: maps.Clone(h.deleted), nextID: h.nextID}
}

// crash is what a machine's death leaves.
type crash struct {
	point vfs.SyncPoint
	fs    *vfs.Crash
	seen  history
	how   string
}

// crashFS has the data directory, as the disk has the user's home.
func crashFS(t *testing.T, seed uint64) *vfs.Crash {
	t.Helper()
	fs := vfs.NewCrash(seed)
	if err := errors.Join(fs.MkdirAll("data", 0o755), fs.SyncDir(".")); err != nil {
		t.Fatal(err)
	}
	return fs
}

// At every sync, before and after it takes effect, the machine dies, with all,
// nothing or any part of what was not synced left. What was acknowledged is
// there, and no producer id is given twice.
func TestCrashAnywhere(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	fs := crashFS(t, seed)
	seen := history{topics: map[string]int32{}, deleted: map[string]bool{}} // guarded by mu
	var crashes []crash
	var mu sync.Mutex
	fs.OnSync(func(p vfs.SyncPoint) {
		mu.Lock()
		defer mu.Unlock()
		saw := seen.copy()
		crashes = append(crashes,
			crash{p, fs.CrashImage(vfs.KeepAll()), saw, "kill -9"},
			crash{p, fs.CrashImage(vfs.KeepNone()), saw, "nothing kept"},
			crash{p, fs.CrashImage(vfs.Random(p.Seed)), saw, "some kept"})
	})
	often := func(o *Options) { o.SnapshotRecords = 12 }
	b := mustBoot(t, fs, often)
	for i := range 12 {
		name := fmt.Sprint("t", i)
		if b.create(name, int32(i%3+1)) != 0 {
			t.Fatal("create")
		}
		mu.Lock()
		seen.topics[name] = int32(i%3 + 1)
		mu.Unlock()
		switch i % 4 {
		case 1:
			r := b.producerIDs()
			if r.ErrorCode != 0 || r.ProducerIDStart < seen.nextID {
				t.Fatalf("producer ids %+v", r)
			}
			mu.Lock()
			seen.nextID = r.ProducerIDStart + int64(r.ProducerIDLen)
			mu.Unlock()
		case 3:
			gone := fmt.Sprint("t", i-2)
			mu.Lock()
			delete(seen.topics, gone) // from now on it may be gone
			mu.Unlock()
			b.DeleteTopics(context.Background(), &kmsg.DeleteTopicsRequest{Version: 5, TopicNames: []string{gone}})
			mu.Lock()
			seen.deleted[gone] = true
			mu.Unlock()
		}
	}
	fs.OnSync(nil)
	b.stop(t, false)
	t.Logf("%d crashes", len(crashes))
	for _, c := range crashes {
		c.check(t, often)
		if t.Failed() {
			return
		}
	}
}

// check goes on after a crash, twice.
func (c crash) check(t *testing.T, change func(*Options)) {
	where := fmt.Sprintf("%s at sync %d of %s, done %v", c.how, c.point.N, c.point.Name, c.point.Done)
	for life := range 2 {
		b := mustBoot(t, c.fs, change)
		img := b.Image()
		for name, n := range c.seen.topics {
			if topic := img.Topic(name); topic == nil || len(topic.Partitions) != int(n) {
				t.Errorf("%s: topic %s is %+v", where, name, topic)
			}
		}
		for name := range c.seen.deleted {
			if img.Topic(name) != nil {
				t.Errorf("%s: topic %s is back", where, name)
			}
		}
		r := b.producerIDs()
		if r.ErrorCode != 0 || r.ProducerIDStart < c.seen.nextID {
			t.Errorf("%s, life %d: block at %d, ids below %d were given", where, life, r.ProducerIDStart, c.seen.nextID)
		}
		c.seen.nextID = r.ProducerIDStart + 1000
		b.stop(t, false)
		c.fs = c.fs.CrashImage(vfs.KeepNone())
	}
}

// Leader epochs never go back, whatever a power loss leaves.
func TestLeaderEpochsRise(t *testing.T) {
	fs := crashFS(t, 1)
	epoch := int32(-1)
	for life := range 6 {
		b := mustBoot(t, fs, nil)
		if life == 0 {
			b.create("a", 1)
		}
		got := b.Image().Partition("a", 0).LeaderEpoch
		if got < epoch || life > 0 && got == epoch {
			t.Errorf("life %d: leader epoch %d after %d", life, got, epoch)
		}
		epoch = got
		b.stop(t, false)
		fs = fs.CrashImage(vfs.Random(uint64(life)))
	}
}

func TestFailedSync(t *testing.T) {
	fs := vfs.NewErr(vfs.NewMem(0))
	b := mustBoot(t, fs, nil)
	if b.create("a", 1) != 0 {
		t.Fatal("create")
	}
	fs.Add(vfs.Rule{Ops: vfs.OpSync, Match: vfs.Base("*.log"), Err: syscall.EIO})
	if code := b.create("b", 1); code != 56 {
		t.Errorf("answer %d, want KAFKA_STORAGE_ERROR", code)
	}
	if err := <-b.fatal; !errors.Is(err, ErrFailed) || !errors.Is(err, syscall.EIO) {
		t.Errorf("fatal: %v", err)
	}
	fs.Clear()
	if code := b.create("c", 1); code != 56 {
		t.Errorf("after a failed sync: answer %d", code)
	}
	if r := b.producerIDs(); r.ErrorCode != 56 || r.ProducerIDLen != 0 {
		t.Errorf("producer ids %+v", r)
	}
	if img := b.Image(); img.TopicCount() != 1 || len(b.published) != 2 {
		t.Errorf("%d topics, %d publications", img.TopicCount(), len(b.published))
	}
	b.stop(t, false)
	b = mustBoot(t, fs, nil)
	if b.Image().Topic("a") == nil || b.Image().Topic("c") != nil {
		t.Errorf("after a restart: %v", b.Image().Topics())
	}
	b.stop(t, true)
}

// A full disk refuses the change and nothing else.
func TestDiskFull(t *testing.T) {
	fs := vfs.NewErr(vfs.NewMem(0))
	b := mustBoot(t, fs, nil)
	full := fs.Add(vfs.Rule{Ops: vfs.OpWriteAt, Match: vfs.Base("*.log"), Err: syscall.ENOSPC, Torn: 100})
	if code := b.create("a", 1); code != 56 {
		t.Errorf("answer %d, want KAFKA_STORAGE_ERROR", code)
	}
	full.Remove()
	if code := b.create("a", 1); code != 0 {
		t.Errorf("when there is room again: answer %d", code)
	}
	want := text(b.Image())
	b.stop(t, true)
	b = mustBoot(t, fs, nil)
	if got := text(b.Image()); strings.Count(got, "\n") != strings.Count(want, "\n") {
		t.Errorf("after a restart:\n%s, want\n%s", got, want)
	}
	b.stop(t, true)
}

// A snapshot that cannot be written costs nothing.
func TestSnapshotFails(t *testing.T) {
	fs := vfs.NewErr(vfs.NewMem(0), vfs.Rule{Ops: vfs.OpCreate, Match: vfs.Base("*.checkpoint*"), Err: syscall.ENOSPC})
	b := mustBoot(t, fs, func(o *Options) { o.SnapshotRecords = 3 })
	for i := range 9 {
		if b.create(fmt.Sprint("t", i), 1) != 0 {
			t.Fatal("create")
		}
	}
	b.stop(t, true)
	b = mustBoot(t, fs, nil)
	if b.Image().TopicCount() != 9 {
		t.Errorf("%d topics", b.Image().TopicCount())
	}
	b.stop(t, true)
}

func TestClosed(t *testing.T) {
	b := mustBoot(t, vfs.NewMem(0), nil)
	b.stop(t, true)
	if code := b.create("a", 1); code != 41 {
		t.Errorf("answer %d after Close", code)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	q := &kmsg.CreateTopicsRequest{Version: 7, Topics: one(topic("a", 1, 1))}
	if r := b.CreateTopics(ctx, q).Topics[0]; r.ErrorCode != 7 || r.TopicID != (meta.ID{}) || r.NumPartitions != -1 {
		t.Errorf("cancelled: %+v", r)
	}
}

// A broker that cannot follow does not undo what is in the log.
func TestPublishFails(t *testing.T) {
	fail := false
	b := mustBoot(t, vfs.NewMem(0), func(o *Options) {
		o.Publish = func(_, _ *meta.Image) error {
			if fail {
				return errors.New("no room for a partition")
			}
			return nil
		}
	})
	fail = true
	if code := b.create("a", 1); code != 0 || b.Image().Topic("a") == nil {
		t.Errorf("answer %d", code)
	}
	b.stop(t, true)
	if _, err := boot(t, vfs.NewMem(0), func(o *Options) {
		o.Publish = func(_, _ *meta.Image) error { return errors.New("no") }
	}); err == nil {
		t.Error("the first publication must work")
	}
}
