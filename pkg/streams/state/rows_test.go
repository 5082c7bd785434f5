package state

import (
	"bytes"
	"reflect"
	"testing"
)

func TestInputsRow(t *testing.T) {
	c := Checkpoint{Inputs: map[string]map[int32]int64{"b": {0: 1, 2: 1 << 40}, "a": {7: 0}, "": {}}, StreamTime: -1}
	row := appendInputs(nil, &c)
	var got Checkpoint
	if err := decodeInputs(row, &got); err != nil || !reflect.DeepEqual(got, c) {
		t.Fatalf("%+v %v", got, err)
	}
	for n := range row {
		var cut Checkpoint
		if decodeInputs(row[:n], &cut) == nil && reflect.DeepEqual(cut, c) {
			t.Fatalf("%d of %d bytes say the same", n, len(row))
		}
	}
}

func FuzzRows(f *testing.F) {
	c := Checkpoint{Inputs: map[string]map[int32]int64{"in": {0: 1, 2: 3}}, StreamTime: 9}
	f.Add(appendInputs(nil, &c))
	f.Add((&Position{TopicID: [16]byte{1}, Offset: 2, Epoch: 3}).append(nil))
	f.Add((&progress{time: 1, seq: 2, expired: 3}).append(nil))
	f.Add((&tableRow{id: 1, kind: WindowKind, interval: 60_000}).append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		var c Checkpoint
		if decodeInputs(b, &c) == nil && !bytes.Equal(appendInputs(nil, &c), b) {
			t.Fatalf("inputs %x", b)
		}
		var p Position
		if p.decode(b) == nil && !bytes.Equal(p.append(nil), b) {
			t.Fatalf("position %x", b)
		}
		var g progress
		if g.decode(b) == nil && !bytes.Equal(g.append(nil), b) {
			t.Fatalf("progress %x", b)
		}
		var r tableRow
		if r.decode(b) == nil && !bytes.Equal(r.append(nil), b) {
			t.Fatalf("table %x", b)
		}
	})
}
