package consume_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/consume"
)

// plainLog is a log without holes, of small batches.
func plainLog(start, end int64) *fakeLog {
	l := &fakeLog{start: start, end: end, stable: end}
	for o := start; o < end; o += 2 {
		if o+1 < end {
			l.batches = append(l.batches, batch(o, o+1, o, o+1))
		} else {
			l.batches = append(l.batches, batch(o, o, o))
		}
	}
	return l
}

// holes is a log of which compaction left 0, 5, 9, 40 and 41 of 50.
func holes() *fakeLog {
	return &fakeLog{end: 50, stable: 50, batches: []fakeBatch{batch(0, 4, 0), batch(5, 9, 5, 9), batch(40, 45, 40, 41)}}
}

// markers is a log in which every record is followed by a control record.
func markers() *fakeLog {
	l := &fakeLog{}
	for o := int64(0); o < 20; o += 2 {
		l.batches = append(l.batches, specialBatch(o, o, transactional, 9, o), specialBatch(o+1, o+1, control|transactional, 9, o+1))
	}
	l.end, l.stable = 20, 20
	return l
}

func at(ms int64) consume.Offset { return consume.AtTime(time.UnixMilli(ms)) }

func TestRange(t *testing.T) {
	tests := []struct {
		name string
		log  *fakeLog
		opts consume.Options
		want []int64
	}{
		{"the last of a plain log", plainLog(0, 9), consume.Options{From: consume.Last(3)}, []int64{6, 7, 8}},
		{"more than there are", plainLog(4, 7), consume.Options{From: consume.Last(99)}, []int64{4, 5, 6}},
		{"the last but for holes", holes(), consume.Options{From: consume.Last(3)}, []int64{9, 40, 41}},
		{"the last but for holes, four", holes(), consume.Options{From: consume.Last(4)}, []int64{5, 9, 40, 41}},
		{"the last of all holes", holes(), consume.Options{From: consume.Last(6)}, []int64{0, 5, 9, 40, 41}},
		{"the last but for markers", markers(), consume.Options{From: consume.Last(3)}, []int64{14, 16, 18}},
		{"the last of an empty log", plainLog(7, 7), consume.Options{From: consume.Last(3)}, nil},
		{"the last before an offset", plainLog(0, 9), consume.Options{From: consume.Last(2), To: consume.At(5)}, []int64{3, 4}},
		{"from a time", plainLog(0, 6), consume.Options{From: at(35)}, []int64{4, 5}},
		{"from the time of a record", plainLog(0, 6), consume.Options{From: at(40)}, []int64{4, 5}},
		{"from after the last record", plainLog(0, 6), consume.Options{From: at(51)}, nil},
		{"to an offset", plainLog(0, 6), consume.Options{To: consume.At(3)}, []int64{0, 1, 2}},
		{"to an offset beyond the end", plainLog(0, 6), consume.Options{To: consume.At(99)}, []int64{0, 1, 2, 3, 4, 5}},
		{"to an offset below the start", plainLog(4, 6), consume.Options{To: consume.At(3)}, nil},
		{"to the end", plainLog(0, 3), consume.Options{To: consume.End()}, []int64{0, 1, 2}},
		{"to a time", plainLog(0, 6), consume.Options{To: at(30)}, []int64{0, 1, 2}},
		{"to a time to come", plainLog(0, 3), consume.Options{To: at(99)}, []int64{0, 1, 2}},
		{"from a time to a time", plainLog(0, 6), consume.Options{From: at(10), To: at(25)}, []int64{1, 2}},
		{"to an offset in a hole", holes(), consume.Options{To: consume.At(30)}, []int64{0, 5, 9}},
		{"followed to an offset", plainLog(0, 6), consume.Options{Follow: true, To: consume.At(3)}, []int64{0, 1, 2}},
		{"followed to the end", plainLog(0, 3), consume.Options{Follow: true, To: consume.End()}, []int64{0, 1, 2}},
		{"followed to a time", plainLog(0, 6), consume.Options{Follow: true, To: at(30)}, []int64{0, 1, 2}},
		{"followed to a time that is over", plainLog(0, 3), consume.Options{Follow: true, To: at(99)}, []int64{0, 1, 2}},
		{"a tail", plainLog(0, 9), consume.Options{Tail: 2}, []int64{7, 8}},
		{"a tail with holes", holes(), consume.Options{Tail: 4}, []int64{5, 9, 40, 41}},
		{"a tail with markers", markers(), consume.Options{Tail: 2}, []int64{16, 18}},
		{"a tail of an empty log", plainLog(3, 3), consume.Options{Tail: 2}, nil},
		{"a tail before a time", plainLog(0, 9), consume.Options{Tail: 2, To: at(50)}, []int64{3, 4}},
		{"so many of a tail", plainLog(0, 9), consume.Options{Tail: 3, Count: 1}, []int64{6}},
		{"a tail, followed to an offset", plainLog(0, 9), consume.Options{Tail: 3, Follow: true, To: consume.At(8)}, []int64{5, 6, 7}},
		{"a silence", plainLog(0, 2), consume.Options{Follow: true, Idle: 150 * time.Millisecond}, []int64{0, 1}},
		{"a silence after a tail", plainLog(0, 4), consume.Options{Tail: 1, Follow: true, Idle: 150 * time.Millisecond}, []int64{3}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := startFake(t, map[string][]*fakeLog{"t": {tt.log}})
			for _, only := range []bool{false, true} {
				f.refuseSweeps(only)
				got, err := read(t, f, tt.opts)
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(got, tt.want) {
					t.Errorf("got %v, want %v; without a sweep: %v", got, tt.want, only)
				}
			}
		})
	}
}

