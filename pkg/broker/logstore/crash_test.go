package logstore

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"kq/pkg/broker/batch"
	"kq/pkg/broker/vfs"
)

// crashRun plays random operations on a file system that forgets, and checks at
// every sync what a crash at that moment would leave.
type crashRun struct {
	*player
	disk *vfs.Crash
	mode SyncMode

	mu     sync.Mutex
	now    promise // guarded by mu
	images []crashImage
}

// crashImage is what one crash left.
type crashImage struct {
	disk    *vfs.Crash
	promise promise
	synced  int64
	kill    bool // of the process only
	where   string
}

func TestCrashAtEverySync(t *testing.T) {
	seed := testSeed(t)
	for mode := SyncNone; mode <= SyncAlways; mode++ {
		t.Run(mode.String(), func(t *testing.T) {
			t.Parallel()
			total := 0
			for round := range 2 {
				total += runCrashes(t, seed+uint64(round), mode)
			}
			t.Logf("%d crashes", total)
		})
	}
}

func runCrashes(t *testing.T, seed uint64, mode SyncMode) int {
	disk := vfs.NewCrash(seed)
	c := &crashRun{disk: disk, mode: mode}
	c.player = newPlayer(t, seed, disk, withSync(mode))
	c.announce = c.set
	c.set(c.promised())
	disk.OnSync(c.hook)
	total := 0
	for i := range 120 {
		c.step()
		c.settle()
		c.set(c.promised())
		if i%4 == 0 {
			c.take(fmt.Sprintf("after step %d", i), c.r.Uint64())
		}
		if i%40 == 39 {
			c.reopenCrashing(c.r.IntN(2) == 0)
		}
		total += c.verifyAll()
	}
	disk.OnSync(nil)
	c.must(c.s.Close(true))
	return total
}

func (c *crashRun) set(p promise) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = p
}

// settle waits for the background syncs, and checks what the mode promises.
func (c *crashRun) settle() {
	c.s.syncer.mu.Lock()
	for c.s.syncer.running > 0 {
		c.s.syncer.idle.Wait()
	}
	c.s.syncer.mu.Unlock()
	c.must(c.l.Err())
	if c.mode >= SyncCommit && c.l.SyncedOffset() != c.m.end {
		c.t.Fatalf("synced to %d of %d", c.l.SyncedOffset(), c.m.end)
	}
}

// reopenCrashing closes and opens the store; the hook looks on.
func (c *crashRun) reopenCrashing(clean bool) {
	c.must(c.s.Close(clean))
	c.open()
	if _, err := c.l.opened(); err != nil {
		c.t.Fatal(err)
	}
	c.settleOpen()
	c.l.SetHighWatermark(c.l.EndOffset())
	c.resyncAfterReopen()
	c.set(c.promised())
}

func (c *crashRun) settleOpen() {
	c.s.syncer.mu.Lock()
	defer c.s.syncer.mu.Unlock()
	for c.s.syncer.running > 0 {
		c.s.syncer.idle.Wait()
	}
}

func (c *crashRun) hook(p vfs.SyncPoint) {
	if p.Seed%3 == 0 && p.Done {
		return
	}
	c.take(fmt.Sprintf("sync %d of %s, done: %v", p.N, p.Name, p.Done), p.Seed)
}

// take makes an image.
func (c *crashRun) take(where string, seed uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	im := crashImage{promise: c.now, where: where, synced: c.now.l.SyncedOffset()}
	switch seed % 8 {
	case 0:
		im.disk, im.kill, im.where = c.disk.CrashImage(vfs.KeepAll()), true, where+", kill -9"
	case 1:
		im.disk = c.disk.CrashImage(vfs.KeepNone())
	default:
		im.disk = c.disk.CrashImage(vfs.Random(seed))
	}
	c.images = append(c.images, im)
}

func (c *crashRun) verifyAll() int {
	c.mu.Lock()
	images := c.images
	c.images = nil
	c.mu.Unlock()
	for _, im := range images {
		if err := c.verify(im, c.r.IntN(3) == 0); err != nil {
			c.t.Fatalf("crash at %s (start %d, returned %d, synced %d, cut to %d, restart at %d): %v", im.where,
				im.promise.start, im.promise.returned, im.synced, im.promise.cutTo, im.promise.restart, err)
		}
	}
	return len(images)
}

