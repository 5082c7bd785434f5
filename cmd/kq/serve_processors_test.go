package main

import (
	"runtime"
	"testing"

	"kq/internal/cli"
	"kq/pkg/broker"
)

func TestCleanersHaveProcessors(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	defer runtime.SetDefaultGOMAXPROCS()
	var o broker.Options
	tuneProcessors(&cli.Env{Getenv: func(string) string { return "" }}, &o)
	for i, step := range []struct {
		begins bool
		more   int
	}{{true, 1}, {true, 2}, {false, 1}, {true, 2}, {false, 1}, {false, 0}} {
		o.Cleaning(step.begins)
		if got := runtime.GOMAXPROCS(0); got != before+step.more {
			t.Errorf("step %d: %d processors, want %d", i, got, before+step.more)
		}
	}
	var asked broker.Options
	if tuneProcessors(&cli.Env{Getenv: func(string) string { return "2" }}, &asked); asked.Cleaning != nil {
		t.Error("what the user says of processors is changed")
	}
}
