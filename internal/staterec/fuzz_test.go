package staterec

import (
	"encoding/binary"
	"errors"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

func FuzzKey(f *testing.F) {
	for name, b := range goldens(f) {
		if strings.HasPrefix(name, "key/") {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		k, err := ParseKey(b)
		v, viewErr := ViewKey(b)
		if k != v || (err == nil) != (viewErr == nil) {
			t.Fatalf("parsed %+v, %v; viewed %+v, %v", k, err, v, viewErr)
		}
		if err != nil {
			return
		}
		if again, err := ParseKey(k.Append(nil)); err != nil || again != k {
			t.Fatalf("%+v, written and read again %+v, %v", k, again, err)
		}
	})
}

func FuzzTxnKey(f *testing.F) {
	f.Add(TxnKey{"my-txn"}.Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		k, err := ParseTxnKey(b)
		if err != nil {
			return
		}
		if again, err := ParseTxnKey(k.Append(nil)); err != nil || again != k {
			t.Fatalf("%+v, written and read again %+v, %v", k, again, err)
		}
	})
}

// FuzzValues reads the bytes as each value in turn: what is read can be
// written, and means the same again.
func FuzzValues(f *testing.F) {
	for _, w := range allValues() {
		f.Add(goldens(f)[w.name])
	}
	each := []any{
		OffsetValue{},
		GroupValue{},
		ConsumerGroupMetadata{},
		ConsumerGroupPartitionMetadata{},
		ConsumerGroupMemberMetadata{},
		ConsumerGroupTargetAssignmentMetadata{},
		ConsumerGroupTargetAssignmentMember{},
		ConsumerGroupCurrentMemberAssignment{},
		ConsumerGroupRegularExpression{},
		ShareGroupMetadata{},
		ShareGroupMemberMetadata{},
		ShareGroupCurrentMemberAssignment{},
		ShareGroupStatePartitionMetadata{},
		TxnValue{},
		ShareSnapshotValue{},
		ShareUpdateValue{},
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, kind := range each {
			v, err := parseAs(kind, b)
			if err != nil {
				continue
			}
			again, err := parseAs(kind, v.(interface{ Append([]byte) []byte }).Append(nil))
			if err != nil || !reflect.DeepEqual(again, afterWriting(v)) {
				t.Fatalf("%+v, written and read again %+v, %v", v, again, err)
			}
		}
		if v, err := ViewOffsetValue(b); err == nil {
			if p, err := ParseOffsetValue(b); err != nil || p != v {
				t.Fatalf("viewed %+v, parsed %+v, %v", v, p, err)
			}
		}
	})
}

func TestRefused(t *testing.T) {
	golden := goldens(t)
	for name, c := range map[string]struct {
		read func([]byte) error
		b    []byte
		want error
	}{
		"kind 9":            {keyError, []byte{0, 9, 0, 0}, ErrUnknownKind},
		"kind 24":           {keyError, []byte{0, 24, 0, 0}, ErrUnknownKind},
		"kind -1":           {keyError, []byte{255, 255, 0, 0}, ErrUnknownKind},
		"no kind":           {keyError, []byte{0}, ErrMalformed},
		"group cut":         {keyError, []byte{0, 2, 0, 5, 'g'}, ErrMalformed},
		"null group":        {keyError, []byte{0, 2, 255, 255}, ErrMalformed},
		"transactional key": {func(b []byte) error { _, err := ParseTxnKey(b); return err }, []byte{0, 1, 0, 0}, ErrUnknownVersion},
		"offset 5":          {offsetError, append([]byte{0, 5}, golden["offset/4"][2:]...), ErrUnknownVersion},
		"offset -1":         {offsetError, append([]byte{255, 255}, golden["offset/0"][2:]...), ErrUnknownVersion},
		"empty offset":      {offsetError, nil, ErrMalformed},
	} {
		if err := c.read(c.b); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	for _, w := range allValues() {
		b := golden[w.name]
		for n := range b {
			if _, err := parseAs(w.value, b[:n]); !errors.Is(err, ErrMalformed) {
				t.Errorf("%s cut to %d of %d bytes: %v", w.name, n, len(b), err)
			}
		}
		if got, err := parseAs(w.value, append(b[:len(b):len(b)], 1, 2, 3)); err != nil || !reflect.DeepEqual(got, w.value) {
			t.Errorf("%s with bytes behind it: %v", w.name, err)
		}
	}
}

func keyError(b []byte) error    { _, err := ParseKey(b); return err }
func offsetError(b []byte) error { _, err := ParseOffsetValue(b); return err }

// A tag that is not known is passed over.
func TestUnknownTag(t *testing.T) {
	b := append([]byte{}, goldens(t)["offset-plain/4"]...)
	b[len(b)-1] = 1 // one tagged field
	b = append(b, 99, 3, 'a', 'b', 'c')
	v, err := ParseOffsetValue(b)
	if err != nil || v.CommitMs != 1 {
		t.Fatalf("%+v, %v", v, err)
	}
}

// What is announced is not allocated.
func TestAllocationBounded(t *testing.T) {
	b := binary.BigEndian.AppendUint32([]byte{0, 3, 0, 0, 0, 0, 0, 1, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0}, 1<<27)
	b = append(b, make([]byte, 1000)...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 100 {
		if _, err := ParseGroupValue(b); !errors.Is(err, ErrMalformed) {
			t.Fatalf("%v", err)
		}
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
		t.Errorf("%d bytes allocated for 100 records of 1 KB", n)
	}
}

func BenchmarkLoadOffset(b *testing.B) {
	key := OffsetKey{"a-group-of-some-length", "a-topic", 7}.Append(nil)
	value := OffsetValue{Offset: 1 << 40, LeaderEpoch: 3, CommitMs: 1700000000123, ExpireMs: -1, TopicID: [16]byte{1}}.Append(nil)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ViewKey(key); err != nil {
			b.Fatal(err)
		}
		if _, err := ViewOffsetValue(value); err != nil {
			b.Fatal(err)
		}
	}
}
