//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"kq/pkg/broker/brokertest"
)

// produceFromPipe begins to produce from a pipe that stays open. It returns when
// the lines whole of text can be read.
func produceFromPipe(t *testing.T, addr, text, whole string) (*process, *os.File) {
	name := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	p := startKQ(t, "produce", "t", name, "-b", addr)
	pipe, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pipe.Close() })
	if _, err := pipe.WriteString(text); err != nil {
		t.Fatal(err)
	}
	count := strconv.Itoa(strings.Count(whole, "\n"))
	read := []string{"consume", "t", "-b", addr, "-f", "value", "-F", "--from", "start", "-n", count}
	if out, err := exec.Command("kq", read...).Output(); err != nil || string(out) != whole {
		t.Fatalf("%q, %v", out, err)
	}
	return p, pipe
}

// TestProduceInterrupted: an interrupt ends an input that does not end; what was
// read of it is written, but for half a line.
func TestProduceInterrupted(t *testing.T) {
	b := brokertest.Start(t, brokertest.Topics("t:1"))
	p, _ := produceFromPipe(t, b.Addr(), "one\ntwo\nthr", "one\ntwo\n")
	p.signal(syscall.SIGINT)
	if code := p.exit(); code != 130 || !strings.Contains(p.stderr.String(), "kq: 2 records written, 0 failed\n") {
		t.Errorf("exit code %d, %s", code, p.stderr.String())
	}
	out, err := exec.Command("kq", "consume", "t", "-b", b.Addr(), "-f", "value").Output()
	if err != nil || string(out) != "one\ntwo\n" {
		t.Errorf("%q, %v", out, err)
	}
}

// TestProduceInterruptedTwice: the second interrupt ends a run at once whose
// records nobody acknowledges.
func TestProduceInterruptedTwice(t *testing.T) {
	b := brokertest.Start(t, brokertest.Topics("t:1"))
	p, pipe := produceFromPipe(t, b.Addr(), "one\n", "one\n")
	b.Stop()
	// More than the pipe and a few reads hold: when it is written, records of it
	// are on their way.
	if _, err := pipe.WriteString(strings.Repeat(strings.Repeat("two", 300)+"\n", 1000)); err != nil {
		t.Fatal(err)
	}
	// The first one waits for the record, for a while. When that is over cannot be
	// seen from here: the signal comes again and again.
	done := make(chan struct{})
	go func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			_ = p.Process.Signal(syscall.SIGINT)
			select {
			case <-done:
				return
			case <-tick.C:
			}
		}
	}()
	began := time.Now()
	code := p.exit()
	close(done)
	if took := time.Since(began); code != -1 || took > 4*time.Second {
		t.Errorf("exit code %d after %v, %s", code, took, p.stderr.String())
	}
}
