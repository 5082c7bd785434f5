package dsl

import (
	"bytes"
	"encoding/binary"
	"slices"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/topology"
)

// windowID is what a cache knows a window by.
func windowID(dst, key []byte, start, end int64) []byte {
	dst = binary.BigEndian.AppendUint64(append(dst, key...), uint64(start))
	return binary.BigEndian.AppendUint64(dst, uint64(end))
}

// hold makes a cache where the operator is to have one; write puts an entry
// into the store and tells the time to forward it with, read gets what the
// store has of it.
func (p *windowBase) hold(read func(e *cached) ([]byte, error), write func(e *cached) (ts int64)) {
	if !p.cached || p.emit.OnClose {
		return
	}
	p.held = holdBack(p.ctx, p.spec.Name, p.cacheBytes, func(e *cached) error {
		var old []byte
		if p.old || e.value == nil {
			var err error
			if old, err = read(e); err != nil || (e.value == nil && old == nil) {
				return err
			}
		}
		ts := write(e)
		return from(p.ctx, e.origin, func() error {
			return p.send(&e.r, e.windowed, e.latest, codec.Encoded(old, p.value), ts)
		})
	})
	if !p.held.keeps {
		p.held.keeps, p.held.byKey = true, map[string][]*cached{}
	}
}

// update stores an aggregate of a window and forwards it with the one that it replaces.
func (p *windowBase) update(store windowStore, r *topology.Record, key []byte, w codec.Windowed, value, old codec.Value, ts int64) error {
	raw, err := value.Bytes(p.value)
	if err != nil {
		return err
	}
	if p.held != nil {
		return p.later(r, key, w, 0, value, raw, ts)
	}
	p.putWindow(store, key, w.Start, raw, ts, r.Timestamp)
	return p.forward(r, w, value, old, ts)
}

// putWindow stores; Kafka's changelog gives a deletion the time of the record.
// A store that others write too may have forgotten that time: that is counted,
// but children hear of it, as in Kafka.
func (p *windowBase) putWindow(store windowStore, key []byte, start int64, raw []byte, ts, record int64) int64 {
	if raw == nil {
		ts = record
	}
	if !store.Put(key, start, raw, ts) {
		p.ctx.Drop("late")
	}
	return ts
}

// holdWindows is hold for a window store.
func (p *windowBase) holdWindows(store windowStore) {
	p.hold(func(e *cached) ([]byte, error) {
		b, _, err := store.Get(e.key, e.start)
		return b, err
	}, func(e *cached) int64 { return p.putWindow(store, e.key, e.start, e.value, e.ts, e.r.Timestamp) })
}

// later holds an update of a window back; end is 0 for windows of one size.
func (p *windowBase) later(r *topology.Record, key []byte, w codec.Windowed, end int64, value codec.Value, raw []byte, ts int64) error {
	p.id = windowID(p.id[:0], key, w.Start, end)
	return p.held.put(p.id, &cached{
		key: bytes.Clone(key), start: w.Start, end: end, value: raw, latest: value, ts: ts, windowed: w, r: *r, origin: *p.ctx.Origin(),
	})
}

// BeforeCommit writes what was held back.
func (p *windowBase) BeforeCommit() error {
	if p.held == nil {
		return nil
	}
	return p.held.flush()
}

// cachedWindow is the value held back for a window.
func (p *windowBase) cachedWindow(key []byte, start int64) *cached {
	if p.held == nil {
		return nil
	}
	p.id = windowID(p.id[:0], key, start, 0)
	return p.held.find(p.id)
}

// merge puts what is held back for a key over the windows found in the store, by start.
func (p *slidingWindows) merge(from, to int64, reverse bool) {
	if p.held == nil {
		return
	}
	for _, e := range p.held.byKey[string(p.key)] {
		if e.start < from || e.start > to {
			continue
		}
		p.found = slices.DeleteFunc(p.found, func(w slide) bool { return w.start == e.start })
		if e.value != nil {
			p.found = append(p.found, slide{e.start, codec.Encoded(e.value, p.value), e.ts})
		}
	}
	slices.SortFunc(p.found, func(a, b slide) int {
		if reverse {
			a, b = b, a
		}
		return int(min(max(a.start-b.start, -1), 1))
	})
}

// merge puts what is held back for a key over the sessions found in the store, by end and start.
func (p *sessions) merge(key []byte, earliestEnd, latestStart int64) {
	if p.held == nil {
		return
	}
	for _, e := range p.held.byKey[string(key)] {
		if e.end < earliestEnd || e.start > latestStart {
			continue
		}
		p.merged = slices.DeleteFunc(p.merged, func(s session) bool { return s.start == e.start && s.end == e.end })
		if e.value != nil {
			p.merged = append(p.merged, session{e.start, e.end, codec.Encoded(e.value, p.value)})
		}
	}
	slices.SortFunc(p.merged, func(a, b session) int {
		if a.end != b.end {
			return int(min(max(a.end-b.end, -1), 1))
		}
		return int(min(max(a.start-b.start, -1), 1))
	})
}
