package ingest_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/broker/brokertest"
	"kq/pkg/broker/ingest"
)

// door is a running Server.
type door struct {
	t    testing.TB
	s    *ingest.Server
	addr string
	stop func()
}

// open starts a door to a broker, which closes at the end of the test.
func open(t testing.TB, b *brokertest.Broker, o ingest.Options) *door {
	t.Helper()
	if o.Listen == "" {
		o.Listen = "127.0.0.1:0"
	}
	o.Client = append(o.Client, kgo.SeedBrokers(b.Addr()))
	s, err := ingest.Listen(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx) }()
	var once sync.Once
	d := &door{t: t, s: s, addr: s.Addr()}
	d.stop = func() {
		once.Do(func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(d.stop)
	return d
}

// reply is the answer to a request.
type reply struct {
	code   int
	body   string
	header http.Header
}

func (r reply) replayed() bool { return r.header.Get("Idempotent-Replayed") == "true" }

// send sends a request; headers are pairs.
func (d *door) send(method, path, body string, headers ...string) (reply, error) {
	req, err := http.NewRequestWithContext(context.Background(), method, "http://"+d.addr+path, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			req.Host = headers[i+1]
		}
		req.Header.Add(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return reply{resp.StatusCode, strings.TrimSpace(string(b)), resp.Header}, err
}

// json posts a JSON body.
func (d *door) json(topic, body string, headers ...string) reply {
	d.t.Helper()
	r, err := d.send("POST", "/topics/"+topic+"/records", body, append([]string{"Content-Type", "application/json"}, headers...)...)
	if err != nil {
		d.t.Fatal(err)
	}
	return r
}

// keyed posts a JSON body with a key.
func (d *door) keyed(topic, key, body string) reply {
	d.t.Helper()
	return d.json(topic, body, "Idempotency-Key", key)
}

// consume returns all that is in a topic, read_committed.
func consume(t testing.TB, b *brokertest.Broker, topic string) []*kgo.Record {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()), kgo.ConsumeTopics(topic), kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.FetchMaxWait(20*time.Millisecond),
		kgo.DefaultProduceTopic(topic), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	// A last record in each partition says that all before it have been seen.
	const last = "the last record"
	left := 0
	for {
		r := &kgo.Record{Key: []byte(last), Value: []byte(last), Partition: int32(left)}
		if cl.ProduceSync(t.Context(), r).FirstErr() != nil {
			break // there are no more partitions
		}
		left++
	}
	var all []*kgo.Record
	for left > 0 {
		fetches := cl.PollFetches(t.Context())
		if err := fetches.Err(); err != nil {
			t.Fatal(err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			if string(r.Key) == last {
				left--
			} else {
				all = append(all, r)
			}
		})
	}
	return all
}
