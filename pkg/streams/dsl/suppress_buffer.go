package dsl

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"kq/pkg/streams/state"
	"kq/pkg/streams/topology"
)

var errHeld = errors.New("not an entry of a suppress buffer")

// held is an update that waits in a suppress buffer.
type held struct {
	ts                int64 // of the update
	origin            topology.Origin
	headers           []topology.Header
	prior, old, fresh []byte // before the first update held back, before this one, this one; nil is null
	time              int64  // by which it waits
}

// sameAsPrior is the length of an old value that equals the prior one.
const sameAsPrior = -2

// append writes Kafka's BufferValue, version 3 of the changelog: the record's
// context, the prior, the old and the new value, the buffer time.
func (h *held) append(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint64(dst, uint64(h.ts))
	dst = binary.BigEndian.AppendUint64(dst, uint64(h.origin.Offset))
	dst = appendSized(dst, []byte(h.origin.Topic))
	dst = binary.BigEndian.AppendUint32(dst, uint32(h.origin.Partition))
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(h.headers)))
	for _, header := range h.headers {
		dst = appendNullable(appendSized(dst, []byte(header.Key)), header.Value)
	}
	dst = appendNullable(dst, h.prior)
	if h.old != nil && h.repeats() {
		dst = appendLength(dst, sameAsPrior)
	} else {
		dst = appendNullable(dst, h.old)
	}
	return binary.BigEndian.AppendUint64(appendNullable(dst, h.fresh), uint64(h.time))
}

// repeats says that the old value is the prior one.
func (h *held) repeats() bool { return h.prior != nil && bytes.Equal(h.prior, h.old) }

func appendNullable(dst, b []byte) []byte {
	if b == nil {
		return appendLength(dst, noBytes)
	}
	return appendSized(dst, b)
}

// decodeHeld reads what append wrote. The result aliases b.
func decodeHeld(b []byte) (*held, error) {
	d := bufferReader{b: b}
	h := &held{ts: d.long()}
	h.origin.Offset = d.long()
	h.origin.Topic = string(d.sized())
	h.origin.Partition = d.int()
	for n := d.int(); n > 0 && !d.bad; n-- {
		header := topology.Header{Key: string(d.sized())}
		header.Value = d.sized()
		h.headers = append(h.headers, header)
	}
	h.prior = d.sized()
	if n := d.int(); n == sameAsPrior {
		h.old = h.prior
	} else if n >= 0 {
		h.old = d.take(int(n))
	}
	h.fresh = d.sized()
	h.time = d.long()
	if d.bad || len(d.b) > 0 {
		return nil, fmt.Errorf("%w: value %x", errHeld, b)
	}
	return h, nil
}

// size is what the entry counts for in the bytes of a buffer (BufferValue's estimate).
func (h *held) size(key []byte) int64 {
	n := 8 + len(key) + 8 + 8 + len(h.origin.Topic) + 4 + len(h.prior) + len(h.fresh)
	if !h.repeats() {
		n += len(h.old)
	}
	for _, header := range h.headers {
		n += len(header.Key) + len(header.Value)
	}
	return int64(n)
}

// waiting is a suppress buffer in a store: entries by time and key, and the
// time of each key beside them.
type waiting struct {
	store          rawStore
	records, bytes int64
	first          int64 // the lowest time, the largest number when empty
	scratch        []byte
}

const (
	entryTag = 'e' // time, key: what append wrote
	indexTag = 'i' // key: time
)

func entryKey(dst []byte, time int64, key []byte) []byte {
	// The sign is turned, so that bytes sort as numbers do.
	dst = binary.BigEndian.AppendUint64(append(dst, entryTag), uint64(time)^1<<63)
	return append(dst, key...)
}

func indexKey(dst, key []byte) []byte { return append(append(dst, indexTag), key...) }

