package broker_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker"
	"kq/pkg/broker/logstore"
	"kq/pkg/broker/vfs"
)

func open(t *testing.T, o broker.Options) *broker.Broker {
	t.Helper()
	if o.Listen == nil {
		o.Listen = []string{"127.0.0.1:0"}
	}
	b, err := broker.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Kill)
	return b
}

func client(t *testing.T, b *broker.Broker) *kgo.Client {
	t.Helper()
	c, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()), kgo.RetryTimeout(5*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func deadline(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// wantError checks for an error of one line with a hint.
func wantError(t *testing.T, err error, text string) {
	t.Helper()
	var e *broker.Error
	if !errors.As(err, &e) || e.Hint() == "" || !strings.Contains(err.Error(), text) || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v, want one line with %q and a hint", err, text)
	}
}

func TestOpenFails(t *testing.T) {
	ctx := t.Context()
	listen := []string{"127.0.0.1:0"}
	dir := t.TempDir()
	b := open(t, broker.Options{DataDir: dir})

	_, err := broker.Open(ctx, broker.Options{DataDir: dir, Listen: listen})
	wantError(t, err, "Failed to acquire lock on file .lock in "+dir)
	if !errors.Is(err, logstore.ErrLocked) {
		t.Errorf("error %v is not ErrLocked", err)
	}
	_, err = broker.Open(ctx, broker.Options{Mem: true, Listen: []string{b.Addr()}})
	wantError(t, err, "listen on "+b.Addr())
	_, err = broker.Open(ctx, broker.Options{Mem: true, Listen: listen, Metrics: b.Addr()})
	wantError(t, err, "listen on "+b.Addr())

	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err = broker.Open(ctx, broker.Options{DataDir: file, Listen: listen})
	wantError(t, err, "open data directory "+file)

	for name, cause := range map[string]error{"full": vfs.ErrNoSpace, "unwritable": fs.ErrPermission} {
		bad := vfs.NewErr(vfs.NewMem(0), vfs.Rule{Ops: vfs.OpCreate, Err: cause})
		_, err = broker.Open(ctx, broker.Options{FS: bad, DataDir: name, Listen: listen})
		wantError(t, err, "open data directory "+name)
	}
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	if _, err = broker.Open(ctx, broker.Options{Mem: true, Listen: listen}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
}

// Close answers requests that wait, and does not wait for them.
func TestCloseAnswersParkedFetches(t *testing.T) {
	b := open(t, broker.Options{Mem: true, Topics: []broker.TopicSpec{{Name: "t"}}, Metrics: "127.0.0.1:0"})
	q := kmsg.NewPtrFetchRequest()
	q.MaxWaitMillis, q.MinBytes = 60000, 1
	topic := kmsg.NewFetchRequestTopic()
	topic.Topic = "t"
	topic.Partitions = []kmsg.FetchRequestTopicPartition{kmsg.NewFetchRequestTopicPartition()}
	topic.Partitions[0].PartitionMaxBytes = 1000
	q.Topics = []kmsg.FetchRequestTopic{topic}
	q.Version = 12
	conn, err := net.Dial("tcp", b.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.Write(kmsg.NewRequestFormatter().AppendRequest(nil, q, 1)); err != nil {
		t.Fatal(err)
	}
	for !strings.Contains(get(t, b, "/metrics"), `kq_requests_total{api="Fetch"} 1`) {
		if t.Context().Err() != nil {
			t.Fatal("the fetch did not arrive")
		}
	}
	answer := make(chan []byte)
	go func() {
		p, _ := io.ReadAll(conn)
		answer <- p
	}()
	start := time.Now()
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > 4*time.Second {
		t.Errorf("Close took %v", took)
	}
	if p := <-answer; len(p) == 0 {
		t.Error("the parked fetch got no answer")
	}
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}

// A metadata log that cannot be synced stops the broker.
func TestFatal(t *testing.T) {
	bad := vfs.NewErr(vfs.NewMem(0))
	b := open(t, broker.Options{FS: bad, DataDir: "d"})
	bad.Add(vfs.Rule{
		Ops: vfs.OpSync, Err: io.ErrUnexpectedEOF,
		Match: func(name string) bool { return strings.Contains(name, "__cluster_metadata") },
	})
	if err := b.CreateTopics(deadline(t), broker.TopicSpec{Name: "t"}); err == nil {
		t.Error("a topic was created in a metadata log that is not on disk")
	}
	select {
	case <-b.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("the broker goes on")
	}
	if err := b.Err(); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("error %v, want the cause", err)
	}
}

func TestAddressesAndMetrics(t *testing.T) {
	b := open(t, broker.Options{
		Mem: true, Listen: []string{"localhost:0"}, Metrics: "127.0.0.1:0", Topics: []broker.TopicSpec{{Name: "t", Partitions: 3}},
		Advertise: []string{"127.0.0.0/8=localhost:1", "auto"},
	})
	c := client(t, b)
	resp, err := kmsg.NewPtrMetadataRequest().RequestWith(deadline(t), c)
	if err != nil {
		t.Fatal(err)
	}
	if len(resp.Brokers) != 1 || resp.Brokers[0].Host != "localhost" || resp.Brokers[0].Port != 1 {
		t.Errorf("brokers = %+v, want the address of the network", resp.Brokers)
	}
	if len(b.Addrs()) < 1 || b.Addrs()[0] != b.Addr() || b.DataDir() != "memory" || b.StartTime() <= 0 {
		t.Errorf("addresses %q, directory %s, start %v", b.Addrs(), b.DataDir(), b.StartTime())
	}
	for path, want := range map[string]string{
		"/metrics": `kq_log_end_offset{partition="2",topic="t"} 0`, "/readyz": "ready", "/healthz": "ok",
	} {
		if body := get(t, b, path); !strings.Contains(body, want) {
			t.Errorf("%s: no %q in %s", path, want, body)
		}
	}
}

// get asks the metrics server of a broker.
func get(t *testing.T, b *broker.Broker, path string) string {
	t.Helper()
	defer http.DefaultClient.CloseIdleConnections()
	resp, err := http.Get("http://" + b.MetricsAddr() + path)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// A broker that was killed left nothing behind but what was written; its port
// and its directory are free.
func TestKillAndOpenAgain(t *testing.T) {
	dir := t.TempDir()
	b := open(t, broker.Options{DataDir: dir, Topics: []broker.TopicSpec{{Name: "t"}}})
	c := client(t, b)
	if err := c.ProduceSync(deadline(t), &kgo.Record{Topic: "t", Value: []byte("v")}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	b.Kill()
	if err := b.Err(); err != nil {
		t.Error(err)
	}
	again := open(t, broker.Options{DataDir: dir, Listen: []string{b.Addr()}})
	if err := c.ProduceSync(deadline(t), &kgo.Record{Topic: "t", Value: []byte("w")}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); err != nil {
		t.Error(err)
	}
}
