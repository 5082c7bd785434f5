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
	head, tail   *cached              // the least and the most recently updated
	byKey        map[string][]*cached // the windows of a key, where there are windows
	// write puts an entry into the store and forwards it.
	write func(e *cached) error
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

// find is the update held back under an id, nil where there is none.
func (c *cache) find(id []byte) *cached {
	if c == nil {
		return nil
	}
	return c.entries[string(id)]
}

// put makes e the last update of its id, and writes everything where it is too much.
func (c *cache) put(id []byte, e *cached) error {
	if old := c.entries[string(id)]; old != nil {
		c.unlink(old)
		e.id = old.id
	} else {
		e.id = string(id)
	}
	c.entries[e.id] = e
	if c.byKey != nil {
		windows := slices.DeleteFunc(c.byKey[string(e.key)], func(old *cached) bool { return old.id == e.id })
		c.byKey[string(e.key)] = append(windows, e)
	}
	e.prev, e.next = c.tail, nil
	if c.tail != nil {
		c.tail.next = e
	} else {
		c.head = e
	}
	c.tail = e
	c.bytes += e.size()
	if c.bytes > c.limit {
		return c.flush()
	}
	return nil
}

func (e *cached) size() int { return len(e.id) + len(e.value) + cacheOverhead }

func (c *cache) unlink(e *cached) {
	if e.prev != nil {
		e.prev.next = e.next
	} else {
		c.head = e.next
	}
	if e.next != nil {
		e.next.prev = e.prev
	} else {
		c.tail = e.prev
	}
	c.bytes -= e.size()
}

// flush writes all updates.
func (c *cache) flush() error {
	e := c.head
	c.head, c.tail, c.bytes = nil, nil, 0
	clear(c.entries)
	clear(c.byKey)
	for ; e != nil; e = e.next {
		if err := c.write(e); err != nil {
			return err
		}
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