// measure counts what is in the store.
func (w *waiting) measure() error {
	w.records, w.bytes, w.first = 0, 0, math.MaxInt64
	var failed error
	err := w.store.Range([]byte{entryTag}, []byte{entryTag + 1}, false, func(key, value []byte) bool {
		var h *held
		if h, failed = decodeHeld(value); failed != nil {
			return false
		}
		w.records++
		w.bytes += h.size(key[9:])
		w.first = min(w.first, h.time)
		return true
	})
	return errors.Join(err, failed)
}

// find is the entry of a key, nil where there is none.
func (w *waiting) find(key []byte) (time int64, h *held, err error) {
	w.scratch = indexKey(w.scratch[:0], key)
	b, err := w.store.Get(w.scratch)
	if err != nil || len(b) != 8 {
		return 0, nil, err
	}
	time = int64(binary.BigEndian.Uint64(b))
	w.scratch = entryKey(w.scratch[:0], time, key)
	if b, err = w.store.Get(w.scratch); err != nil || b == nil {
		return 0, nil, err
	}
	h, err = decodeHeld(b)
	return time, h, err
}

// put holds an update; an entry of the key that waits already keeps its place.
func (w *waiting) put(key []byte, h *held) error {
	time, before, err := w.find(key)
	if err != nil {
		return err
	}
	h.prior = h.old
	if before != nil {
		h.prior, h.time = before.prior, time
		w.bytes -= before.size(key)
		w.records--
	}
	w.set(key, h)
	w.bytes += h.size(key)
	w.records++
	w.first = min(w.first, h.time)
	return nil
}

func (w *waiting) set(key []byte, h *held) {
	w.store.Put(entryKey(nil, h.time, key), h.append(nil))
	w.store.Put(indexKey(nil, key), binary.BigEndian.AppendUint64(nil, uint64(h.time)))
}

// oldest is the entry with the lowest time, and of those the lowest key; nil where there is none.
func (w *waiting) oldest() (key []byte, h *held, err error) {
	scan := w.store.Range([]byte{entryTag}, []byte{entryTag + 1}, false, func(k, v []byte) bool {
		key = bytes.Clone(k[9:])
		h, err = decodeHeld(v)
		return false
	})
	if scan != nil {
		return nil, nil, scan
	}
	return key, h, err
}

// remove takes the oldest entry out.
func (w *waiting) remove(key []byte, h *held) error {
	w.delete(key, h.time)
	w.bytes -= h.size(key)
	w.records--
	_, next, err := w.oldest()
	w.first = math.MaxInt64
	if next != nil {
		w.first = next.time
	}
	return err
}

func (w *waiting) delete(key []byte, time int64) {
	w.store.Delete(entryKey(nil, time, key))
	w.store.Delete(indexKey(nil, key))
}

// log sends the changelog record of a key: its entry, or a tombstone where it has none.
func (w *waiting) log(key []byte) error {
	_, h, err := w.find(key)
	if err != nil {
		return err
	}
	if h == nil {
		w.store.Log(key, nil, -1, nil)
		return nil
	}
	w.store.Log(key, h.append(nil), -1, []state.Header{{Key: "v", Value: []byte{3}}})
	return nil
}

// restoreSuppressed applies a record of the changelog. Versions before 3 were
// written by Kafka Streams up to 2.5.0 and are refused.
func restoreSuppressed(s *state.Raw, c *state.Change) error {
	w := waiting{store: s}
	time, before, err := w.find(c.Key)
	if err != nil {
		return err
	}
	if c.Value == nil {
		if before != nil {
			w.delete(c.Key, time)
		}
		return nil
	}
	version := []byte(nil)
	for _, h := range c.Headers {
		if h.Key == "v" {
			version = h.Value
		}
	}
	if !bytes.Equal(version, []byte{3}) {
		return fmt.Errorf("%w: version %x of the changelog", errHeld, version)
	}
	h, err := decodeHeld(c.Value)
	if err != nil {
		return err
	}
	if before != nil {
		h.time = time
	}
	w.set(c.Key, h)
	return nil
}