// names is a Sink that remembers which records came, in their order.
type names struct {
	got []string
	on  func(n int)
}

func (n *names) Record(r *kgo.Record) error {
	n.got = append(n.got, fmt.Sprintf("%s/%d@%s", r.Topic, r.Partition, r.Value))
	if n.on != nil {
		n.on(len(n.got))
	}
	return nil
}
func (n *names) Flush() error { return nil }

func TestTailMergesAllPartitions(t *testing.T) {
	f := startFake(t, map[string][]*fakeLog{
		"a": {plainLog(0, 5), plainLog(0, 3)},
		"b": {plainLog(0, 0), holes()},
	})
	o := consume.Options{Topics: []string{"b", "a"}, Tail: 6}
	sink := &names{}
	r, err := consume.Run(t.Context(), newClient(t, f.addr, o.ClientOptions()...), o, sink)
	want := []string{"a/0@3", "a/0@4", "b/1@5", "b/1@9", "b/1@40", "b/1@41"}
	if err != nil || r.Records != 6 || !slices.Equal(sink.got, want) {
		t.Errorf("got %v, %v; want %v", sink.got, err, want)
	}
	o.Tail, sink.got = 3, nil
	o.To = consume.At(3)
	_, err = consume.Run(t.Context(), newClient(t, f.addr, o.ClientOptions()...), o, sink)
	if want := []string{"a/1@1", "a/0@2", "a/1@2"}; err != nil || !slices.Equal(sink.got, want) {
		t.Errorf("ties: got %v, %v; want %v", sink.got, err, want)
	}
}

func TestTailThenFollow(t *testing.T) {
	log := plainLog(0, 4)
	f := startFake(t, map[string][]*fakeLog{"t": {log, plainLog(0, 3)}})
	ctx, stop := context.WithCancelCause(t.Context())
	done := errors.New("seen enough")
	sink := &names{on: func(n int) {
		switch n {
		case 2: // the tail is out: the topic grows
			f.mu.Lock()
			log.batches = append(log.batches, batch(4, 5, 4, 5))
			log.end, log.stable = 6, 6
			f.mu.Unlock()
		case 4:
			stop(done)
		}
	}}
	o := consume.Options{Topics: []string{"t"}, Tail: 2, Follow: true}
	_, err := consume.Run(ctx, newClient(t, f.addr, o.ClientOptions()...), o, sink)
	if want := []string{"t/1@2", "t/0@3", "t/0@4", "t/0@5"}; !errors.Is(err, done) || !slices.Equal(sink.got, want) {
		t.Errorf("got %v, %v; want %v", sink.got, err, want)
	}
}

func TestRegex(t *testing.T) {
	f := startFake(t, map[string][]*fakeLog{"orders": {plainLog(0, 1)}, "orders-eu": {plainLog(0, 1)}, "users": {plainLog(0, 1)}, "__offsets": {plainLog(0, 1)}})
	for pattern, want := range map[string][]string{
		"orders": {"orders/0@0"}, "orders.*": {"orders-eu/0@0", "orders/0@0"}, "o.*|users": {"orders-eu/0@0", "orders/0@0", "users/0@0"},
		".*": {"orders-eu/0@0", "orders/0@0", "users/0@0"}, "rder": nil,
	} {
		o := consume.Options{Topics: []string{pattern}, Regex: true}
		sink := &names{}
		_, err := consume.Run(t.Context(), newClient(t, f.addr, o.ClientOptions()...), o, sink)
		slices.Sort(sink.got)
		if !slices.Equal(sink.got, want) || errors.Is(err, consume.ErrNoMatch) != (want == nil) {
			t.Errorf("%s: got %v, %v", pattern, sink.got, err)
		}
	}
}

func TestBeyondManyPartitions(t *testing.T) {
	var logs []*fakeLog
	for range 9 {
		logs = append(logs, plainLog(0, 3))
	}
	f := startFake(t, map[string][]*fakeLog{"t": logs})
	var notes []string
	got, err := read(t, f, consume.Options{From: consume.At(7), Notice: func(s string) { notes = append(notes, s) }})
	if err != nil || len(got) > 0 {
		t.Errorf("got %v, %v", got, err)
	}
	if len(notes) != 5 || notes[0] != "t partition 0 has offsets 0 to 3, not 7: reading from 3" || notes[4] != "5 more partitions do not have offset 7" {
		t.Errorf("told %q", notes)
	}
}