// verify starts on what a crash left. again crashes once more, in recovery.
func (c *crashRun) verify(im crashImage, again bool) error {
	var mu sync.Mutex
	var second []crashImage // guarded by mu: the syncer's goroutine adds to it
	if again {
		im.disk.OnSync(func(p vfs.SyncPoint) {
			mu.Lock()
			defer mu.Unlock()
			if p.Seed%4 == 0 {
				sub := im
				sub.kill = false
				sub.disk, sub.where = im.disk.CrashImage(vfs.Random(p.Seed)), im.where+fmt.Sprintf(", and in recovery at sync %d of %s", p.N, p.Name)
				second = append(second, sub)
			}
		})
	}
	s, l, err := c.start(im.disk)
	if err != nil {
		return err
	}
	defer s.Close(false)
	im.disk.OnSync(nil)
	mu.Lock()
	images := second
	second = nil
	mu.Unlock()
	for _, sub := range images {
		if err := c.verify(sub, false); err != nil {
			return fmt.Errorf("%s: %w", sub.where, err)
		}
	}
	m, err := c.recovered(im, l)
	if err != nil {
		return err
	}
	if im.promise.restart != noOffset {
		return nil
	}
	if err := c.goOn(l, m); err != nil {
		return fmt.Errorf("after recovery: %w", err)
	}
	if err := s.Close(true); err != nil {
		return err
	}
	s, l, err = c.start(im.disk)
	if err != nil {
		return fmt.Errorf("after a clean shutdown: %w", err)
	}
	defer s.Close(false)
	if !s.CleanShutdown() || l.EndOffset() != m.end {
		return fmt.Errorf("after a clean shutdown (%v) the end is %d, was %d", s.CleanShutdown(), l.EndOffset(), m.end)
	}
	return checkModel(l, m, c.r)
}

func (c *crashRun) start(disk vfs.FS) (*Store, *Log, error) {
	s, err := Open(context.Background(), Options{
		FS: disk, Dir: "/data", Sync: c.mode, Now: c.clock.now, RecoveryThreads: 1,
		SyncInterval: time.Hour, RetentionInterval: time.Hour, CheckpointInterval: time.Hour,
	})
	if err != nil {
		return nil, nil, err
	}
	logs, err := s.Load(context.Background(), []LogSpec{{Topic: testTP.Topic, TopicID: [16]byte{1}, Config: c.c}})
	if err == nil {
		_, err = logs[testTP].opened()
	}
	if err != nil {
		_ = s.Close(false)
		return nil, nil, err
	}
	return s, logs[testTP], nil
}

// recovered checks what is there against what was promised, and gives it as a
// model.
func (c *crashRun) recovered(im crashImage, l *Log) (*model, error) {
	p := im.promise
	need := im.synced
	if im.kill {
		need = p.returned
	}
	if p.cutTo != noOffset {
		need = min(need, p.cutTo)
	}
	start, end := l.StartOffset(), l.EndOffset()
	m := &model{start: start, end: end}
	if p.restart != noOffset { // being emptied, or empty
		return m, c.remains(l, m, p)
	}
	if start < min(p.start, end) || start > p.maxStart {
		return nil, fmt.Errorf("log starts at %d", start)
	}
	if end < min(need, p.returned) && !(start == end && start >= need) {
		return nil, fmt.Errorf("log ends at %d, %d was promised", end, need)
	}
	for _, b := range p.history {
		if b.LastOffset() < end {
			m.batches = append(m.batches, b)
		}
	}
	if start == end && len(l.ActiveProducers()) == 0 {
		m.batches = nil // all that was left lay below the log start
	}
	m.retell()
	if n := len(m.batches); end > start && (n == 0 || m.batches[n-1].LastOffset() != end-1) {
		return nil, fmt.Errorf("log ends at %d, inside a batch", end)
	}
	l.SetHighWatermark(end)
	if err := checkModel(l, m, c.r); err != nil {
		return nil, err
	}
	return m, checkProducers(l, m, true)
}

// remains checks a log that was being emptied: it may have any beginning of
// what it had.
func (c *crashRun) remains(l *Log, m *model, p promise) error {
	got, err := tryReadAll(l, m.start)
	if err != nil {
		return err
	}
	all := model{batches: p.history}
	if want := all.from(m.start); len(got) > len(want) || sameBatches(got, want[:len(got)]) != nil {
		return fmt.Errorf("a log that was being emptied has other records")
	}
	m.batches = got
	l.SetHighWatermark(m.end)
	if m.end == m.start {
		return nil
	}
	return checkEpochs(l, got)
}

// goOn uses the log: repeats are known, new batches come behind.
func (c *crashRun) goOn(l *Log, m *model) error {
	for _, ps := range l.ActiveProducers() {
		window, epoch := m.window(ps.ProducerID)
		if len(window) == 0 || window[0].BaseOffset() < m.start || epoch != ps.Epoch {
			continue
		}
		last := window[len(window)-1]
		a, err := l.Append(append(batch.Batch(nil), last...), AppendOptions{})
		if err != nil || !a.Duplicate || a.FirstOffset != last.BaseOffset() {
			return fmt.Errorf("repeat of the batch at %d: %+v, %w", last.BaseOffset(), a, err)
		}
	}
	epoch, _ := l.LatestEpoch()
	for range 3 {
		b := records(1+c.r.IntN(3), c.r.IntN(300), c.clock.now().UnixMilli())
		want := append(batch.Batch(nil), b...)
		a, err := l.Append(b, AppendOptions{LeaderEpoch: max(0, epoch)})
		if err != nil || a.FirstOffset != m.end {
			return fmt.Errorf("append: %+v, %w", a, err)
		}
		m.append(want, max(0, epoch))
	}
	l.SetHighWatermark(m.end)
	return checkModel(l, m, rand.New(rand.NewPCG(1, 2)))
}
