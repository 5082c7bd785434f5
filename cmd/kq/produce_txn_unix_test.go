//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"kq/pkg/broker/brokertest"
)

// TestProduceTxnInterrupted: an interrupt aborts the transaction that is open,
// though the input has not ended; those before it stay committed.
func TestProduceTxnInterrupted(t *testing.T) {
	b := brokertest.Start(t, brokertest.Topics("t:1"))
	name := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	p := startKQ(t, "produce", "t", name, "--txn", "load", "--batch", "2", "-b", b.Addr())
	pipe, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	if _, err := pipe.WriteString("one\ntwo\nthree\nfou"); err != nil {
		t.Fatal(err)
	}
	// "three" is in the log, and its transaction open.
	read := []string{"consume", "t", "-b", b.Addr(), "-f", "value", "--isolation", "read_uncommitted", "-F", "--from", "start", "-n", "3"}
	if out, err := exec.Command("kq", read...).Output(); err != nil || string(out) != "one\ntwo\nthree\n" {
		t.Fatalf("%q, %v", out, err)
	}
	p.signal(syscall.SIGINT)
	if code := p.exit(); code != 130 || !strings.Contains(p.stderr.String(), "kq: 2 records committed in 1 transaction, 1 record not committed\n") {
		t.Errorf("exit code %d, %s", code, p.stderr.String())
	}
	for args, want := range map[string]string{
		"consume t -f value":              "one\ntwo\n",
		"txn list --state Ongoing -o tsv": "ID\tSTATE\tPRODUCER\tCOORDINATOR\n",
	} {
		out, err := exec.Command("kq", append(strings.Fields(args), "-b", b.Addr())...).Output()
		if err != nil || string(out) != want {
			t.Errorf("%s: %q, %v", args, out, err)
		}
	}
}
