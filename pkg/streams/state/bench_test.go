package state

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// backends runs a benchmark in memory and in files.
func backends(b *testing.B, f func(b *testing.B, db *DB)) {
	b.Run("memory", func(b *testing.B) { f(b, OpenMemory(Options{})) })
	b.Run("files", func(b *testing.B) { f(b, openDB(b, b.TempDir(), Options{})) })
}

// words are keys as a word count has them: few are frequent.
func words(n, vocabulary int) [][]byte {
	r := rand.New(rand.NewPCG(1, 2))
	z := rand.NewZipf(r, 1.1, 10, uint64(vocabulary-1))
	keys := make([][]byte, n)
	for i := range keys {
		keys[i] = fmt.Appendf(nil, "word%d", z.Uint64())
	}
	return keys
}

// count adds one to a key, as an aggregation does.
func count(b *testing.B, s *KeyValue, key []byte) {
	old, _, err := s.Get(key)
	if err != nil {
		b.Fatal(err)
	}
	n := uint64(1)
	if old != nil {
		n += binary.BigEndian.Uint64(old)
	}
	s.Put(key, binary.BigEndian.AppendUint64(make([]byte, 0, 8), n), int64(n))
}

// BenchmarkCount is a read-modify-write a record, with a commit every 10 000.
func BenchmarkCount(b *testing.B) {
	for _, vocabulary := range []int{1000, 50_000, 1_000_000} {
		keys := words(1<<20, vocabulary)
		if vocabulary == 1_000_000 { // no key is frequent
			r := rand.New(rand.NewPCG(1, 2))
			for i := range keys {
				keys[i] = fmt.Appendf(nil, "word%d", r.IntN(vocabulary))
			}
		}
		b.Run(fmt.Sprint(vocabulary, " words"), func(b *testing.B) {
			backends(b, func(b *testing.B, db *DB) {
				s := addStore[*KeyValue](b, db, &Spec{Name: "s"})
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					count(b, s, keys[i&(1<<20-1)])
					if i%10_000 == 9999 {
						if err := db.Commit(Checkpoint{StreamTime: int64(i)}); err != nil {
							b.Fatal(err)
						}
					}
				}
			})
		})
	}
}

// BenchmarkHotGet reads a key of the overlay.
func BenchmarkHotGet(b *testing.B) {
	db := OpenMemory(Options{})
	s := addStore[*KeyValue](b, db, &Spec{Name: "s"})
	key := []byte("a key of some length")
	s.Put(key, []byte("value"), 1)
	b.ReportAllocs()
	for b.Loop() {
		if v, _, _ := s.Get(key); v == nil {
			b.Fatal("gone")
		}
	}
}

// BenchmarkCommitEach commits after each record, as the test driver does.
func BenchmarkCommitEach(b *testing.B) {
	backends(b, func(b *testing.B, db *DB) {
		s := addStore[*KeyValue](b, db, &Spec{Name: "s"})
		keys := words(1<<16, 50_000)
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			count(b, s, keys[i&(1<<16-1)])
			if err := db.Commit(Checkpoint{}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkRead reads 1 M keys at random, most of them not remembered.
func BenchmarkRead(b *testing.B) {
	backends(b, func(b *testing.B, db *DB) {
		s := addStore[*KeyValue](b, db, &Spec{Name: "s"})
		restoreMillion(b, db)
		key := make([]byte, 0, 32)
		r := rand.New(rand.NewPCG(1, 2))
		b.ReportAllocs()
		for b.Loop() {
			key = fmt.Appendf(key[:0], "key-%08d", r.IntN(1_000_000))
			if v, _, err := s.Get(key); v == nil || err != nil {
				b.Fatalf("%s: %v", key, err)
			}
		}
	})
}

// restoreMillion restores 1 M keys, in no order, in batches of 5000.
func restoreMillion(b *testing.B, db *DB) {
	b.Helper()
	const batch = 5000
	changes := make([]Change, batch)
	buf := make([]byte, 0, batch*32)
	for n := 0; n < 1_000_000; n += batch {
		buf = buf[:0]
		for i := range changes {
			at := len(buf)
			buf = fmt.Appendf(buf, "key-%08d", (n+i)*7919%1_000_000)
			end := len(buf)
			buf = binary.BigEndian.AppendUint64(buf, uint64(n+i))
			changes[i] = Change{Key: buf[at:end:end], Value: buf[end:len(buf):len(buf)], Timestamp: int64(n)}
		}
		if err := db.Restore("s", changes, Position{Offset: int64(n + batch)}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRestore restores 1 M keys; that of files flushes them too.
func BenchmarkRestore(b *testing.B) {
	backends(b, func(b *testing.B, db *DB) {
		addStore[*KeyValue](b, db, &Spec{Name: "s"})
		for b.Loop() {
			restoreMillion(b, db)
			if err := db.Flush(); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1e6, "ns/key")
	})
}

// BenchmarkWindowFetch is a join's lookup: 2000 keys, windows of the last minute.
func BenchmarkWindowFetch(b *testing.B) {
	backends(b, func(b *testing.B, db *DB) {
		s := addStore[*Window](b, db, &Spec{Name: "w", Kind: WindowKind, Retention: time.Minute, Duplicates: true})
		r := rand.New(rand.NewPCG(1, 2))
		value := make([]byte, 100)
		now := int64(0)
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			now += 2
			key := fmt.Appendf(nil, "key%d", r.IntN(2000))
			s.Put(key, now, value, now)
			if err := s.Fetch(key, now-10_000, now, false, func(int64, []byte, int64) bool { return true }); err != nil {
				b.Fatal(err)
			}
			if i%5000 == 4999 {
				if err := db.Commit(Checkpoint{}); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}
