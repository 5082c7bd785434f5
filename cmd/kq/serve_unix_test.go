//go:build unix

package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// process is a kq that runs beside the test.
type process struct {
	*exec.Cmd
	t      *testing.T
	stdout *bufio.Reader
	stderr strings.Builder
}

func startKQ(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command("kq", args...), t: t}
	p.Stderr = &p.stderr
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.stdout = bufio.NewReader(out)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Process.Kill() })
	return p
}

// line reads a line of standard output.
func (p *process) line() string {
	p.t.Helper()
	line, err := p.stdout.ReadString('\n')
	if err != nil {
		p.t.Fatalf("read standard output: %v\n%s", err, p.stderr.String())
	}
	return strings.TrimSpace(line)
}

func (p *process) signal(s os.Signal) {
	p.t.Helper()
	if err := p.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// exit waits for the end and returns the exit code, -1 for a signal.
func (p *process) exit() int {
	p.t.Helper()
	timer := time.AfterFunc(20*time.Second, func() { _ = p.Process.Kill() })
	defer timer.Stop()
	if _, err := io.Copy(io.Discard, p.stdout); err != nil {
		p.t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := p.Wait(); err != nil && !errors.As(err, &exit) {
		p.t.Fatal(err)
	}
	return p.ProcessState.ExitCode()
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

func TestServeStopsCleanly(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			data, ready := filepath.Join(dir, "data"), filepath.Join(dir, "ready")
			p := startKQ(t, "serve", "--listen", "127.0.0.1:0", "--data", data, "--ready-file", ready)
			line := p.line()
			addr, err := os.ReadFile(ready)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(line, "kq ready on "+strings.TrimSpace(string(addr))+", data in "+data+", started in ") {
				t.Errorf("ready line %q, ready file %q", line, addr)
			}
			p.signal(s)
			if code := p.exit(); code != 0 {
				t.Errorf("exit code %d: %s", code, p.stderr.String())
			}
			if exists(ready) || !exists(filepath.Join(data, ".kafka_cleanshutdown")) {
				t.Error("the stop was not clean")
			}
		})
	}
}

// A command gets the signals that kq serve gets, and decides what they mean.
func TestServePassesSignals(t *testing.T) {
	t.Parallel()
	p := startKQ(t, "serve", "--mem", "--listen", "127.0.0.1:0", "--",
		"sh", "-c", `trap 'echo got term; exit 5' TERM; trap 'echo got int' INT; echo up; while :; do read x <&0 || sleep 0.02; done`)
	for _, step := range []struct {
		want string
		then os.Signal
	}{{"up", syscall.SIGINT}, {"got int", syscall.SIGTERM}, {"got term", nil}} {
		if got := p.line(); got != step.want {
			t.Fatalf("command says %q, want %q", got, step.want)
		}
		if step.then != nil {
			p.signal(step.then)
		}
	}
	if code := p.exit(); code != 5 {
		t.Errorf("exit code %d, want that of the command", code)
	}
	killed := startKQ(t, "serve", "--mem", "--listen", "127.0.0.1:0", "--", "sh", "-c", "kill -9 $$")
	if code := killed.exit(); code != 128+9 {
		t.Errorf("exit code %d after a killed command, want 137", code)
	}
}

// After a kill -9 the data directory opens again, with what was acknowledged.
func TestServeAfterKill(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	for i, want := range []string{"", "one\n", "one\ntwo\n"} {
		p := startKQ(t, "serve", "--listen", "127.0.0.1:0", "--data", data, "--topic", "t")
		addr := strings.TrimSuffix(strings.Fields(p.line())[3], ",")
		kq := func(in string, args ...string) string {
			cmd := exec.Command("kq", append(args, "-b", addr)...)
			cmd.Stdin = strings.NewReader(in)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("kq %q: %v\n%s", args, err, out)
			}
			return string(out)
		}
		if got := kq("", "consume", "t", "-q", "-f", "value"); got != want {
			t.Errorf("start %d: %q, want %q", i, got, want)
		}
		if in := []string{"one\n", "two\n", ""}[i]; in != "" {
			kq(in, "produce", "t", "-q")
		}
		p.signal(syscall.SIGKILL)
		p.exit()
	}
}

// The ready file of a broker that was killed does not pass for that of the next.
func TestServeStaleReadyFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	ready := filepath.Join(dir, "ready")
	args := []string{"serve", "--mem", "--listen", "127.0.0.1:0", "--ready-file", ready}
	p := startKQ(t, args...)
	p.line()

	other := startKQ(t, append(args, "--topic", "bad/name")...)
	if code := other.exit(); code != 2 || !exists(ready) {
		t.Errorf("exit code %d; the ready file of the one that runs is there: %v", code, exists(ready))
	}
	p.signal(syscall.SIGKILL)
	p.exit()
	other = startKQ(t, append(args, "--topic", "bad/name")...)
	if code := other.exit(); code != 2 || exists(ready) {
		t.Errorf("exit code %d; the ready file of the one that was killed is there: %v", code, exists(ready))
	}
}
