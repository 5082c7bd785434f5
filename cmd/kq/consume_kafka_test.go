//go:build interop

package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// TestConsumeTransactionsKafka reads a log of Apache Kafka with transactions that
// were committed, were aborted, and are open.
func TestConsumeTransactionsKafka(t *testing.T) {
	addr := startKafka(t, nil)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cl, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.TransactionalID("x"), kgo.DefaultProduceTopic("tx"))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	if _, err := kadm.NewClient(cl).CreateTopic(ctx, 1, 1, nil, "tx"); err != nil {
		t.Fatal(err)
	}
	write := func(values string) {
		if err := cl.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		for v := range strings.FieldsSeq(values) {
			if err := cl.ProduceSync(ctx, kgo.StringRecord(v)).FirstErr(); err != nil {
				t.Fatal(err)
			}
		}
	}
	end := func(how kgo.TransactionEndTry) {
		if err := cl.EndTransaction(ctx, how); err != nil {
			t.Fatal(err)
		}
	}
	write("c0 c1") // offsets 0 and 1, the marker is 2
	end(kgo.TryCommit)
	write("a3 a4")
	end(kgo.TryAbort)
	write("c6")
	end(kgo.TryCommit)
	write("a8")
	end(kgo.TryAbort)
	write("o10")

	const uncommitted = "--isolation read_uncommitted"
	for flags, want := range map[string]string{
		"":                                "c0 c1 c6",
		uncommitted:                       "c0 c1 a3 a4 c6 a8 o10",
		"--from -1":                       "c6",
		"--from -2":                       "c1 c6",
		"--from -4":                       "c0 c1 c6",
		"--from -3 " + uncommitted:        "c6 a8 o10",
		"--from 3":                        "c6",
		"--from 7":                        "",
		"--from end":                      "",
		"--to 6":                          "c0 c1",
		"--to 5 " + uncommitted:           "c0 c1 a3 a4",
		"--to @2100-01-01":                "c0 c1 c6",
		"--from @2001-01-01 --to 1":       "c0",
		"--tail 2":                        "c1 c6",
		"--tail 9":                        "c0 c1 c6",
		"--tail 2 --to 6":                 "c0 c1",
		"--tail 2 " + uncommitted:         "a8 o10",
		"-F --from start --to 10":         "c0 c1 c6",
		"-F --from start --idle 500ms":    "c0 c1 c6",
		"-F --tail 1 -n 1":                "c6",
		"-F --tail 1 --idle 500ms":        "c6",
		"-n 2":                            "c0 c1",
		"-F --from 6 -n 2 " + uncommitted: "c6 a8",
	} {
		env, out, errs := testEnv()
		args := append([]string{"consume", "tx", "-b", addr, "-f", "%v ", "--timeout", "20s"}, strings.Fields(flags)...)
		if err := execute(ctx, env, args); err != nil || errs.Len() > 0 {
			t.Errorf("%s: %v %s", flags, err, errs)
		}
		if got := strings.TrimSpace(out.String()); got != want {
			t.Errorf("%s: got %q, want %q", flags, got, want)
		}
	}
	end(kgo.TryAbort)
}
