// Command task runs the project's chores: go run ./internal/task TASK.
//
// Each task is what .ci/run calls, so that a machine and a person run the same
// thing. A task that generates has a -check form that only compares.
package main

import (
	"context"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
