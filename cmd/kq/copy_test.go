package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/broker/brokertest"
)

// TestCopyProgress: a line is shown where standard error is a terminal, nothing of
// it is left, and standard output stays empty.
func TestCopyProgress(t *testing.T) {
	b := brokertest.Start(t, brokertest.Topics("a:1"))
	cl, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	if err := cl.ProduceSync(t.Context(), &kgo.Record{Topic: "a", Value: []byte("v")}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	env, out, errs := testEnv()
	env.ErrTTY = true
	if err := execute(t.Context(), env, []string{"copy", "a", "b", "-b", b.Addr(), "--summary", "json"}); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(errs.String()), "\n")
	last := lines[len(lines)-1]
	if at := strings.LastIndex(last, "\x1b[K"); at >= 0 {
		last = last[at+len("\x1b[K"):]
	}
	var s copySummary
	if err := json.Unmarshal([]byte(last), &s); err != nil || s.Records != 1 || s.Bytes != 1 || !s.Created {
		t.Errorf("%v: the summary is %q", err, last)
	}
	if out.Len() > 0 {
		t.Errorf("it prints %q", out)
	}
	if line := progressLine(counts{records: 5, bytes: 5_000_000, read: 50}, 100, 2*time.Second); line != "5 records  5.0 MB  2.5 MB/s  50%  2s left" {
		t.Errorf("the line is %q", line)
	}
}
