package state

import "github.com/cockroachdb/pebble/v2"

// Cache holds blocks of files and open files for all DBs that share it.
type Cache struct {
	blocks *pebble.Cache
	files  *pebble.FileCache
}

// NewCache makes a cache of that many bytes of blocks. It is closed after the DBs that use it.
func NewCache(bytes int64) *Cache {
	return &Cache{blocks: pebble.NewCache(bytes), files: pebble.NewFileCache(4, 500)}
}

// Close gives the memory back.
func (c *Cache) Close() {
	c.files.Unref()
	c.blocks.Unref()
}
