package produce

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// ErrStalled is a cluster that acknowledged nothing for Options.DeliveryTimeout.
var ErrStalled = errors.New("records are not acknowledged")

// DefaultDeliveryTimeout is how long records are tried to be delivered, through
// broken connections and changes of leaders.
const DefaultDeliveryTimeout = 30 * time.Second

// watch ends the run when records wait and none is acknowledged for too long.
// kgo has a limit of its own, which goes by the time that a record bears and so
// would take a copy of old records for late ones.
func (p *producer) watch() {
	patience := p.options.DeliveryTimeout
	tick := time.NewTicker(max(patience/60, time.Millisecond))
	defer tick.Stop()
	since, seen := time.Now(), int64(0)
	for {
		select {
		case <-p.sending.Done():
			return
		case now := <-tick.C:
			n := p.meter.Records() + p.failed.Load()
			if n != seen || p.client.BufferedProduceRecords() == 0 {
				since, seen = now, n
				p.ear.listen(false)
				continue
			}
			quiet := now.Sub(since)
			p.ear.listen(quiet > patience/20)
			if quiet >= patience {
				p.abort(p.stalled(patience))
				return
			}
		}
	}
}

func (p *producer) stalled(patience time.Duration) error {
	err := fmt.Errorf("produce to %s: %w for %v", p.options.Topic, ErrStalled, patience)
	if cause := p.ear.heard(); cause != nil {
		err = fmt.Errorf("%w: %w", err, cause)
	}
	return err
}

// ear is a logger that passes on what it is told, and keeps the last reason why
// records were sent again: kgo tells that nowhere else. While it does not listen
// it costs nothing.
type ear struct {
	next    kgo.Logger // may be nil
	listens atomic.Bool

	mu   sync.Mutex
	last error // guarded by mu
}

func (e *ear) listen(on bool) {
	if e != nil {
		e.listens.Store(on)
	}
}

// heard is the last reason, nil if there was none.
func (e *ear) heard() error {
	if e == nil {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.last
}

func (e *ear) Level() kgo.LogLevel {
	if e.listens.Load() {
		return kgo.LogLevelDebug
	}
	return e.passes()
}

func (e *ear) passes() kgo.LogLevel {
	if e.next == nil {
		return kgo.LogLevelNone
	}
	return e.next.Level()
}

func (e *ear) Log(level kgo.LogLevel, msg string, keyvals ...any) {
	if level <= e.passes() {
		e.next.Log(level, msg, keyvals...)
	}
	if !strings.HasPrefix(msg, "produce") {
		return
	}
	var reason error
	for i := 0; i+1 < len(keyvals); i += 2 {
		switch v := keyvals[i+1].(type) {
		case error:
			reason = v
		case string:
			if keyvals[i] == "to" {
				reason = retryReason(v)
			}
		}
	}
	if reason != nil {
		e.mu.Lock()
		e.last = reason
		e.mu.Unlock()
	}
}

// retryReason finds Kafka's error in kgo's account of an answer, as
// t[0{retrying@-1,7(KAFKA_STORAGE_ERROR: …)}].
func retryReason(account string) error {
	_, rest, ok := strings.Cut(account, "retrying@")
	if !ok {
		return nil
	}
	_, rest, _ = strings.Cut(rest, "(")
	name, _, _ := strings.Cut(rest, ":")
	for code := int16(1); code < 200; code++ {
		if e := (*kerr.Error)(nil); errors.As(kerr.ErrorForCode(code), &e) && e.Message == name {
			return e
		}
	}
	return nil
}
