//go:build unix

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// killsVar is the variable with the number of kills of TestServeHTTPDrill (default 5).
const killsVar = "KQ_HTTP_KILLS"

// httpDrill is a history: who posted what, and what was answered.
type httpDrill struct {
	t        *testing.T
	url      atomic.Pointer[string]
	answered atomic.Int64
	over     atomic.Bool

	mu      sync.Mutex
	answers map[string]string // guarded by mu: "partition offset" by value
}

// The process is killed with -9 at random moments while clients post, each request
// until it is answered: all records are there once, where the answer said.
func TestServeHTTPDrill(t *testing.T) {
	t.Parallel()
	kills := 5
	if s := os.Getenv(killsVar); s != "" {
		var err error
		if kills, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	data := filepath.Join(t.TempDir(), "data")
	d := &httpDrill{t: t, answers: make(map[string]string)}
	start := func() (p *process, broker string) {
		p = startKQ(t, "serve", "--listen", "127.0.0.1:0", "--http", "127.0.0.1:0", "--data", data, "--topic", "t:3")
		line := p.line()
		_, url, ok := strings.Cut(line, "records on ")
		if !ok {
			t.Fatalf("the ready line is %q", line)
		}
		d.url.Store(&url)
		return p, strings.TrimSuffix(strings.Fields(line)[3], ",")
	}
	p, broker := start()
	var clients sync.WaitGroup
	for n := range 6 {
		clients.Go(func() { d.client(n) })
	}
	for range kills {
		d.await(d.answered.Load() + int64(1+rnd.IntN(60)))
		p.signal(syscall.SIGKILL)
		p.exit()
		p, broker = start()
	}
	d.await(d.answered.Load() + 30)
	d.over.Store(true)
	clients.Wait()
	d.check(broker)
	p.signal(syscall.SIGTERM)
	if code := p.exit(); code != 0 {
		t.Errorf("exit code %d: %s", code, p.stderr.String())
	}
}

// await waits until so many requests have been answered.
func (d *httpDrill) await(n int64) {
	d.t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(time.Minute); d.answered.Load() < n; <-tick.C {
		if time.Now().After(end) {
			d.t.Fatalf("%d of %d requests are answered", d.answered.Load(), n)
		}
	}
}

// client posts one value after the other.
func (d *httpDrill) client(n int) {
	c := &http.Client{Timeout: 20 * time.Second}
	for i := 0; !d.over.Load(); i++ {
		value := fmt.Sprintf("%d-%d", n, i)
		var at string
		for at == "" {
			at = d.post(c, value)
		}
		if again := d.post(c, value); i%5 == 0 && again != "" && again != at {
			d.t.Errorf("%s was answered with %s, then %s", value, at, again)
		}
		d.mu.Lock()
		d.answers[value] = at
		d.mu.Unlock()
		d.answered.Add(1)
	}
}

// post sends a value with its key, and returns where it is, "" without an answer.
func (d *httpDrill) post(c *http.Client, value string) string {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, *d.url.Load()+"/topics/t/records", strings.NewReader(value))
	if err != nil {
		d.t.Error(err)
		return "-"
	}
	req.Header.Set("Content-Type", "text/plain")
	req.Header.Set("Idempotency-Key", value)
	resp, err := c.Do(req)
	if err != nil {
		return ""
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode == http.StatusServiceUnavailable {
		return ""
	}
	var doc struct {
		Records []struct{ Partition, Offset int64 }
	}
	if err := json.Unmarshal(body, &doc); err != nil || resp.StatusCode != http.StatusOK || len(doc.Records) != 1 {
		d.t.Errorf("%s: %s %s", value, resp.Status, body)
		return "-"
	}
	return fmt.Sprint(doc.Records[0].Partition, " ", doc.Records[0].Offset)
}

// check compares the log with the answers.
func (d *httpDrill) check(broker string) {
	out, err := exec.Command("kq", "consume", "t", "-q", "-f", `%v %p %o\n`, "-b", broker).Output()
	if err != nil {
		d.t.Fatal(err)
	}
	there := map[string]int{}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		value, at, _ := strings.Cut(line, " ")
		if there[value]++; d.answers[value] != at {
			d.t.Errorf("%s is at %s, the answer was %q", value, at, d.answers[value])
		}
	}
	for value := range d.answers {
		if there[value] != 1 {
			d.t.Errorf("%s is there %d times", value, there[value])
		}
	}
	d.t.Logf("%d requests, each once", len(d.answers))
}
