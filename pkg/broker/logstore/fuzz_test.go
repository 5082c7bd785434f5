package logstore

import (
	"bytes"
	"testing"
	"time"

	"kq/pkg/broker/vfs"
)

func FuzzOffsetIndex(f *testing.F) {
	f.Add([]byte(offsetIndex(nil).add(3, 70).add(9, 5000)), int64(9000), int64(5))
	f.Fuzz(func(t *testing.T, p []byte, size, rel int64) {
		x, whole := parseOffsetIndex(p, size)
		if !bytes.HasPrefix(p, x) || whole && len(x) != len(p) {
			t.Fatal("not the leading entries")
		}
		if y, again := parseOffsetIndex(x, size); !again || len(y) != len(x) {
			t.Fatal("entries that were good are not good")
		}
		if pos := x.lookup(rel); pos < 0 || pos > 0 && pos >= size {
			t.Fatalf("position %d of %d", pos, size)
		}
		x.floor(rel)
		x.cutAt(rel, size)
	})
}

func FuzzTimeIndex(f *testing.F) {
	f.Add([]byte(timeIndex(nil).add(1000, 3).add(2000, 9)), int64(1500))
	f.Fuzz(func(t *testing.T, p []byte, ts int64) {
		x, whole := parseTimeIndex(p)
		if !bytes.HasPrefix(p, x) || whole && len(x) != len(p) {
			t.Fatal("not the leading entries")
		}
		x.lookup(ts)
		x.last(0)
		x.cutAt(ts)
	})
}

func FuzzTxnIndex(f *testing.F) {
	f.Add(AbortedTxn{1, 2, 3, 4}.encode(nil), int64(0))
	f.Fuzz(func(t *testing.T, p []byte, base int64) {
		txns, _ := parseTxnIndex(p, base)
		var q []byte
		for _, x := range txns {
			q = x.encode(q)
		}
		if !bytes.HasPrefix(p, q) {
			t.Fatal("decode and encode differ")
		}
	})
}

func FuzzEpochFile(f *testing.F) {
	f.Add([]byte("0\n2\n0 0\n3 17\n"))
	f.Add([]byte("0\n0\n"))
	f.Fuzz(func(t *testing.T, p []byte) {
		e, err := parseEpochs(p)
		if err != nil {
			return
		}
		again, err := parseEpochs(e.encode())
		if err != nil || len(again) != len(e) {
			t.Fatalf("%v, %v", again, err)
		}
	})
}

func FuzzOffsetsFile(f *testing.F) {
	f.Add([]byte("0\n2\na 0 5\nb.c-d 12 9223372036854775807\n"))
	f.Fuzz(func(t *testing.T, p []byte) {
		o, err := parseOffsets(p)
		if err != nil {
			return
		}
		again, err := parseOffsets(o.encode())
		if err != nil || len(again) != len(o) {
			t.Fatalf("%v, %v", again, err)
		}
	})
}

func FuzzMetaProperties(f *testing.F) {
	f.Add([]byte("#\n#Mon Nov 02 17:38:13 UTC 2026\nnode.id=1\nversion=1\ncluster.id=a\\=b\n"))
	f.Fuzz(func(t *testing.T, p []byte) {
		m, err := parseMetaProperties(p)
		if err != nil {
			return
		}
		if again, err := parseMetaProperties(m.encode(time.Unix(0, 0))); err != nil || again != m {
			t.Fatalf("%+v, then %+v, %v", m, again, err)
		}
	})
}

func FuzzSnapshot(f *testing.F) {
	e := newProducerEntry(9)
	e.push(batchMeta{lastSeq: 3, delta: 3, lastOffset: 10, timestamp: 5})
	e.push(batchMeta{lastSeq: 4, lastOffset: 11, timestamp: 6})
	e.lastTimestamp = 6
	f.Add(encodeSnapshot([]producerEntry{e}))
	f.Fuzz(func(t *testing.T, p []byte) {
		entries, err := parseSnapshot(p)
		if err != nil {
			return
		}
		if _, err := parseSnapshot(encodeSnapshot(entries)); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzPartitionMetadata(f *testing.F) {
	f.Add([]byte("version: 0\ntopic_id: AQAAAAAAAAAAAAAAAAAAAA"))
	f.Fuzz(func(t *testing.T, p []byte) {
		id, err := parsePartitionMetadata(p)
		if err != nil {
			return
		}
		if again, err := parsePartitionMetadata(encodePartitionMetadata(id)); err != nil || again != id {
			t.Fatalf("%x, %v", again, err)
		}
	})
}

// FuzzRecovery opens a log of any bytes: it must come up, with what is whole.
func FuzzRecovery(f *testing.F) {
	good := append(append([]byte(nil), records(2, 30, 5)...), records(1, 10, 6)...)
	f.Add(good)
	f.Add(good[:len(good)-3])
	f.Add(append(bytes.Clone(good), make([]byte, 100)...))
	f.Fuzz(func(t *testing.T, p []byte) {
		fsys := vfs.NewMem(0)
		if err := fsys.MkdirAll("/data/t-0", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := writeWhole(fsys, "/data/t-0/00000000000000000000.log", p); err != nil {
			t.Fatal(err)
		}
		l := openLog(t, openStore(t, fsys), Config{})
		if _, err := tryReadAll(l, l.StartOffset()); err != nil && l.Size() > 0 {
			if _, _, err := parseHead(p); err != nil {
				t.Fatal(err) // old message sets are served, and are no batches
			}
		}
		mustAppend(t, l, records(1, 1, 1), AppendOptions{})
	})
}
