//go:build interop

package interop

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// server is a broker process under test, kq or Apache Kafka.
type server struct {
	addr string
	data string // its log.dirs
	stop func() error
	kill func() error
}

// startServer starts kq on data, or Apache Kafka when KQ_INTEROP_TARGET is
// "kafka": that is how these tests are tested. Both take --set KEY=VALUE.
func startServer(t *testing.T, data string, args ...string) *server {
	t.Helper()
	if os.Getenv("KQ_INTEROP_TARGET") == "kafka" {
		settings := map[string]string{}
		for i, a := range args {
			if k, v, ok := strings.Cut(a, "="); ok && k != "node.id" && i > 0 && args[i-1] == "--set" {
				settings[k] = v
			}
		}
		return startApacheWith(t, data, settings)
	}
	return startKQ(t, data, args...)
}

// startKQ runs the built binary until it is ready.
func startKQ(t *testing.T, data string, args ...string) *server {
	t.Helper()
	ready := filepath.Join(t.TempDir(), "ready")
	args = append([]string{"serve", "--data", data, "--ready-file", ready}, args...)
	if !slices.Contains(args, "--listen") {
		args = append(args, "--listen", "127.0.0.1:0")
	}
	cmd := exec.Command(installed.kq, args...)
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	ended := false
	end := func(sig syscall.Signal) error {
		if ended {
			return nil
		}
		ended = true
		if err := cmd.Process.Signal(sig); err != nil {
			return err
		}
		select {
		case err := <-done:
			if sig == syscall.SIGKILL {
				return nil
			}
			return err
		case <-time.After(30 * time.Second):
			_ = cmd.Process.Kill() // the error below says it all
			return context.DeadlineExceeded
		}
	}
	s := &server{data: data, stop: func() error { return end(syscall.SIGTERM) }, kill: func() error { return end(syscall.SIGKILL) }}
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Errorf("stop kq: %v\n%s", err, log.Bytes())
		} else if t.Failed() {
			t.Logf("kq said:\n%s", log.Bytes())
		}
	})
	for deadline := time.Now().Add(30 * time.Second); ; {
		if p, err := os.ReadFile(ready); err == nil {
			s.addr = strings.TrimSpace(string(p))
			return s
		}
		select {
		case err := <-done:
			ended = true
			t.Fatalf("kq ended: %v\n%s", err, log.Bytes())
		case <-time.After(10 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatalf("kq is not ready after 30 s\n%s", log.Bytes())
		}
	}
}

// startApache runs Apache Kafka as a server of these tests.
func startApache(t *testing.T, dir string) *server {
	t.Helper()
	return startApacheWith(t, dir, nil)
}

func startApacheWith(t *testing.T, dir string, settings map[string]string) *server {
	t.Helper()
	k, err := StartKafka(t.Context(), installed.jars, dir, settings)
	if err != nil {
		t.Fatal(err)
	}
	ended := false
	end := func(f func() error) func() error {
		return func() error {
			if ended {
				return nil
			}
			ended = true
			return f()
		}
	}
	s := &server{addr: k.Addr, data: k.Dir, stop: end(k.Stop), kill: end(k.Kill)}
	t.Cleanup(func() { _ = s.kill() }) // a test that cares has stopped it
	return s
}

// tool runs a program to its end and returns its stdout; a failure fails the test.
func tool(t *testing.T, stdin io.Reader, name string, args ...string) string {
	t.Helper()
	out, errs, err := run(t, stdin, name, args...)
	if err != nil {
		t.Fatalf("%s %s: %v\nstdout: %.2000s\nstderr: %.4000s", filepath.Base(name), strings.Join(args, " "), err, out, errs)
	}
	return out
}

func run(t *testing.T, stdin io.Reader, name string, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, &out, &errs
	err = cmd.Run()
	return out.String(), errs.String(), err
}

// jvm runs one of Kafka's tools.
func jvm(t *testing.T, stdin io.Reader, class string, args ...string) string {
	t.Helper()
	return tool(t, stdin, "java", append(javaArgs(class), args...)...)
}

// javaArgs starts one of Kafka's tools.
func javaArgs(class string) []string {
	args := jvmFlags()
	if installed.archive != "" {
		args = append(args, "-XX:SharedArchiveFile="+installed.archive)
	}
	return append(args, "-cp", filepath.Join(installed.jars, "*"), class)
}
