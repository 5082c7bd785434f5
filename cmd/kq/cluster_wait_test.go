package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"kq/internal/cli"
	"kq/pkg/broker/brokertest"
)

// awaited is a writer that tells when a word was written.
type awaited struct {
	word string
	seen chan struct{}
	once sync.Once
}

func (w *awaited) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(w.word)) {
		w.once.Do(func() { close(w.seen) })
	}
	return len(p), nil
}

// TestWait starts the broker that a command waits for.
func TestWait(t *testing.T) {
	b := brokertest.Start(t, brokertest.OnDisk())
	b.Stop()
	env, out, _ := testEnv()
	talk := &awaited{word: "not yet", seen: make(chan struct{})}
	env.Err = talk
	done := make(chan error, 1)
	go func() {
		done <- execute(context.Background(), env, []string{"cluster", "describe", "--wait", "1m", "-v", "-o", "name", "-b", b.Addr()})
	}()
	<-talk.seen
	b.Restart()
	if err := <-done; err != nil || strings.TrimSpace(out.String()) == "" {
		t.Errorf("printed %q, %v", out, err)
	}
}

func TestWaitInterrupted(t *testing.T) {
	env, _, _ := testEnv()
	talk := &awaited{word: "not yet", seen: make(chan struct{})}
	env.Err = talk
	ctx, interrupt := context.WithCancelCause(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- execute(ctx, env, []string{"cluster", "describe", "--wait", "1m", "-v", "-b", "127.0.0.1:1"})
	}()
	<-talk.seen
	interrupt(cli.ErrInterrupted)
	if err := <-done; !errors.Is(err, cli.ErrInterrupted) {
		t.Error(err)
	}
}
