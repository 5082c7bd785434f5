package main

import (
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/broker/brokertest"
)

// TestConsumeOnTerminal: what records hold does not steer a terminal, whatever the
// format; pretty is the default there, and colours are asked for.
func TestConsumeOnTerminal(t *testing.T) {
	b := brokertest.Start(t, brokertest.Topics("t:1"))
	cl, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	hostile := &kgo.Record{Topic: "t", Key: []byte("k\x1b[2J"), Value: []byte("v\x1b]0;x\x07"), Headers: []kgo.RecordHeader{{Key: "h", Value: []byte("\x1bc")}}}
	if err := cl.ProduceSync(t.Context(), hostile).FirstErr(); err != nil {
		t.Fatal(err)
	}
	for _, flags := range []string{
		"--color never", "-f value", "-f json", "-f pretty --color=never", "-f %k%v%h", "-f {{.Key}}{{.Value}}{{.Headers}}", "-K =", "--tail 1 -f value",
	} {
		env, out, errs := testEnv()
		env.OutTTY = true
		args := append([]string{"consume", "t", "-b", b.Addr()}, strings.Fields(flags)...)
		if err := execute(t.Context(), env, args); err != nil || errs.Len() > 0 {
			t.Fatalf("%s: %v %s", flags, err, errs)
		}
		if text := out.String(); strings.ContainsAny(text, "\x1b\x07") || !strings.Contains(text, "v\\") {
			t.Errorf("%s prints %q", flags, text)
		}
	}
	for flags, want := range map[string]bool{"": true, "--color never": false, "-f pretty --color always": true, "-f json --color always": false} {
		env, out, _ := testEnv()
		env.OutTTY = true
		if err := execute(t.Context(), env, append([]string{"consume", "t", "-b", b.Addr()}, strings.Fields(flags)...)); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(out.String(), "\x1b["); got != want {
			t.Errorf("%q: coloured is %v in %q", flags, got, out)
		}
	}
}

// TestConsumeProgress: it is shown where only standard error is a terminal, and
// nothing of it is left or gets into the data.
func TestConsumeProgress(t *testing.T) {
	b := brokertest.Start(t, brokertest.Topics("t:1"))
	cl, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	if err := cl.ProduceSync(t.Context(), &kgo.Record{Topic: "t", Value: []byte("v")}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	env, out, errs := testEnv()
	env.ErrTTY = true
	if err := execute(t.Context(), env, []string{"consume", "t", "-b", b.Addr(), "-f", "value", "--from", "9"}); err != nil || out.Len() > 0 {
		t.Fatalf("%v %q", err, out)
	}
	if text := errs.String(); !strings.Contains(text, "kq: t partition 0 has offsets 0 to 1, not 9: reading from 1\n") {
		t.Errorf("said %q", text)
	}
	env, out, _ = testEnv()
	env.ErrTTY = true
	if err := execute(t.Context(), env, []string{"consume", "t", "-b", b.Addr(), "-f", "value"}); err != nil || out.String() != "v\n" {
		t.Fatalf("%v %q", err, out)
	}
}
