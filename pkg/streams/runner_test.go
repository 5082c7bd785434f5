package streams_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/broker/brokertest"
	"kq/pkg/streams"
	"kq/pkg/streams/query"
)

const countJob = `
app: wc
config: {commit: 20ms, kafka: {sessionTimeout: 6s}}
query: 127.0.0.1:0
streams: {lines: {topic: in, value: string, create: {partitions: 4}}}
pipelines:
  counts:
    from: lines
    steps:
      - flatMapValues: words(value)
      - groupBy: value
      - count: {store: counts}
    to: {topic: out, value: long, create: {partitions: 1}}
`

// start runs an instance until the test ends, and returns a client of its queries.
func start(t *testing.T, seed string) *query.Client {
	t.Helper()
	j, err := streams.Parse("job.yaml", []byte(countJob), streams.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := j.Runner(t.Context(), streams.RunOptions{Opts: []kgo.Opt{kgo.SeedBrokers(seed)}, StateDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	c, err := query.NewClient([]string{r.QueryAddr()}, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		c.Close()
	})
	return c
}

// counts asks an instance for all words until it knows as many as wanted.
func counts(t *testing.T, c *query.Client, want string) {
	t.Helper()
	got := ""
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); {
		f, err := c.Find(t.Context(), "counts", nil)
		if err != nil {
			got = err.Error()
			continue
		}
		var list []string
		for _, e := range f.Entries {
			list = append(list, fmt.Sprintf("%s=%s", strings.Trim(string(e.Key), `"`), e.Value))
		}
		if got = strings.Join(list, " "); got == want {
			return
		}
	}
	t.Fatalf("%s\nwant %s", got, want)
}

// everyone asks an instance until it tells of eight tasks on two instances.
func everyone(t *testing.T, c *query.Client) {
	t.Helper()
	var list []query.InstanceStatus
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); {
		var err error
		if list, err = c.Instances(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(list) == 2 && len(list[0].Tasks) > 0 && len(list[0].Tasks)+len(list[1].Tasks) == 8 {
			return
		}
	}
	t.Fatalf("%+v", list)
}

// TestTwoInstances: each answers for all keys, and tells of changes on the other.
func TestTwoInstances(t *testing.T) {
	b := brokertest.Start(t)
	one := start(t, b.Addr())
	two := start(t, b.Addr())
	p, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	say := func(text string) {
		t.Helper()
		if err := p.ProduceSync(t.Context(), &kgo.Record{Topic: "in", Value: []byte(text)}).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	say("all streams lead to kafka")
	say("hello kafka streams")
	want := "all=1 hello=1 kafka=2 lead=1 streams=2 to=1"
	counts(t, one, want)
	counts(t, two, want)
	everyone(t, one)
	everyone(t, two)
	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	enough := errors.New("enough")
	changed := 0
	err = two.Watch(ctx, "counts", url.Values{"from": {"a"}}, func(event string, e *query.Entry) error {
		switch event {
		case "ready":
			say("all hello kafka lead streams to")
		case "change":
			if changed++; changed == 6 {
				return enough
			}
		}
		return nil
	})
	if !errors.Is(err, enough) {
		t.Errorf("%d changes were seen: %v", changed, err)
	}
	counts(t, one, "all=2 hello=2 kafka=3 lead=2 streams=3 to=2")
}
