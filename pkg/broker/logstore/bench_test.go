package logstore

import (
	"bytes"
	"testing"

	"kq/pkg/broker/vfs"
)

// benchLog is a log on the host's disk.
func benchLog(b *testing.B, o ...func(*Options)) (*Store, *Log) {
	dir := b.TempDir()
	s := openStore(b, vfs.OS(), append(o, func(o *Options) { o.Dir = dir })...)
	return s, openLog(b, s, Config{})
}

func BenchmarkAppend16K(b *testing.B) { benchAppend(b, 16) }
func BenchmarkAppend1K(b *testing.B)  { benchAppend(b, 1) }

func benchAppend(b *testing.B, n int) {
	_, l := benchLog(b)
	recs := records(n, 1000, 1000, idempotent(1, 0, 0))
	seq := int32(0)
	b.SetBytes(int64(len(recs)))
	b.ReportAllocs()
	for b.Loop() {
		setSequence(recs, seq)
		a, err := l.Append(recs, AppendOptions{LeaderEpoch: 1})
		if err != nil {
			b.Fatal(err)
		}
		seq += int32(n)
		l.SetHighWatermark(a.LastOffset + 1)
	}
}

func setSequence(b []byte, seq int32) {
	b[53], b[54], b[55], b[56] = byte(seq>>24), byte(seq>>16), byte(seq>>8), byte(seq)
}

// BenchmarkReadTail follows the end of a log, BenchmarkReadOld asks anywhere.
func BenchmarkReadTail(b *testing.B) { benchRead(b, true) }
func BenchmarkReadOld(b *testing.B)  { benchRead(b, false) }

func benchRead(b *testing.B, tail bool) {
	_, l := benchLog(b)
	recs := records(1, 1000, 1000)
	for range 20_000 {
		mustAppend(b, l, bytes.Clone(recs), AppendOptions{})
	}
	b.ReportAllocs()
	offset := int64(0)
	for b.Loop() {
		offset = (offset + 7919) % 20_000
		at := offset
		if tail {
			at = 19_990 + offset%10
		}
		f, err := l.Read(at, 1<<20, 20_000, true)
		if err != nil || f.Bytes == 0 {
			b.Fatal(err)
		}
		f.Release()
	}
}

// BenchmarkCommit appends from many goroutines and waits for the group commit.
func BenchmarkCommit(b *testing.B) {
	s, _ := benchLog(b, withSync(SyncCommit))
	synced := make(chan struct{}, 1)
	s.OnSynced(func(*Log) {
		select {
		case synced <- struct{}{}:
		default:
		}
	})
	l, err := s.Create(LogSpec{Topic: "commit"})
	if err != nil {
		b.Fatal(err)
	}
	recs := records(1, 1000, 1000)
	b.SetBytes(int64(len(recs)))
	for b.Loop() {
		a, err := l.Append(recs, AppendOptions{})
		if err != nil {
			b.Fatal(err)
		}
		for a.LastOffset-l.SyncedOffset() > 100 {
			<-synced
		}
	}
}

// BenchmarkRecover opens a gigabyte, divided by 8, that was not closed.
func BenchmarkRecover(b *testing.B) {
	dir := b.TempDir()
	with := func(o *Options) { o.Dir = dir }
	s := openStore(b, vfs.OS(), with)
	l := openLog(b, s, Config{})
	recs := records(16, 1000, 1000)
	for l.Size() < 128<<20 {
		mustAppend(b, l, recs, AppendOptions{})
	}
	if err := s.Close(false); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(128 << 20)
	for b.Loop() {
		s := openStore(b, vfs.OS(), with)
		openLog(b, s, Config{})
		if err := s.Close(false); err != nil {
			b.Fatal(err)
		}
	}
}
