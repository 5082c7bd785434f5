package main

import (
	"strings"
	"sync"
	"testing"
	"time"

	"kq/internal/cli"
)

func TestProgressLine(t *testing.T) {
	for _, tt := range []struct {
		c     counts
		total int64
		after time.Duration
		want  string
	}{
		{counts{}, 0, 0, "0 records  0.0 MB  0.0 MB/s"},
		{counts{records: 1, bytes: 2_000_000}, 0, 2 * time.Second, "1 record  2.0 MB  1.0 MB/s"},
		{counts{records: 10, bytes: 1_000_000, read: 25}, 100, 4 * time.Second, "10 records  1.0 MB  0.2 MB/s  25%  12s left"},
		{counts{records: 10, bytes: 1_000_000, read: 100}, 100, time.Second, "10 records  1.0 MB  1.0 MB/s  100%"},
		{counts{read: 200}, 100, time.Second, "0 records  0.0 MB  0.0 MB/s  100%"},
	} {
		if got := progressLine(tt.c, tt.total, tt.after); got != tt.want {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
}

// screen is a terminal that tells when something is on it.
type screen struct {
	mu    sync.Mutex
	text  strings.Builder // guarded by mu
	drawn chan struct{}
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case s.drawn <- struct{}{}:
	default:
	}
	return s.text.Write(b)
}

func TestProgressIsClearedAtTheEnd(t *testing.T) {
	s := &screen{drawn: make(chan struct{}, 1)}
	a := &app{env: &cli.Env{Err: s, ErrTTY: true}}
	p := a.progress(0, func() counts { return counts{records: 7} })
	<-s.drawn
	p.stop()
	if got := s.text.String(); !strings.HasPrefix(got, "\r7 records  ") || !strings.HasSuffix(got, "\r\x1b[K") {
		t.Errorf("got %q", got)
	}

	for _, a := range []*app{{env: &cli.Env{Err: s}}, {env: &cli.Env{Err: s, ErrTTY: true}, quiet: true}} {
		s.text.Reset()
		p := a.progress(0, func() counts { return counts{} })
		p.draw("")
		s.text.Reset()
		p.stop()
		if got := s.text.String(); got != "\r\x1b[K" {
			t.Errorf("got %q", got)
		}
	}
}
