package main

import (
	"context"
	"strings"
	"testing"

	"kq/pkg/broker/brokertest"
)

// TestAsked answers the questions of commands that destroy data on a terminal.
func TestAsked(t *testing.T) {
	b := brokertest.Start(t)
	kq := func(answer string, args ...string) (stdout, stderr string, err error) {
		t.Helper()
		env, out, errs := testEnv()
		env.In, env.InTTY, env.ErrTTY = strings.NewReader(answer), true, true
		err = execute(context.Background(), env, append(args, "-b", b.Addr()))
		return out.String(), errs.String(), err
	}
	if _, stderr, err := kq("", "topic", "create", "t-1", "t-2", "t-3", "t-4", "-p", "1", "-r", "1"); err != nil {
		t.Fatal(stderr, err)
	}
	if _, stderr, err := kq("", "produce", "t-1", "--value", "x"); err != nil {
		t.Fatal(stderr, err)
	}

	stdout, stderr, err := kq("n\n", "topic", "trim", "t-1", "--before", "end")
	if err == nil || err.Error() != "nothing was done" || stdout != "" {
		t.Errorf("trim: %q, %v", stdout, err)
	}
	if want := "kq: partition 0: the start moves from 0 to 1\ndelete 1 record in 1 partition of \"t-1\"? [y/N] "; stderr != want {
		t.Errorf("trim asks %q, want %q", stderr, want)
	}
	if stdout, _, err = kq("y\n", "topic", "trim", "t-1", "--before", "end"); err != nil || !strings.Contains(stdout, "t-1") {
		t.Errorf("trim: %q, %v", stdout, err)
	}
	// There is nothing to ask about any more.
	if _, stderr, err = kq("", "topic", "trim", "t-1", "--before", "end"); err != nil || stderr != "" {
		t.Errorf("trim: %q, %v", stderr, err)
	}

	// The names an expression found are told, also when little else is.
	_, stderr, err = kq("\n", "topic", "delete", "--regex", "t-.*", "-q")
	if err == nil || !strings.HasPrefix(stderr, "kq: delete topic \"t-1\"\n") || !strings.HasSuffix(stderr, "delete these 4 topics and all records? [y/N] ") {
		t.Errorf("delete asks %q, %v", stderr, err)
	}
	if _, stderr, err = kq("y\n", "topic", "delete", "t-1", "t-2"); err != nil || stderr != "delete \"t-1\", \"t-2\" and all records? [y/N] " {
		t.Errorf("delete asks %q, %v", stderr, err)
	}
	if stdout, _, err = kq("yes\n", "topic", "delete", "--regex", "t-.*"); err != nil || strings.Count(stdout, "\nt-") != 2 {
		t.Errorf("delete: %q, %v", stdout, err)
	}
}
