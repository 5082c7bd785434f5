package logstore

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"kq/pkg/broker/batch"
	"kq/pkg/broker/vfs"
)

// TestReadWhileCleaning reads, appends, deletes and cleans at the same time. A
// reader sees each key's values go up, misses no value that is the last, and
// holds on to what it was given.
func TestReadWhileCleaning(t *testing.T) {
	const keys, rounds = 20, 20
	s := openStore(t, vfs.OS(), func(o *Options) { o.Dir = t.TempDir() })
	l := openLog(t, s, Config{Compact: true, SegmentBytes: 4000})
	var done atomic.Bool
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for !done.Load() {
				if err := readTable(l, keys); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	next := 0
	for round := range rounds {
		for range 40 {
			mustAppend(t, l, pairs(1, fmt.Sprintf("k%d", next%keys), strconv.Itoa(next)), AppendOptions{})
			next++
		}
		l.SetHighWatermark(l.EndOffset())
		if _, _, err := tryClean(l, CleanerOptions{}); err != nil {
			t.Fatal(err)
		}
		if round%10 == 9 {
			if err := l.AdvanceStart(l.EndOffset() - 300); err != nil {
				t.Fatal(err)
			}
			s.Retain()
		}
	}
	done.Store(true)
	wg.Wait()
	if n := len(readAll(t, l, l.StartOffset())); n > 400 {
		t.Errorf("%d batches are left", n)
	}
}

// readTable reads a log once and checks what it finds.
func readTable(l *Log, keys int) error {
	start, end := l.StartOffset(), l.EndOffset()
	at, last := start, map[string]int{}
	for at < end {
		f, err := l.Read(at, 10_000, end, true)
		if errors.Is(err, ErrOffsetOutOfRange) {
			return nil // records were deleted
		}
		if err != nil {
			return err
		}
		p, err := fetchedBytes(f)
		if err != nil {
			return err
		}
		for len(p) > 0 {
			b, rest, err := batch.Split(p)
			if err == nil {
				err = b.VerifyCRC()
			}
			if err != nil {
				return err
			}
			if b.LastOffset() < at {
				return fmt.Errorf("a batch of offsets %d to %d at %d", b.BaseOffset(), b.LastOffset(), at)
			}
			for r, err := range b.Records(nil) {
				if err != nil {
					return err
				}
				n, err := strconv.Atoi(string(r.Value))
				if have, known := last[string(r.Key)]; err != nil || known && n <= have {
					return fmt.Errorf("value %q of %s follows %d", r.Value, r.Key, have)
				}
				last[string(r.Key)] = n
			}
			at, p = b.LastOffset()+1, rest
		}
	}
	// The last value of a key is its offset: each record is a batch.
	for k := range min(keys, int(end)) {
		want := int(end) - 1 - (int(end)-1-k)%keys
		superseded := l.EndOffset() > int64(want+keys) // meanwhile, and cleaned perhaps
		if n, known := last[fmt.Sprintf("k%d", k)]; want >= int(start) && !superseded && (!known || n < want) {
			return fmt.Errorf("the last value of k%d below %d is %d, not %d", k, end, n, want)
		}
	}
	return nil
}

func TestKeyMap(t *testing.T) {
	m, err := newKeyMap(minKeySlots*keySlot, 0.9, 1<<40)
	if err != nil {
		t.Fatal(err)
	}
	defer m.close()
	const limit = minKeySlots * 9 / 10
	key := func(i int) []byte { return fmt.Appendf(nil, "%d", i) }
	for i := range limit - 1 {
		if !m.put(m.hash(key(i)), int64(i)) || !m.put(m.hash(key(i)), int64(1000+i)) {
			t.Fatalf("full at %d", i)
		}
	}
	for i := range limit - 1 {
		if got := m.get(m.hash(key(i))); got != int64(1000+i) {
			t.Fatalf("key %d has offset %d", i, got)
		}
	}
	if got := m.get(m.hash(key(limit))); got != noOffset {
		t.Errorf("an unknown key has offset %d", got)
	}
	if !m.put(m.hash(nil), 0) || m.put(m.hash(key(0)), 1) || m.get(m.hash(nil)) != 0 || m.last != 0 {
		t.Error("the last entry, or one too many")
	}
	small, err := newKeyMap(1<<30, 0.9, 9000)
	if err != nil {
		t.Fatal(err)
	}
	defer small.close()
	if n := len(small.mem); n > 10_010*keySlot || small.limit < 9000 {
		t.Errorf("a map for 9000 keys has %d bytes and takes %d", n, small.limit)
	}
}

// TestSipHash has the reference vectors of SipHash-2-4 with 128 bits: the key
// is 00 to 0f, the message as many bytes from 00 on.
func TestSipHash(t *testing.T) {
	var in []byte
	for n, want := range map[int]string{
		0: "a3817f04ba25a8e66df67214c7550293", 1: "da87c1d86b99af44347659119b22fc45",
		8: "3b62a9ba6258f5610f83e264f31497b4", 15: "5493e99933b0a8117e08ec0f97cfc3d9",
	} {
		in = in[:0]
		for i := range n {
			in = append(in, byte(i))
		}
		h0, h1 := sipHash128(0x0706050403020100, 0x0f0e0d0c0b0a0908, in)
		var got []byte
		for _, h := range []uint64{h0, h1} {
			for i := range 8 {
				got = append(got, byte(h>>(8*i)))
			}
		}
		if hex.EncodeToString(got) != want {
			t.Errorf("of %d bytes: %x, want %s", n, got, want)
		}
	}
}
