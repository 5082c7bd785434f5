package transfer

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"
)

// sample is a batch as the builder makes it.
func sample(t testing.TB, codec int8) batch {
	t.Helper()
	b := &builder{codec: codec}
	for i, text := range []string{"", "a", strings.Repeat("long ", 100)} {
		rest := binary.AppendVarint(nil, -1)
		rest = append(binary.AppendVarint(rest, int64(len(text))), text...)
		b.add(int64(1000-i), append(rest, 0))
	}
	done, err := b.finish(newCodecs())
	if err != nil {
		t.Fatal(err)
	}
	done.stamp(producerState{id: 7, epoch: 3, transactional: true}, 41)
	return done
}

// TestBuiltBatches: what is built is read back, and has the header it should.
func TestBuiltBatches(t *testing.T) {
	c := newCodecs()
	for codec := range int8(5) {
		b, after, err := nextBatch(append(sample(t, codec), 1, 2, 3))
		if err != nil || len(after) != 3 {
			t.Fatalf("codec %d: %v, %d bytes behind it", codec, err, len(after))
		}
		if !b.checksum() || !b.dense() || b.codec() != codec || !b.is(transactional) || b.is(control) || b.producer() != 7 || b.baseTime() != 1000 || b.maxTime() != 1000 || b.count() != 3 {
			t.Errorf("codec %d: header %x", codec, b[:recordsAt])
		}
		records, err := c.records(b)
		if err != nil {
			t.Fatal(err)
		}
		again := &builder{codec: codec}
		for range b.count() {
			var r record
			if r, records, err = nextRecord(records); err != nil || r.key != nil {
				t.Fatalf("codec %d: %v, key %q", codec, err, r.key)
			}
			again.add(b.baseTime()+r.timeDelta, r.rest)
		}
		done, err := again.finish(c)
		if err != nil {
			t.Fatal(err)
		}
		done.stamp(producerState{id: 7, epoch: 3, transactional: true}, 41)
		if !bytes.Equal(done, b) {
			t.Errorf("codec %d: it does not come back the same", codec)
		}
	}
}

// TestSequenceWraps: behind the highest sequence comes 0.
func TestSequenceWraps(t *testing.T) {
	if got := nextSequence(1<<31-3, 5); got != 2 {
		t.Errorf("5 records from 2^31-3 end before %d, want 2", got)
	}
}

// FuzzBatches: whatever a broker sends ends, allocates nothing it claims, and a
// batch that is read and built again has the same records.
func FuzzBatches(f *testing.F) {
	for codec := range int8(5) {
		f.Add([]byte(sample(f, codec)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c := newCodecs()
		for {
			b, after, err := nextBatch(data)
			if err != nil || b == nil {
				return
			}
			data = after
			if b.codec() != 0 {
				continue
			}
			records, again := []byte(b[recordsAt:]), &builder{}
			var rests [][]byte
			for range b.count() {
				r, left, err := nextRecord(records)
				if err != nil {
					break
				}
				records, rests = left, append(rests, r.rest)
				again.add(b.baseTime()+r.timeDelta, r.rest)
			}
			if again.n == 0 {
				continue
			}
			done, err := again.finish(c)
			if err != nil {
				t.Fatal(err)
			}
			records = done[recordsAt:]
			for i, want := range rests {
				r, left, err := nextRecord(records)
				if err != nil || !bytes.Equal(r.rest, want) || r.offsetDelta != int64(i) {
					t.Fatalf("record %d: %v", i, err)
				}
				records = left
			}
		}
	})
}

// FuzzDecodePosition: what is read of a position is written the same.
func FuzzDecodePosition(f *testing.F) {
	f.Add([]byte(`{"cluster":"c","topicId":"t","partition":1,"destination":"d"}`), []byte(`{"offset":5,"topic":"s","destinationId":"i"}`))
	f.Fuzz(func(t *testing.T, key, value []byte) {
		k, v, err := decodePosition(key, value)
		if err != nil {
			return
		}
		b := &builder{}
		if err := appendPosition(b, k, v); err != nil {
			t.Fatal(err)
		}
		r, _, err := nextRecord(b.buf[recordsAt:])
		if err != nil {
			t.Fatal(err)
		}
		_, body, err := nextBytes(r.rest)
		if err != nil {
			t.Fatal(err)
		}
		stored, _, err := nextBytes(body)
		if err != nil {
			t.Fatal(err)
		}
		if k2, v2, err := decodePosition(r.key, stored); err != nil || k2 != k || v2 != v {
			t.Fatalf("%+v %+v came back as %+v %+v, %v", k, v, k2, v2, err)
		}
	})
}
