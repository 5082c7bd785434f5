//go:build interop

package interop

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// library is a client library with the verbs of testdata/groups.py.
type library struct {
	name string
	argv func() []string // the program; the verb and NAME=VALUE come behind it
	// what it has
	classic, cooperative, consumer, static bool
}

func libraries() []library {
	python := func(client string) func() []string {
		return func() []string { return []string{installed.python, "testdata/groups.py", client} }
	}
	java := func() []string {
		args := append([]string{"java"}, javaArgs("Groups")...)
		i := slices.Index(args, "-cp")
		args[i+1] = installed.classes + string(os.PathListSeparator) + args[i+1]
		return slices.DeleteFunc(args, func(a string) bool { return strings.HasPrefix(a, "-XX:SharedArchiveFile") })
	}
	return []library{
		{name: "java", argv: java, classic: true, cooperative: true, consumer: true, static: true},
		{name: "confluent-kafka", argv: python("confluent"), classic: true, cooperative: true, consumer: true, static: true},
		{name: "kafka-python", argv: python("python"), classic: true, cooperative: true, static: true},
		{name: "kafkajs", argv: func() []string { return []string{installed.node, "testdata/groups.js"} }, classic: true},
	}
}

// libraryNamed finds one of libraries.
func libraryNamed(t *testing.T, name string) library {
	t.Helper()
	all := libraries()
	i := slices.IndexFunc(all, func(l library) bool { return l.name == name })
	if i < 0 {
		t.Fatalf("no library %s", name)
	}
	return all[i]
}

func (l library) command(ctx context.Context, verb string, options map[string]string) *exec.Cmd {
	argv := append(l.argv(), verb)
	for _, k := range slices.Sorted(maps.Keys(options)) {
		argv = append(argv, k+"="+options[k])
	}
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = append(os.Environ(), "NODE_PATH="+installed.modules)
	return cmd
}

// once runs a verb to its end and returns its stdout.
func (l library) once(t *testing.T, verb string, options map[string]string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := l.command(ctx, verb, options)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v\nstdout: %.2000s\nstderr: %.4000s", l.name, verb, err, out.Bytes(), errs.Bytes())
	}
	return out.String()
}

// worker is a running verb of a library.
type worker struct {
	name  string
	stdin io.Closer
	left  sync.Once // closes stdin
	done  chan struct{}

	mu    sync.Mutex
	lines []string // of stdout; guarded by mu
	errs  bytes.Buffer
	err   error // how it ended; set before done is closed
}

// watch is told when any worker of a scenario says something.
type watch chan struct{}

// start runs a verb until its stop; changed is told about every line.
func (l library) start(t *testing.T, changed watch, name, verb string, options map[string]string) *worker {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	cmd := l.command(ctx, verb, options)
	w := &worker{name: name, done: make(chan struct{})}
	cmd.Stderr = &w.errs
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", filepath.Base(cmd.Path), err)
	}
	w.stdin = stdin
	go func() {
		defer close(w.done)
		for s := bufio.NewScanner(stdout); s.Scan(); {
			w.mu.Lock()
			w.lines = append(w.lines, s.Text())
			w.mu.Unlock()
			changed.tell()
		}
		w.err = cmd.Wait()
		changed.tell()
	}()
	t.Cleanup(func() {
		cancel()
		<-w.done
		if t.Failed() {
			t.Logf("%s ended: %v\n%s\nstderr: %s", w.name, w.err, w.brief(), lastBytes(w.errs.String(), 3000))
		}
	})
	return w
}

func (w watch) tell() {
	select {
	case w <- struct{}{}:
	default:
	}
}

// until waits for cond, which is looked at whenever a worker said something.
func (w watch) until(t *testing.T, limit time.Duration, what string, cond func() bool) {
	t.Helper()
	if !w.within(limit, cond) {
		t.Fatalf("not after %v: %s", limit, what)
	}
}

// within waits for cond as until does and tells whether it came.
func (w watch) within(limit time.Duration, cond func() bool) bool {
	deadline := time.After(limit)
	for !cond() {
		select {
		case <-w:
		case <-deadline:
			return cond()
		}
	}
	return true
}

// leave ends the worker's stdin, on which it leaves.
func (w *worker) leave() {
	w.left.Do(func() { _ = w.stdin.Close() }) // closed already when it has ended: its end says why
}

// stop lets the worker leave and waits for its end.
func (w *worker) stop(t *testing.T) {
	t.Helper()
	w.leave()
	select {
	case <-w.done:
	case <-time.After(60 * time.Second):
		t.Fatalf("%s is still running a minute after its stdin ended", w.name)
	}
	if w.err != nil {
		t.Fatalf("%s ended: %v", w.name, w.err)
	}
}

func (w *worker) said() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.lines)
}

// brief is the last of what the worker said, without the records it read.
func (w *worker) brief() string {
	lines := slices.DeleteFunc(w.said(), func(l string) bool { return strings.HasPrefix(l, "r ") })
	return strings.Join(lines[max(0, len(lines)-30):], "\n")
}

// owned is the assignment the worker told last.
func (w *worker) owned() []int {
	lines := w.said()
	for i := len(lines) - 1; i >= 0; i-- {
		if rest, ok := strings.CutPrefix(lines[i], "="); ok {
			var parts []int
			for s := range strings.SplitSeq(strings.TrimSpace(rest), ",") {
				if p, err := strconv.Atoi(s); err == nil {
					parts = append(parts, p)
				}
			}
			return parts
		}
	}
	return nil
}

// changes counts how often the worker told an assignment.
func (w *worker) changes() (n int) {
	for _, l := range w.said() {
		if strings.HasPrefix(l, "=") {
			n++
		}
	}
	return n
}

// together runs f for every item at the same time, as subtests.
func together[T any](t *testing.T, items []T, name func(T) string, f func(t *testing.T, item T)) {
	t.Helper()
	var wg sync.WaitGroup
	for _, item := range items {
		wg.Go(func() {
			t.Run(name(item), func(t *testing.T) { f(t, item) })
		})
	}
	wg.Wait()
}
