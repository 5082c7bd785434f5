package main

import (
	"context"
	"strings"
	"testing"
)

// TestEvalPrompt talks to kq streams eval on a terminal.
func TestEvalPrompt(t *testing.T) {
	env, out, errs := testEnv()
	env.In, env.InTTY, env.ErrTTY = strings.NewReader(":help\nvalue.n + 1\nvalue.m +\n:value {\"n\":2}\n:agg 5\nvalue.n + agg\n:9 1\n:quit\n1\n"), true, true
	if err := execute(context.Background(), env, []string{"streams", "eval", "--value", `{"n":1}`}); err != nil {
		t.Fatal(err)
	}
	if out.String() != "2\n7\n" {
		t.Errorf("printed %q", out.String())
	}
	want := "kq: :help tells what there is, :quit leaves\n> " + replHelp + "> > kq: unexpected token EOF (1:9)\n    | value.m +\n    | ........^\n> > > > kq: :9 1: it is NAME=JSON\n> "
	if errs.String() != want {
		t.Errorf("said\n%s\nwant\n%s", errs.String(), want)
	}
}
