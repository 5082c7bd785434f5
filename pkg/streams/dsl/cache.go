package dsl

import (
	"slices"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/topology"
)

// defaultCache is the size of a cache in bytes (statestore.cache.max.bytes).
const defaultCache = 10 << 20

// cache holds the updates of one store back until a commit, or until it is
// full: then each key is put and forwarded once, with its last value, the least
// recently updated first (Kafka's NamedCache under a caching store).
type cache struct {
	limit, bytes int
	entries      map[string]*cached
	held         chain // the updates that are held back, the least recent first
	byKey        map[string][]*cached
	// keeps says that what was written is still found, until room is needed: a
	// session is joined that the store has forgotten by then. byKey is of its windows.
	keeps   bool
	written chain // what is kept of that
	// write puts an entry into the store and forwards it.
	write func(e *cached) error
}

// chain is a list of entries; each is in one at most.
type chain struct{ head, tail *cached }

func (l *chain) push(e *cached) {
	e.in, e.prev, e.next = l, l.tail, nil
	if l.tail != nil {
		l.tail.next = e
	} else {
		l.head = e
	}
	l.tail = e
}

func (l *chain) remove(e *cached) {
	if e.prev != nil {
		e.prev.next = e.next
	} else {
		l.head = e.next
	}
	if e.next != nil {
		e.next.prev = e.prev
	} else {
		l.tail = e.prev
	}
	e.in = nil
}

// cached is the last update of a key.
type cached struct {
	id         string
	key        []byte
	start, end int64 // of a window
	value      []byte
	ts         int64       // of the value
	latest     codec.Value // the value, as it was computed
	windowed   codec.Windowed
	r          topology.Record // what it came from: key, time, headers
	origin     topology.Origin
	in         *chain // nil while it is being written
	prev, next *cached
}

// cacheOverhead is about what an entry takes beside its bytes.
const cacheOverhead = 128

func newCache(limit int, write func(e *cached) error) *cache {
	if limit <= 0 {
		limit = defaultCache
	}
	return &cache{limit: limit, entries: map[string]*cached{}, write: write}
}

// holdBack makes the cache of a store of a task, which all of its processors and
// those who read the store share; what write says last holds.
func holdBack(ctx *topology.Context, store string, limit int, write func(e *cached) error) *cache {
	c := heldOf(ctx, store)
	if c == nil {
		c = newCache(limit, nil)
		ctx.Share(store, c)
	}
	c.write = write
	return c
}

// heldOf is the cache of a store, nil where it has none or none yet.
func heldOf(ctx *topology.Context, store string) *cache {
	c, _ := ctx.Shared(store).(*cache)
	return c
}

// find is the update held back under an id, nil where there is none.
func (c *cache) find(id []byte) *cached {
	if c == nil {
		return nil
	}
	return c.entries[string(id)]
}

// put makes e the last update of its id, and writes everything where it is too much.
func (c *cache) put(id []byte, e *cached) error {
	e.id = string(id)
	if old := c.entries[e.id]; old != nil {
		c.drop(old)
	}
	c.entries[e.id] = e
	if c.keeps {
		c.byKey[string(e.key)] = append(c.byKey[string(e.key)], e)
	}
	c.held.push(e)
	if c.bytes += e.size(); c.bytes <= c.limit {
		return nil
	}
	if c.shed(); c.bytes <= c.limit {
		return nil
	}
	err := c.flush()
	c.shed()
	return err
}

func (e *cached) size() int { return len(e.id) + len(e.value) + cacheOverhead }

// drop forgets an entry.
func (c *cache) drop(e *cached) {
	if e.in != nil {
		e.in.remove(e)
		c.bytes -= e.size()
	}
	if c.entries[e.id] == e {
		delete(c.entries, e.id)
	}
	if !c.keeps {
		return
	}
	left := slices.DeleteFunc(c.byKey[string(e.key)], func(x *cached) bool { return x == e })
	if len(left) == 0 {
		delete(c.byKey, string(e.key))
	} else {
		c.byKey[string(e.key)] = left
	}
}

// shed forgets entries that are written, the oldest first, as long as there is too much.
func (c *cache) shed() {
	for c.bytes > c.limit && c.written.head != nil {
		c.drop(c.written.head)
	}
}

// flush writes all updates. Those that are not written yet are still found; what
// comes meanwhile is of the next time, as with Kafka's.
func (c *cache) flush() error {
	var all []*cached
	for c.held.head != nil {
		e := c.held.head
		c.held.remove(e)
		c.bytes -= e.size()
		all = append(all, e)
	}
	for _, e := range all {
		if err := c.write(e); err != nil {
			return err
		}
		if !c.keeps || e.value == nil || c.entries[e.id] != e {
			c.drop(e)
			continue
		}
		e.r, e.latest, e.windowed = topology.Record{}, codec.Value{}, codec.Windowed{} // nobody asks for them any more
		c.written.push(e)
		c.bytes += e.size()
	}
	return nil
}

// from runs f with the place that an update came from as the origin of records.
func from(ctx *topology.Context, place topology.Origin, f func() error) error {
	origin := ctx.Origin()
	now := *origin
	*origin = place
	err := f()
	*origin = now
	return err
}
