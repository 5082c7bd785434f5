//go:build interop

package interop

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// onceMore runs the word count over what is there and waits for its end.
func onceMore(t *testing.T, addr, state string) {
	t.Helper()
	j := startJob(t, addr, wordCountJob(state, "at_least_once", ""), "--once")
	select {
	case <-j.done:
	case <-time.After(60 * time.Second):
		t.Fatal("--once did not end")
	}
	if j.err != nil {
		t.Fatalf("the job: %v", j.err)
	}
}

// TestStreamsReset resets a job with Kafka's own tool and with kq's: its
// internal topics are new, its local state is of the old ones and must not
// count, and everything is counted again from one.
func TestStreamsReset(t *testing.T) {
	together(t, []string{"jvm", "kq"}, strings.Clone, func(t *testing.T, by string) {
		s := startServer(t, t.TempDir())
		createWith(t, s.addr, "streams-plaintext-input", 2)
		createWith(t, s.addr, "streams-wordcount-output", 1)
		state := t.TempDir()
		feedWords(t, s.addr, strings.Repeat("kafka\n", 10))
		onceMore(t, s.addr, state)
		onceMore(t, s.addr, state) // nothing came in: nothing comes out
		if by == "jvm" {
			jvm(t, nil, "org.apache.kafka.tools.StreamsResetter", "--bootstrap-server", s.addr, "--application-id", "streams-wordcount",
				"--input-topics", "streams-plaintext-input")
		} else {
			tool(t, nil, installed.kq, "streams", "reset", "streams-wordcount", "-b", s.addr, "--input", "streams-plaintext-input", "--yes")
		}
		onceMore(t, s.addr, state)
		got := counts(t, s.addr, 20)["kafka"]
		want := []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
		if !slices.Equal(got, append(slices.Clone(want), want...)) {
			t.Errorf("counts %v, want one to ten twice", got)
		}
	})
}
