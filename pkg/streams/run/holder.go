package run

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"kq/pkg/streams/run/assign"
	"kq/pkg/streams/state"
	"kq/pkg/streams/task"
	"kq/pkg/streams/topology"
)

// holder is the state of one task in this process. It stays when the task
// moves to another thread, or becomes a standby or active again.
type holder struct {
	id         assign.TaskID
	sub        *topology.SubTopology
	db         *state.DB
	changelogs []*changelog
	inUse      bool         // guarded by holders.mu
	idle       time.Time    // guarded by holders.mu; since when nobody uses it
	restores   atomic.Int64 // how often changelogs were read before the task could run here
	// log takes the changelog records of puts; the thread that has the holder sets it.
	log  state.Log
	feed Feed
}

// changelog is a store with where it is restored from.
type changelog struct {
	spec  *state.Spec
	topic string
	at    state.Position // restored or written up to
	end   int64          // where a restore ends
}

// holders are those of a process.
type holders struct {
	dir   *stateDir
	o     *Options
	l     *layout
	cache *state.Cache // of blocks, for all tasks
	mu    sync.Mutex
	byID  map[assign.TaskID]*holder // guarded by mu
	kept  map[assign.TaskID]kept    // guarded by mu; directories that are closed
	bad   map[assign.TaskID]int     // guarded by mu; how often the files of a task were corrupt
}

// blockCache is the size of the cache of blocks of files.
const blockCache = 32 << 20

func newHolders(dir *stateDir, o *Options, l *layout) *holders {
	hs := &holders{dir: dir, o: o, l: l, byID: map[assign.TaskID]*holder{}, kept: map[assign.TaskID]kept{}, bad: map[assign.TaskID]int{}}
	if dir.path != "" {
		hs.cache = state.NewCache(blockCache)
	}
	return hs
}

// share is what each task with stores gets of a total, so that an application of
// many tasks takes little more memory than one of few. All of them may come to
// run here.
func (hs *holders) share(total, least, most int64) int64 {
	var tasks int64
	for id, sub := range hs.l.subs {
		if len(sub.Stores) > 0 {
			tasks += int64(hs.l.tasks(id))
		}
	}
	return min(max(total/max(tasks, 1), least), most)
}

// errBusy says that another thread has not let go of a task yet.
var errBusy = errors.New("task is in use by another thread")

// take opens a task's state for one thread.
func (hs *holders) take(id assign.TaskID) (*holder, error) {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	if h := hs.byID[id]; h != nil {
		if h.inUse {
			return nil, errBusy
		}
		h.inUse = true
		return h, nil
	}
	if hs.kept[id].going {
		return nil, errBusy
	}
	h, err := hs.open(id)
	if dir := hs.dir.task(id.String()); dir != "" && errors.Is(err, state.ErrCorrupt) {
		hs.o.Logger.Warn("local state is dropped and restored", "dir", dir, "reason", err)
		if err = state.Destroy(dir); err == nil {
			h, err = hs.open(id)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("open the state of task %s: %w", id, err)
	}
	h.inUse = true
	hs.byID[id] = h
	delete(hs.kept, id)
	return h, nil
}

func (hs *holders) open(id assign.TaskID) (*holder, error) {
	sub := hs.l.subs[id.Sub]
	if sub == nil {
		return nil, errors.New("the topology has no such part")
	}
	h := &holder{id: id, sub: sub, feed: hs.o.Feed(id)}
	o := state.Options{CacheBytes: or(hs.o.CacheBytes, hs.share(32<<20, 2<<20, 16<<20)), MemTableBytes: or(hs.o.disk.memTable, hs.share(16<<20, 1<<20, 4<<20)), Fault: hs.o.disk.fault, RunBytes: hs.share(48<<20, 4<<20, 24<<20), Logger: hs.o.Logger, Shared: hs.cache, Owner: hs.o.App + " " + id.String(), Log: func(s *state.Spec, key, value []byte, ts int64, headers []state.Header) {
		if h.log != nil {
			h.log(s, key, value, ts, headers)
			h.feed.Log(s, key, value, ts)
		}
	}}
	db, err := openDB(hs.dir.task(id.String()), o, len(sub.Stores) > 0)
	if err != nil {
		return nil, err
	}
	h.db = db
	for _, s := range sub.Stores {
		if _, err := db.Add(s); err != nil {
			return nil, errors.Join(err, db.Close())
		}
		if !s.Unlogged {
			h.changelogs = append(h.changelogs, &changelog{spec: s, topic: task.ChangelogTopic(hs.o.App, s)})
		}
	}
	return h, h.load()
}

// load takes the positions of the last commit.
func (h *holder) load() error {
	c, err := h.db.Checkpoint()
	if err != nil {
		return fmt.Errorf("read checkpoint: %w", err)
	}
	for _, l := range h.changelogs {
		l.at = c.Changelogs[l.spec.Name]
	}
	return nil
}

// release lets another thread have the state.
func (hs *holders) release(h *holder) {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	h.log = nil
	h.inUse, h.idle = false, time.Now()
}

// offsets tells how much state of each task is here, for the assignor.
func (hs *holders) offsets() map[assign.TaskID]int64 {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	out := map[assign.TaskID]int64{}
	for id, k := range hs.kept {
		if k.logged {
			out[id] = k.offset
		}
	}
	for id, h := range hs.byID {
		if k := h.keep(); k.logged {
			out[id] = k.offset
		}
	}
	return out
}

// discover opens what earlier runs left, so that the group knows of it.
func (hs *holders) discover() error {
	if hs.dir.path == "" {
		return nil
	}
	entries, err := os.ReadDir(hs.dir.path)
	if err != nil {
		return fmt.Errorf("read state directory: %w", err)
	}
	for _, e := range entries {
		id, err := assign.ParseTaskID(e.Name())
		if err != nil || !e.IsDir() {
			continue
		}
		if id.Partition >= hs.l.tasks(id.Sub) { // of an older topology
			hs.kept[id] = kept{since: time.Now()}
			continue
		}
		h, err := hs.take(id)
		if err != nil {
			return err
		}
		hs.release(h)
	}
	return nil
}

func (hs *holders) close() error {
	hs.mu.Lock()
	defer hs.mu.Unlock()
	var errs error
	for _, h := range hs.byID {
		h.db.Discard()
		errs = errors.Join(errs, h.db.Close())
	}
	clear(hs.byID)
	if hs.cache != nil {
		hs.cache.Close()
	}
	return errs
}
