package task

import (
	"maps"
	"testing"
)

func TestMetadataOfPositions(t *testing.T) {
	// AgAAAAAAAAPo was committed by Kafka Streams 4.3.1 at the time 1000.
	p := Position{Time: 1000}
	if got := p.Metadata(); got != "AgAAAAAAAAPo" {
		t.Errorf("metadata %s", got)
	}
	p.Progress = map[string]int64{"b": 7, "a": 1 << 40}
	var q Position
	q.SetMetadata(p.Metadata())
	if q.Time != 1000 || !maps.Equal(q.Progress, p.Progress) {
		t.Errorf("read %+v", q)
	}
	q.SetMetadata("AQAAAAAAAAPo")
	if q.Time != 1000 || q.Progress != nil {
		t.Errorf("version 1: %+v", q)
	}
	for _, bad := range []string{"", "!", "AgAA", "CQAAAAAAAAPo"} {
		if q.SetMetadata(bad); q.Time != -1 {
			t.Errorf("%q: %+v", bad, q)
		}
	}
}

func FuzzMetadata(f *testing.F) {
	f.Add((&Position{Time: 5, Progress: map[string]int64{"x": 1}}).Metadata())
	f.Fuzz(func(t *testing.T, s string) {
		var p, q Position
		p.SetMetadata(s)
		q.SetMetadata(p.Metadata())
		if p.Time != q.Time || !maps.Equal(p.Progress, q.Progress) {
			t.Errorf("%+v became %+v", p, q)
		}
	})
}
