//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"kq/pkg/broker/brokertest"
)

// TestProduceInterrupted: an interrupt ends an input that does not end; what was
// read of it is written, but for half a line.
func TestProduceInterrupted(t *testing.T) {
	b := brokertest.Start(t, brokertest.Topics("t:1"))
	name := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	p := startKQ(t, "produce", "t", name, "-b", b.Addr())
	pipe, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	if _, err := pipe.WriteString("one\ntwo\nthr"); err != nil {
		t.Fatal(err)
	}
	read := []string{"consume", "t", "-b", b.Addr(), "-f", "value", "-F", "--from", "start", "-n", "2"}
	if out, err := exec.Command("kq", read...).Output(); err != nil || string(out) != "one\ntwo\n" {
		t.Fatalf("%q, %v", out, err)
	}
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
	name := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	p := startKQ(t, "produce", "t", name, "-b", b.Addr())
	pipe, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	if _, err := pipe.WriteString("one\n"); err != nil {
		t.Fatal(err)
	}
	read := []string{"consume", "t", "-b", b.Addr(), "-f", "value", "-F", "--from", "start", "-n", "1"}
	if out, err := exec.Command("kq", read...).Output(); err != nil || string(out) != "one\n" {
		t.Fatalf("%q, %v", out, err)
	}
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
