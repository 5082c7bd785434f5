//go:build interop

package interop

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// deliveries is what share consumers said of the offsets of a partition.
type deliveries struct {
	mu        sync.Mutex
	delivered map[string][]string // offset to delivery counts; guarded by mu
	accepted  map[string]int      // guarded by mu
	doubtful  map[string]bool     // guarded by mu: acknowledged, but nobody knows whether it counts
	heard     chan struct{}
}

// shareConsumer starts Java's share consumer (testdata/Shares.java).
func (d *deliveries) shareConsumer(t *testing.T, s *server, mode string) (stop, kill func()) {
	t.Helper()
	args := append(javaArgs("Shares"), s.addr, "shares", "shares", mode)
	i := slices.Index(args, "-cp")
	args[i+1] = installed.classes + string(os.PathListSeparator) + args[i+1]
	args = slices.DeleteFunc(args, func(a string) bool { return strings.HasPrefix(a, "-XX:SharedArchiveFile") })
	cmd := exec.Command("java", args...)
	stdin, _ := cmd.StdinPipe()
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	var said []string
	go func() {
		defer close(done)
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			said = append(said, lines.Text())
			d.line(lines.Text())
		}
		_ = cmd.Wait() // it may have been killed
	}()
	kill = func() {
		_ = cmd.Process.Kill()
		<-done
		for _, line := range said { // nobody knows what it has acknowledged last
			if o, ok := strings.CutPrefix(line, "d "); ok {
				o, _, _ = strings.Cut(o, " ")
				d.line("x " + o)
			}
		}
	}
	t.Cleanup(kill)
	return func() {
		_, _ = io.WriteString(stdin, "\n")
		<-done
	}, kill
}

func (d *deliveries) line(line string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := strings.Fields(line)
	switch {
	case len(f) == 3 && f[0] == "d":
		d.delivered[f[1]] = append(d.delivered[f[1]], f[2])
	case len(f) == 2 && f[0] == "a":
		d.accepted[f[1]]++
	case len(f) == 2 && f[0] == "x":
		d.doubtful[f[1]] = true
	}
	select {
	case d.heard <- struct{}{}:
	default:
	}
}

// until waits for n offsets that are accepted, or may be.
func (d *deliveries) until(t *testing.T, n int) {
	t.Helper()
	late := time.After(60 * time.Second)
	for {
		d.mu.Lock()
		have := len(d.accepted)
		for o := range d.doubtful {
			if d.accepted[o] == 0 {
				have++
			}
		}
		d.mu.Unlock()
		if have >= n {
			return
		}
		select {
		case <-d.heard:
		case <-late:
			t.Fatalf("%d of %d offsets are accepted", have, n)
		}
	}
}

// TestShareConsumers lets Java's share consumers, three at a time, read one
// partition, with explicit and implicit acknowledgements, while one of them and
// then the broker is killed: every record is delivered, and accepted once.
func TestShareConsumers(t *testing.T) {
	const each = 2000
	data := t.TempDir()
	s := startKQ(t, data)
	tool(t, nil, installed.kq, "topic", "create", "shares", "-b", s.addr)
	tool(t, nil, installed.kq, "config", "set", "group/shares", "-b", s.addr,
		"share.auto.offset.reset=earliest", "share.record.lock.duration.ms=15000")
	write := func() {
		cl, err := kgo.NewClient(kgo.SeedBrokers(s.addr))
		if err != nil {
			t.Fatal(err)
		}
		defer cl.Close()
		var recs []*kgo.Record
		for i := range each {
			recs = append(recs, &kgo.Record{Topic: "shares", Value: fmt.Append(nil, i)})
		}
		if err := cl.ProduceSync(t.Context(), recs...).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	d := &deliveries{delivered: map[string][]string{}, accepted: map[string]int{}, doubtful: map[string]bool{}, heard: make(chan struct{}, 1)}
	write()
	one, _ := d.shareConsumer(t, s, "explicit")
	two, _ := d.shareConsumer(t, s, "implicit")
	_, kill := d.shareConsumer(t, s, "explicit")
	d.until(t, each)
	write()
	d.until(t, each+200)
	kill()
	d.until(t, 2*each)
	addr := s.addr
	if err := s.kill(); err != nil {
		t.Fatal(err)
	}
	s = startKQ(t, data, "--listen", addr)
	write()
	d.until(t, 3*each)
	one()
	two()
	for o := range 3 * each {
		at := fmt.Sprint(o)
		if len(d.delivered[at]) == 0 || d.accepted[at] > 1 || d.accepted[at] == 0 && !d.doubtful[at] {
			t.Errorf("offset %s: delivered %v, accepted %d times", at, d.delivered[at], d.accepted[at])
		}
		for i, n := range d.delivered[at] {
			if slices.Index(d.delivered[at], n) != i && !d.doubtful[at] {
				t.Errorf("offset %s: delivered %v", at, d.delivered[at])
			}
		}
	}
}
