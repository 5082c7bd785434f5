package consume_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/consume"
)

// list is a Sink that remembers offsets.
type list struct {
	offsets []int64
	flushes int
	onFlush func(records int)
}

func (l *list) Record(r *kgo.Record) error {
	if string(r.Value) != strconv.FormatInt(r.Offset, 10) {
		return errors.New("a record with the value of another")
	}
	l.offsets = append(l.offsets, r.Offset)
	return nil
}

func (l *list) Flush() error {
	l.flushes++
	if l.onFlush != nil {
		l.onFlush(len(l.offsets))
	}
	return nil
}

func read(t *testing.T, f *fakeCluster, o consume.Options) ([]int64, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	o.Topics = []string{"t"}
	sink := &list{}
	r, err := consume.Run(ctx, newClient(t, f.addr, o.ClientOptions()...), o, sink)
	if int(r.Records) != len(sink.offsets) {
		t.Errorf("counted %d records, gave %d", r.Records, len(sink.offsets))
	}
	if sink.flushes == 0 {
		t.Error("nothing was flushed")
	}
	slices.Sort(sink.offsets)
	return sink.offsets, err
}

// TestEnd is the family of ends that a reader who waits for the last record
// never reaches.
func TestEnd(t *testing.T) {
	abortedBy := func(producer, first int64) []kmsg.FetchResponseTopicPartitionAbortedTransaction {
		a := kmsg.NewFetchResponseTopicPartitionAbortedTransaction()
		a.ProducerID, a.FirstOffset = producer, first
		return []kmsg.FetchResponseTopicPartitionAbortedTransaction{a}
	}
	all := func(start, end int64, batches ...fakeBatch) *fakeLog {
		return &fakeLog{start: start, end: end, stable: end, batches: batches}
	}
	tests := []struct {
		name string
		logs []*fakeLog
		opts consume.Options
		want []int64
	}{
		{"plain", []*fakeLog{all(0, 3, batch(0, 1, 0, 1), batch(2, 2, 2))}, consume.Options{}, []int64{0, 1, 2}},
		{"empty partition", []*fakeLog{all(0, 0)}, consume.Options{}, nil},
		{"empty after deletion", []*fakeLog{all(7, 7)}, consume.Options{}, nil},
		{"one empty beside a full one", []*fakeLog{all(0, 0), all(0, 1, batch(0, 0, 0))}, consume.Options{}, []int64{0}},
		{"a hole inside a batch", []*fakeLog{all(0, 5, batch(0, 4, 0, 4))}, consume.Options{}, []int64{0, 4}},
		{"the last record of the last batch compacted away", []*fakeLog{all(0, 5, batch(0, 4, 0, 2))}, consume.Options{}, []int64{0, 2}},
		{"a last batch without records", []*fakeLog{all(0, 5, batch(0, 2, 0, 1, 2), batch(3, 4))}, consume.Options{}, []int64{0, 1, 2}},
		{"nothing stored before the end", []*fakeLog{all(0, 9, batch(0, 2, 0, 1, 2))}, consume.Options{}, []int64{0, 1, 2}},
		{"nothing stored at all", []*fakeLog{all(3, 9)}, consume.Options{}, nil},
		{"holes between batches", []*fakeLog{all(0, 20, batch(0, 0, 0), batch(7, 7, 7), batch(9, 19, 15))}, consume.Options{}, []int64{0, 7, 15}},
		{"a control record last", []*fakeLog{all(0, 3, batch(0, 1, 0, 1), specialBatch(2, 2, control|transactional, 9, 2))}, consume.Options{}, []int64{0, 1}},
		{"an aborted transaction last", []*fakeLog{{end: 4, stable: 4, aborted: abortedBy(9, 1), batches: []fakeBatch{
			batch(0, 0, 0), specialBatch(1, 2, transactional, 9, 1, 2), specialBatch(3, 3, control|transactional, 9, 3),
		}}}, consume.Options{}, []int64{0}},
		{"an aborted transaction, read anyway", []*fakeLog{{end: 4, stable: 4, aborted: abortedBy(9, 1), batches: []fakeBatch{
			batch(0, 0, 0), specialBatch(1, 2, transactional, 9, 1, 2), specialBatch(3, 3, control|transactional, 9, 3),
		}}}, consume.Options{Uncommitted: true}, []int64{0, 1, 2}},
		{"an open transaction last", []*fakeLog{{end: 3, stable: 1, batches: []fakeBatch{
			batch(0, 0, 0), specialBatch(1, 2, transactional, 9, 1, 2),
		}}}, consume.Options{}, []int64{0}},
		{"an open transaction, read anyway", []*fakeLog{{end: 3, stable: 1, batches: []fakeBatch{
			batch(0, 0, 0), specialBatch(1, 2, transactional, 9, 1, 2),
		}}}, consume.Options{Uncommitted: true}, []int64{0, 1, 2}},
		{"from the end", []*fakeLog{all(0, 3, batch(0, 2, 0, 1, 2))}, consume.Options{From: consume.End()}, nil},
		{"from inside a batch", []*fakeLog{all(0, 3, batch(0, 2, 0, 1, 2))}, consume.Options{From: consume.At(1)}, []int64{1, 2}},
		{"from a hole", []*fakeLog{all(0, 9, batch(0, 0, 0), batch(5, 5, 5))}, consume.Options{From: consume.At(2)}, []int64{5}},
		{"from below the start", []*fakeLog{all(4, 6, batch(4, 5, 4, 5))}, consume.Options{From: consume.At(0)}, []int64{4, 5}},
		{"from beyond the end", []*fakeLog{all(4, 6, batch(4, 5, 4, 5))}, consume.Options{From: consume.At(100)}, nil},
		{"a start inside a batch", []*fakeLog{all(1, 3, batch(0, 2, 0, 1, 2))}, consume.Options{}, []int64{1, 2}},
		{"so many", []*fakeLog{all(0, 3, batch(0, 2, 0, 1, 2))}, consume.Options{Count: 2}, []int64{0, 1}},
		{"so many that are not there", []*fakeLog{all(0, 3, batch(0, 2, 0, 1, 2))}, consume.Options{Count: 9}, []int64{0, 1, 2}},
		{"one partition of two", []*fakeLog{all(0, 1, batch(0, 0, 0)), all(0, 2, batch(0, 1, 0, 1))}, consume.Options{Partitions: []int32{0}}, []int64{0}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := startFake(t, map[string][]*fakeLog{"t": tt.logs})
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

func TestWhatIsWrittenLaterIsNotRead(t *testing.T) {
	log := &fakeLog{end: 2, stable: 2, batches: []fakeBatch{batch(0, 1, 0, 1)}}
	f := startFake(t, map[string][]*fakeLog{"t": {log}})
	f.fetched = func(string, int32, int64) { // the topic grows with every fetch
		log.batches = append(log.batches, batch(log.end, log.end, log.end))
		log.end++
		log.stable++
	}
	got, err := read(t, f, consume.Options{})
	if err != nil || !slices.Equal(got, []int64{0, 1}) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestFollowFlushesBeforeItWaits(t *testing.T) {
	f := startFake(t, map[string][]*fakeLog{"t": {{end: 2, stable: 2, batches: []fakeBatch{batch(0, 1, 0, 1)}}}})
	ctx, stop := context.WithCancelCause(t.Context())
	done := errors.New("seen enough")
	o := consume.Options{Topics: []string{"t"}, Follow: true}
	sink := &list{onFlush: func(records int) {
		if records == 2 {
			stop(done)
		}
	}}
	_, err := consume.Run(ctx, newClient(t, f.addr, o.ClientOptions()...), o, sink)
	if !errors.Is(err, done) || len(sink.offsets) != 2 {
		t.Errorf("got %v, %v", sink.offsets, err)
	}
}

func TestRetentionOvertakesTheReader(t *testing.T) {
	log := &fakeLog{end: 6, stable: 6, batches: []fakeBatch{batch(0, 0, 0), batch(1, 3, 1, 2, 3), batch(4, 5, 4, 5)}}
	f := startFake(t, map[string][]*fakeLog{"t": {log}})
	f.fetched = func(string, int32, int64) { log.start, log.batches = 4, log.batches[len(log.batches)-1:] }
	var notes []string
	got, err := read(t, f, consume.Options{Notice: func(s string) { notes = append(notes, s) }})
	if err != nil || !slices.Equal(got, []int64{0, 4, 5}) {
		t.Errorf("got %v, %v", got, err)
	}
	if len(notes) != 1 || !strings.Contains(notes[0], "records 1 to 3 were deleted") {
		t.Errorf("told %q", notes)
	}
}

func TestTopicDeletedWhileRead(t *testing.T) {
	f := startFake(t, map[string][]*fakeLog{"t": {{end: 2, stable: 2, batches: []fakeBatch{batch(0, 0, 0), batch(1, 1, 1)}}}})
	f.fetched = func(string, int32, int64) { delete(f.logs, "t") }
	got, err := read(t, f, consume.Options{})
	if !errors.Is(err, consume.ErrDeleted) || len(got) != 1 {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestMissing(t *testing.T) {
	f := startFake(t, map[string][]*fakeLog{"t": {{}}})
	if _, err := read(t, f, consume.Options{Partitions: []int32{3}}); err == nil || !strings.Contains(err.Error(), "has no partition 3") {
		t.Errorf("a missing partition: %v", err)
	}
	o := consume.Options{Topics: []string{"nope"}}
	_, err := consume.Run(t.Context(), newClient(t, f.addr, o.ClientOptions()...), o, &list{})
	if !errors.Is(err, kerr.UnknownTopicOrPartition) {
		t.Errorf("a missing topic: %v", err)
	}
}

func TestSinkErrorEndsTheRun(t *testing.T) {
	f := startFake(t, map[string][]*fakeLog{"t": {{end: 1, stable: 1, batches: []fakeBatch{batch(0, 0, 0)}}}})
	full := errors.New("disk full")
	o := consume.Options{Topics: []string{"t"}}
	_, err := consume.Run(t.Context(), newClient(t, f.addr, o.ClientOptions()...), o, failing{full})
	if !errors.Is(err, full) {
		t.Errorf("got %v", err)
	}
}

type failing struct{ err error }

func (f failing) Record(*kgo.Record) error { return f.err }
func (f failing) Flush() error             { return nil }
