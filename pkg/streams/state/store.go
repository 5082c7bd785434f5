package state

// core is what all kinds of stores have.
type core struct {
	spec  *Spec
	table *table
	log   Log
	// now is as of the last put, saved as of the last commit.
	now, saved progress
}

// progress is what a store knows beside its entries.
type progress struct {
	// time is the highest time put, in milliseconds since 1970; -1 for none.
	time int64
	// seq is the last sequence number given (of stores with Duplicates).
	seq uint32
	// expired is the segment below which everything was removed.
	expired int64
}

func newCore(s *Spec, t *table, log Log, p progress) core {
	if log == nil || !s.logged() {
		log = func(*Spec, []byte, []byte, int64, []Header) {}
	}
	return core{spec: s, table: t, log: log, now: p, saved: p}
}

// Spec is what the store was made from.
func (c *core) Spec() *Spec { return c.spec }

func (c *core) inner() *core { return c }

// mark notes a key of the index, or forgets it.
func (c *core) mark(index []byte, there bool) {
	var mark []byte
	if there {
		mark = []byte{}
	}
	c.table.put(index, mark, 0)
}

// discard goes back to the last commit.
func (c *core) discard() {
	c.table.discard()
	c.now = c.saved
}

// wipe forgets everything above the base.
func (c *core) wipe() {
	c.table.drop()
	c.now = progress{time: -1}
	c.saved = c.now
}

// newStore is the store of a core's spec, nil for an unknown kind.
func newStore(c core) Store {
	switch c.spec.Kind {
	case KeyValueKind:
		return &KeyValue{core: c}
	case RawKind:
		return &Raw{core: c}
	case WindowKind:
		return &Window{core: c, seg: newSegments(c.spec)}
	case SessionKind:
		return &Session{core: c, seg: newSegments(c.spec)}
	case VersionedKind:
		return newVersioned(c)
	}
	return nil
}
