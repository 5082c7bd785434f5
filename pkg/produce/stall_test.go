package produce

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// silent is a cluster that never answers: records end with their context.
type silent struct {
	waits chan func()
	said  func() // what kgo logs meanwhile
}

func (s *silent) Produce(ctx context.Context, r *kgo.Record, promise func(*kgo.Record, error)) {
	s.waits <- func() {
		<-ctx.Done()
		promise(r, ctx.Err())
	}
}

func (s *silent) BufferedProduceRecords() int64 {
	s.said()
	return int64(len(s.waits))
}

func (s *silent) Flush(context.Context) error {
	for len(s.waits) > 0 {
		(<-s.waits)()
	}
	return nil
}

func TestStalledRunNamesItsCause(t *testing.T) {
	var talk []string
	e := &ear{next: talker(func(msg string) { talk = append(talk, msg) })}
	s := &silent{waits: make(chan func(), 10), said: func() {
		if e.Level() == kgo.LogLevelDebug {
			e.Log(kgo.LogLevelDebug, "produced", "broker", "1", "to", "t[0{retrying@-1,7("+kerr.KafkaStorageError.Error()+")}]")
			e.Log(kgo.LogLevelDebug, "read Produce v9")
		}
		e.Log(kgo.LogLevelWarn, "a warning")
	}}
	r, err := start(t.Context(), s, Options{Topic: "t", DeliveryTimeout: 60 * time.Millisecond}, []Input{text("a", "x\ny\n")}, e)
	if r.Records != 0 || r.Failed != 2 || !errors.Is(err, ErrStalled) || !errors.Is(err, kerr.KafkaStorageError) {
		t.Errorf("%+v, %v", r, err)
	}
	if len(talk) == 0 || strings.Count(strings.Join(talk, ";"), "a warning") != len(talk) {
		t.Errorf("passed on: %q", talk)
	}
}

type talker func(string)

func (talker) Level() kgo.LogLevel                        { return kgo.LogLevelWarn }
func (f talker) Log(_ kgo.LogLevel, msg string, _ ...any) { f(msg) }

func TestEar(t *testing.T) {
	broken := errors.New("broken")
	e := &ear{}
	if e.Level() != kgo.LogLevelNone || e.heard() != nil {
		t.Errorf("level %v, heard %v", e.Level(), e.heard())
	}
	for _, tt := range []struct {
		msg     string
		keyvals []any
		want    error
	}{
		{"produced", []any{"to", "t[0{0=>7}]"}, nil},
		{"produced", []any{"to", "t[0{retrying@-1"}, nil},
		{"produce request failed, triggering metadata update", []any{"broker", "1", "err", broken}, broken},
		{"fetch failed", []any{"err", errors.New("other")}, broken},
		{"produced", []any{"to", "t[0{0=>7}, 1{retrying@-1,7(NOT_ENOUGH_REPLICAS: few)}]"}, kerr.NotEnoughReplicas},
		{"produced", []any{"to", "t[0{retrying@-1,7(NO_SUCH_NAME: x)}]"}, kerr.NotEnoughReplicas},
	} {
		e.Log(kgo.LogLevelDebug, tt.msg, tt.keyvals...)
		if got := e.heard(); !errors.Is(got, tt.want) {
			t.Errorf("%s %v: heard %v, want %v", tt.msg, tt.keyvals, got, tt.want)
		}
	}
	(*ear)(nil).listen(true)
	if (*ear)(nil).heard() != nil {
		t.Error("no ear heard something")
	}
}
