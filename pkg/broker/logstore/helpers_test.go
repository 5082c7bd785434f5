package logstore

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"kq/pkg/broker/batch"
	"kq/pkg/broker/vfs"
)

var testTP = TopicPartition{"t", 0}

// testClock is a clock that only moves when told to.
type testClock struct {
	mu sync.Mutex
	ms int64
}

func newClock() *testClock { return &testClock{ms: 1_700_000_000_000} }

func (c *testClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.UnixMilli(c.ms)
}

func (c *testClock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ms += d.Milliseconds()
}

// openStore opens a store whose background work only runs when asked.
func openStore(t testing.TB, fsys vfs.FS, edit ...func(*Options)) *Store {
	t.Helper()
	o := Options{
		FS: fsys, Dir: "/data", SyncInterval: time.Hour, RetentionInterval: time.Hour, CheckpointInterval: time.Hour,
		RecoveryThreads: 2,
	}
	for _, f := range edit {
		f(&o)
	}
	s, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(false) })
	return s
}

func withSync(m SyncMode) func(*Options) { return func(o *Options) { o.Sync = m } }

func withClock(c *testClock) func(*Options) { return func(o *Options) { o.Now = c.now } }

func openLog(t testing.TB, s *Store, c Config) *Log {
	t.Helper()
	l := loadLog(t, s, c)
	if err := l.Err(); err != nil {
		t.Fatal(err)
	}
	return l
}

func loadLog(t testing.TB, s *Store, c Config) *Log {
	t.Helper()
	logs, err := s.Load(context.Background(), []LogSpec{{Topic: testTP.Topic, Partition: testTP.Partition, TopicID: [16]byte{1}, Config: c}})
	if err != nil {
		t.Fatal(err)
	}
	return logs[testTP]
}

// records makes a batch of n records of about size bytes, all at one time.
func records(n, size int, ts int64, edit ...func(*batch.BuilderOptions)) batch.Batch {
	var o batch.BuilderOptions
	for _, f := range edit {
		f(&o)
	}
	b := batch.NewBuilder(o)
	for i := range n {
		b.Add(ts, fmt.Appendf(nil, "key-%d", i), bytes.Repeat([]byte{'x'}, size), nil)
	}
	return b.Build()
}

func idempotent(id int64, epoch int16, seq int32) func(*batch.BuilderOptions) {
	return func(o *batch.BuilderOptions) {
		o.Idempotent, o.ProducerID, o.ProducerEpoch, o.BaseSequence = true, id, epoch, seq
	}
}

func transactional(o *batch.BuilderOptions) { o.Transactional = true }

func mustAppend(t testing.TB, l *Log, recs []byte, o AppendOptions) Appended {
	t.Helper()
	a, err := l.Append(recs, o)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// readAll gives the bytes and the batches from offset on.
func readAll(t testing.TB, l *Log, offset int64) []batch.Batch {
	t.Helper()
	out, err := tryReadAll(l, offset)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func tryReadAll(l *Log, offset int64) (out []batch.Batch, err error) {
	for end := l.EndOffset(); offset < end; {
		f, err := l.Read(offset, 1<<20, end, true)
		if err != nil {
			return out, err
		}
		p, err := fetchedBytes(f)
		if err != nil {
			return out, err
		}
		if len(p) == 0 {
			return out, fmt.Errorf("nothing at offset %d of %d", offset, end)
		}
		for len(p) > 0 {
			b, rest, err := batch.Split(p)
			if err != nil {
				return out, err
			}
			if err := b.VerifyCRC(); err != nil {
				return out, err
			}
			out = append(out, b)
			offset = b.LastOffset() + 1
			p = rest
		}
	}
	return out, nil
}

// fetchedBytes reads and releases all regions.
func fetchedBytes(f Fetched) ([]byte, error) {
	defer f.Release()
	out := make([]byte, 0, f.Bytes)
	for i := range f.Regions {
		r := &f.Regions[i]
		p := make([]byte, r.Len())
		if _, err := io.ReadFull(io.NewSectionReader(r, 0, int64(len(p))), p); err != nil {
			return nil, err
		}
		out = append(out, p...)
	}
	return out, nil
}

// stamped makes a batch of three records at ts, ts+7 and ts+14, in some codec.
func stamped(i int, ts int64) batch.Batch {
	b := batch.NewBuilder(batch.BuilderOptions{Codec: batch.Codec(i % 5)})
	for j := range int64(3) {
		b.Add(ts+7*j, nil, fmt.Appendf(nil, "%100d", i), nil)
	}
	return b.Build()
}
