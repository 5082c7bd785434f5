package ask_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/streams/run/ask"
)

func TestAgain(t *testing.T) {
	soon, never := kerr.CoordinatorNotAvailable, kerr.GroupAuthorizationFailed
	synctest.Test(t, func(t *testing.T) {
		began, n := time.Now(), 0
		answer := func(errs ...error) func() error {
			n = 0
			return func() error { n++; return errs[min(n, len(errs))-1] }
		}
		if err := ask.Again(t.Context(), answer(soon, soon, nil)); err != nil || n != 3 || time.Since(began) != 60*time.Millisecond {
			t.Errorf("%v after %d attempts and %v", err, n, time.Since(began))
		}
		if err := ask.Again(t.Context(), answer(soon, never)); !errors.Is(err, never) || n != 2 {
			t.Errorf("%v after %d attempts", err, n)
		}
		began = time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if err := ask.Again(ctx, answer(soon)); !errors.Is(err, soon) || !errors.Is(err, context.DeadlineExceeded) || n != 15 || time.Since(began) != 10*time.Second {
			t.Errorf("%v after %d attempts and %v", err, n, time.Since(began))
		}
	})
}

func TestRetriable(t *testing.T) {
	for _, c := range []struct {
		err  error
		want bool
	}{
		{kerr.NotLeaderForPartition, true},
		{fmt.Errorf("produce: %w", kerr.NotLeaderForPartition), true},
		{kerr.MessageTooLarge, false},
		{kerr.UnknownTopicID, true},
		{errors.New("connection refused"), true},
		{context.DeadlineExceeded, true}, // a dial that took too long says so
		{context.Canceled, false},
		{kgo.ErrClientClosed, false},
	} {
		if got := ask.Retriable(c.err, kerr.UnknownTopicID); got != c.want {
			t.Errorf("%v: %v", c.err, got)
		}
	}
}

func TestByTopic(t *testing.T) {
	type part struct {
		topic string
		n     int
	}
	var got []string
	for name, parts := range ask.ByTopic([]part{{"b", 1}, {"a", 0}, {"b", 0}, {"c", 4}, {"a", 2}}, func(p part) string { return p.topic }) {
		if name == "c" {
			break
		}
		got = append(got, fmt.Sprint(name, parts))
	}
	if fmt.Sprint(got) != "[b[{b 1} {b 0}] a[{a 0} {a 2}]]" {
		t.Error(got)
	}
}
