package ingest_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/broker/brokertest"
	"kq/pkg/broker/ingest"
)

// steps are the moments at which everything may end.
var steps = []string{"begun", "records", "entries", "committed", "answers"}

// The machine fails between two steps of a transaction: the broker is gone, and
// so is the door. What was asked for again with its key is there once.
func TestKillAtEveryStep(t *testing.T) {
	for _, step := range append(steps, "opened") {
		for _, doorStays := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/%v", step, doorStays), func(t *testing.T) {
				t.Parallel()
				killAt(t, step, doorStays)
			})
		}
	}
}

func killAt(t *testing.T, step string, doorStays bool) {
	b := brokertest.Start(t, brokertest.OnDisk(), brokertest.Topics("t:2"))
	o := ingest.Options{Shards: 1}
	var kill atomic.Bool
	killed := make(chan struct{})
	o.OnStep(func(_ int, point string) {
		if point == step && kill.CompareAndSwap(true, false) {
			b.Crash()
			close(killed)
		}
	})
	if step == "opened" {
		kill.Store(true)
	}
	d := open(t, b, o)
	answers := map[string]reply{}
	if step != "opened" {
		answers["before"] = d.keyed("t", "before", `{"value":"before"}`)
		kill.Store(true)
	}
	bodies := map[string]string{}
	for i := range 5 {
		value := fmt.Sprint("v", i)
		bodies[value] = `{"value":"` + value + `","partition":` + fmt.Sprint(i%2) + `}`
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	post := func(at *door) {
		for value, body := range bodies {
			wg.Go(func() {
				r, err := at.send("POST", "/topics/t/records", body, "Content-Type", "application/json", "Idempotency-Key", value)
				mu.Lock()
				defer mu.Unlock()
				if err == nil && r.code == 200 {
					if before, ok := answers[value]; ok && before.body != r.body {
						t.Errorf("%s: answered with %s, then %s", value, before.body, r.body)
					}
					answers[value] = r
				}
			})
		}
	}
	post(d)
	<-killed
	if !doorStays {
		d.stop()
		wg.Wait()
		b.Restart()
		d = open(t, b, ingest.Options{})
	} else {
		b.Restart()
		wg.Wait()
	}
	all := len(bodies)
	if step != "opened" {
		all++
	}
	for len(answers) < all {
		post(d)
		wg.Wait()
	}
	post(d)
	wg.Wait()
	once(t, consume(t, b, "t"), answers)
}

// cutter makes connections that break when a request of some API has been sent.
type cutter struct {
	addr string
	api  atomic.Int32 // -1: none
	cuts atomic.Int32
}

func (c *cutter) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, c.addr)
	return &cutConn{Conn: conn, c: c}, err
}

type cutConn struct {
	net.Conn
	c *cutter
}

var errCut = errors.New("the connection was cut")

func (c *cutConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	if len(b) > 6 && c.c.api.CompareAndSwap(int32(binary.BigEndian.Uint16(b[4:])), -1) {
		c.c.cuts.Add(1)
		_ = c.Conn.Close()
		return n, errCut
	}
	return n, err
}

// The connection breaks behind a request: it may have been done or not.
func TestCutConnections(t *testing.T) {
	b := brokertest.Start(t, brokertest.Topics("t"))
	c := &cutter{addr: b.Addr()}
	c.api.Store(-1)
	d := open(t, b, ingest.Options{Shards: 1, Client: []kgo.Opt{kgo.Dialer(c.dial)}})
	<-d.s.Loaded()
	answers := map[string]reply{}
	for i := range 30 {
		value := fmt.Sprint("v", i)
		if i%2 == 1 {
			c.api.Store([]int32{0, 26}[i/2%2]) // Produce and EndTxn
		}
		for answers[value].code != 200 {
			answers[value] = d.keyed("t", value, `{"value":"`+value+`"}`)
		}
	}
	if c.cuts.Load() != 15 {
		t.Errorf("%d cuts", c.cuts.Load())
	}
	once(t, consume(t, b, "t"), answers)
}
