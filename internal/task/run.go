package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// env is what a task works with.
type env struct {
	root   string // module root
	out    io.Writer
	check  bool // compare, do not write
	args   []string
	passOn []string // environment of child processes, on top of ours
}

// task is one chore.
type task struct {
	name, what string
	run        func(ctx context.Context, e env) error
}

func tasks() []task {
	return []task{
		{"test", "go test ./...", test},
		{"lint", "house rules, gofumpt, vet, staticcheck", lint},
		{"cross", "build and vet for windows, darwin and linux/arm64 without cgo", cross},
		{"race", "the concurrent packages under the race detector", race},
		{"fuzz", "every fuzz target for a share of KQ_FUZZ_SECONDS (300)", fuzz},
		{"completions", "completions/ from the command tree (-check compares)", completions},
		{"docs", "the reference of commands, and docs/compat.md from a running broker (-check compares)", docs},
		{"datadir", "a data directory of this commit for later ones to open (datadir NAME)", datadir},
		{"golden", "the golden files of the trap table, from a live Apache Kafka (golden streams [-check]: of streams jobs)", golden},
		{"interop", "kq with Apache Kafka's tools and other people's clients", interopTests},
		{"bench", "kq beside its peers (arguments go to the benchmark)", bench},
	}
}

// run is the command; it returns the exit code.
func run(ctx context.Context, args []string, out, errs io.Writer) int {
	if len(args) == 0 {
		usage(errs)
		return 2
	}
	root, err := moduleRoot()
	if err != nil {
		fmt.Fprintf(errs, "task: %v\n", err)
		return 1
	}
	e := env{root: root, out: out}
	for _, a := range args[1:] {
		if a == "-check" || a == "--check" {
			e.check = true
			continue
		}
		e.args = append(e.args, a)
	}
	for _, t := range tasks() {
		if t.name != args[0] {
			continue
		}
		start := time.Now()
		if err := t.run(ctx, e); err != nil {
			fmt.Fprintf(errs, "task: %s: %v\n", t.name, err)
			return 1
		}
		fmt.Fprintf(out, "task: %s done in %.1f s\n", t.name, time.Since(start).Seconds())
		return 0
	}
	fmt.Fprintf(errs, "task: no task %q\n", args[0])
	usage(errs)
	return 2
}

func usage(w io.Writer) {
	fmt.Fprintln(w, "usage: go run ./internal/task TASK [-check] [ARG…]")
	for _, t := range tasks() {
		fmt.Fprintf(w, "  %-12s %s\n", t.name, t.what)
	}
}

// moduleRoot finds the folder of go.mod from the working directory upwards.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the module: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errors.New("find the module: no go.mod here or above")
		}
		dir = up
	}
}

// command builds a child process in the module root with the task's output.
func (e env) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = e.root, e.out, e.out
	cmd.Env = append(os.Environ(), e.passOn...)
	return cmd
}

// sh runs a child process and shows it.
func (e env) sh(ctx context.Context, name string, args ...string) error {
	fmt.Fprintf(e.out, "$ %s %s\n", name, strings.Join(args, " "))
	if err := e.command(ctx, name, args...).Run(); err != nil {
		return fmt.Errorf("%s %s: %w", name, strings.Join(args, " "), err)
	}
	return nil
}

// capture runs a child process and returns its stdout; stderr goes into the error.
func (e env) capture(ctx context.Context, name string, args ...string) ([]byte, error) {
	cmd := e.command(ctx, name, args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, bytes.TrimSpace(errs.Bytes()))
	}
	return out.Bytes(), nil
}

// with returns e with more environment for child processes.
func (e env) with(kv ...string) env {
	e.passOn = append(append([]string{}, e.passOn...), kv...)
	return e
}

// buildKQ builds the kq binary into a temporary folder and returns its path.
func (e env) buildKQ(ctx context.Context) (path string, cleanup func(), err error) {
	dir, err := os.MkdirTemp("", "kq-task-")
	if err != nil {
		return "", nil, fmt.Errorf("build kq: %w", err)
	}
	cleanup = func() { _ = os.RemoveAll(dir) } // the system clears temporary folders too
	path = filepath.Join(dir, "kq")
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	if err := e.with("CGO_ENABLED=0").sh(ctx, "go", "build", "-trimpath", "-o", path, "./cmd/kq"); err != nil {
		cleanup()
		return "", nil, err
	}
	return path, cleanup, nil
}
