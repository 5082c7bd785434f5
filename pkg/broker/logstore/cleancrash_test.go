package logstore

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"kq/pkg/broker/vfs"
)

// cleanImage is what a crash in the middle of a cleaning left.
type cleanImage struct {
	disk  *vfs.Crash
	where string
}

// TestCleanCrashAtEverySync crashes at each sync of cleanings, and of the
// recoveries after them. Each segment is as it was or as it becomes, and what
// readers of committed data see never changes.
func TestCleanCrashAtEverySync(t *testing.T) {
	seed := testSeed(t)
	for round := range uint64(2) {
		t.Run(fmt.Sprint(round), func(t *testing.T) {
			t.Parallel()
			disk := vfs.NewCrash(seed + round)
			p := newCleanPlayer(t, seed+round, disk)
			crashes := 0
			for i := range 120 {
				p.step()
				if i%30 == 29 {
					crashes += p.cleanCrashing(disk)
				}
				if i%100 == 99 {
					p.trim()
				}
			}
			t.Logf("%d cleanings, %d crashes", p.runs, crashes)
		})
	}
}

// cleanCrashing cleans, and verifies what crashes leave meanwhile.
func (p *cleanPlayer) cleanCrashing(disk *vfs.Crash) (crashes int) {
	if err := p.l.Flush(); err != nil {
		p.t.Fatal(err)
	}
	p.settleSyncs()
	var images []cleanImage
	disk.OnSync(func(s vfs.SyncPoint) { images = append(images, imageAt(disk, s)) })
	before, _, _ := segmentBatches(p.t, p.l)
	table := p.committed()
	p.clean()
	disk.OnSync(nil)
	after, _, _ := segmentBatches(p.t, p.l)
	images = append(images, cleanImage{disk.CrashImage(vfs.KeepNone()), "after the cleaning"})
	for _, im := range images {
		more := p.verifyCrash(im, before, after, table, true)
		for _, again := range more {
			p.verifyCrash(again, before, after, table, false)
		}
		crashes += 1 + len(more)
	}
	return crashes
}

// settleSyncs waits for the background syncs: what they do is not a cleaning's.
func (p *cleanPlayer) settleSyncs() {
	p.s.syncer.mu.Lock()
	defer p.s.syncer.mu.Unlock()
	for p.s.syncer.running > 0 {
		p.s.syncer.idle.Wait()
	}
}

// imageAt is a crash at a sync: of the machine, or of the process.
func imageAt(disk *vfs.Crash, s vfs.SyncPoint) cleanImage {
	where := fmt.Sprintf("sync %d of %s, done: %v", s.N, s.Name, s.Done)
	switch s.Seed % 6 {
	case 0:
		return cleanImage{disk.CrashImage(vfs.KeepNone()), where + ", nothing more"}
	case 1:
		return cleanImage{disk.CrashImage(vfs.KeepAll()), where + ", kill -9"}
	}
	return cleanImage{disk.CrashImage(vfs.Random(s.Seed)), where}
}

// verifyCrash starts on what a crash left. The result are crashes of the
// recovery, if these are asked for.
func (p *cleanPlayer) verifyCrash(im cleanImage, before, after []modelBatch, table map[string]string, again bool) (more []cleanImage) {
	p.t.Helper()
	if again {
		im.disk.OnSync(func(s vfs.SyncPoint) {
			if s.Seed%7 == 0 {
				more = append(more, cleanImage{im.disk.CrashImage(vfs.Random(s.Seed)), fmt.Sprintf("%s, and in recovery at sync %d of %s", im.where, s.N, s.Name)})
			}
		})
	}
	s, err := Open(context.Background(), Options{
		FS: im.disk, Dir: "/data", Now: p.clock.now, RecoveryThreads: 1,
		SyncInterval: time.Hour, RetentionInterval: time.Hour, CheckpointInterval: time.Hour,
	})
	if err != nil {
		p.t.Fatalf("crash at %s: %v", im.where, err)
	}
	defer func() { _ = s.Close(false) }()
	q := *p
	q.s, q.l = s, loadLog(p.t, s, p.c)
	im.disk.OnSync(nil)
	if err := q.l.Err(); err != nil {
		p.t.Fatalf("crash at %s: %v", im.where, err)
	}
	q.l.SetHighWatermark(q.l.EndOffset())
	if q.l.EndOffset() != p.l.EndOffset() || q.l.StartOffset() != p.l.StartOffset() {
		p.t.Fatalf("crash at %s: the log has offsets %d to %d, not %d to %d", im.where,
			q.l.StartOffset(), q.l.EndOffset(), p.l.StartOffset(), p.l.EndOffset())
	}
	got, _, _ := segmentBatches(p.t, q.l)
	if err := mixture(got, before, after); err != nil {
		p.t.Fatalf("crash at %s: %v", im.where, err)
	}
	if have := q.committed(); fmt.Sprint(have) != fmt.Sprint(table) {
		p.t.Fatalf("crash at %s: the table was\n%v\nand is\n%v", im.where, table, have)
	}
	if _, _, err := tryClean(q.l, CleanerOptions{}); err != nil {
		p.t.Fatalf("crash at %s, cleaning again: %v", im.where, err)
	}
	if have := q.committed(); fmt.Sprint(have) != fmt.Sprint(table) {
		p.t.Fatalf("crash at %s, cleaned again: the table was\n%v\nand is\n%v", im.where, table, have)
	}
	return more
}

// mixture checks that each batch is as it was or as it becomes, and that none is
// missing that stays.
func mixture(got, before, after []modelBatch) error {
	known, bases := map[string]bool{}, map[int64]bool{}
	for _, b := range slices.Concat(before, after) {
		known[fmt.Sprintf("%+v", b)] = true
	}
	for _, b := range got {
		if bases[b.base] = true; !known[fmt.Sprintf("%+v", b)] {
			return fmt.Errorf("%+v was never there", b)
		}
	}
	for _, b := range after {
		if len(b.recs) > 0 && !bases[b.base] {
			return fmt.Errorf("%+v is missing", b)
		}
	}
	return nil
}
