package logstore

import "sync"

// cache bounds what sealed segments keep for readers that may come back: open
// files and loaded indexes. Active segments are not in it. When it is full, what
// was not used since the hand came by last goes first (CLOCK).
type cache struct {
	maxFiles int
	maxBytes int64

	mu    sync.Mutex
	items []cacheItem // guarded by mu
	hand  int         // guarded by mu
	files int         // guarded by mu
	bytes int64       // guarded by mu
}

// cacheItem is a file (bytes 0) or an index of a segment.
type cacheItem struct {
	seg   *segment
	bytes int64
	// drop lets go of it; it may be called after the segment is gone.
	drop func()
}

func (c *cache) add(it cacheItem) {
	for _, old := range c.insert(it) {
		old.drop()
	}
}

// insert returns what has to go, to be dropped without c.mu.
func (c *cache) insert(it cacheItem) (out []cacheItem) {
	c.mu.Lock()
	defer c.mu.Unlock()
	it.seg.used.Store(true)
	c.items = append(c.items, it)
	c.count(it, 1)
	for range 2 * len(c.items) { // twice around finds everything unused
		if c.files <= c.maxFiles && c.bytes <= c.maxBytes || len(c.items) == 1 {
			break
		}
		c.hand %= len(c.items)
		if v := c.items[c.hand]; v.seg != it.seg && !v.seg.used.Swap(false) {
			out = append(out, v)
			c.count(v, -1)
			last := len(c.items) - 1
			c.items[c.hand] = c.items[last]
			c.items[last] = cacheItem{}
			c.items = c.items[:last]
			continue
		}
		c.hand++
	}
	return out
}

// count needs c.mu.
func (c *cache) count(it cacheItem, sign int) {
	if it.bytes == 0 {
		c.files += sign
	}
	c.bytes += int64(sign) * it.bytes
}

// forget takes out what belongs to a segment that is gone.
func (c *cache) forget(s *segment) {
	c.mu.Lock()
	defer c.mu.Unlock()
	kept := c.items[:0]
	for _, it := range c.items {
		if it.seg == s {
			c.count(it, -1)
			continue
		}
		kept = append(kept, it)
	}
	clear(c.items[len(kept):])
	c.items = kept
}
