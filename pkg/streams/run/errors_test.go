package run

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/dsl"
	"kq/pkg/streams/task"
)

func headers(r *kgo.Record) map[string]string {
	out := map[string]string{}
	for _, h := range r.Headers {
		out[h.Key] = string(h.Value)
	}
	return out
}

// first reads the first record of a topic.
func first(t *testing.T, cl *kgo.Client) *kgo.Record {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for ctx.Err() == nil {
		if rs := cl.PollFetches(ctx).Records(); len(rs) > 0 {
			return rs[0]
		}
	}
	t.Fatal("no record")
	return nil
}

func TestRecordsThatFail(t *testing.T) {
	poison := func(i int) string {
		if i == 5 {
			return "poison"
		}
		return "hello"
	}
	t.Run("fail", func(t *testing.T) {
		b := broker(t, "lines:1", "counts:1")
		put(t, client(t, b), 10, poison)
		i := start(t, b, wordCount(t), nil)
		err := <-i.done
		i.done <- err
		var re *task.RecordError
		if !errors.As(err, &re) || re.Phase != task.Process || re.Origin.Offset != 5 {
			t.Fatalf("%v", err)
		}
	})
	t.Run("continue", func(t *testing.T) {
		b := broker(t, "lines:1", "counts:1")
		put(t, client(t, b), 10, poison)
		s := once(t, b, func(o *Options) { o.OnError.Process = Continue })
		if s.Failed != 1 {
			t.Errorf("%d failed", s.Failed)
		}
		read(t, b, "counts", func(x *table) bool { return x.last["hello"] == 9 })
	})
	t.Run("dead letter", func(t *testing.T) {
		b := broker(t, "lines:1", "counts:1", "dead:1")
		put(t, client(t, b), 10, poison)
		once(t, b, func(o *Options) { o.OnError.Process, o.DLQ, o.Guarantee = DeadLetter, "dead", ExactlyOnce })
		r := first(t, client(t, b, kgo.ConsumeTopics("dead"), kgo.FetchIsolationLevel(kgo.ReadCommitted())))
		h := headers(r)
		if string(r.Value) != "poison" || string(r.Key) != "5" || h[task.HeaderTopic] != "lines" || h[task.HeaderPartition] != "0" || h[task.HeaderOffset] != "5" || h[task.HeaderMessage] != "poison" || h[task.HeaderException] != "process error" {
			t.Errorf("%s %v", r.Value, h)
		}
	})
}

func TestRecordsThatBrokersRefuse(t *testing.T) {
	b := broker(t, "in:1", "out:1:1:max.message.bytes=500", "dead:1")
	cl := client(t, b)
	for i, v := range []string{"a", strings.Repeat("b", 1000), "c"} {
		if err := cl.ProduceSync(t.Context(), &kgo.Record{Topic: "in", Key: []byte{byte('0' + i)}, Value: []byte(v)}).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	copies := dsl.NewBuilder()
	copies.Stream([]string{"in"}, dsl.Consumed{Key: codec.String{}, Value: codec.String{}}).To("out", dsl.Produced{})
	top, err := copies.Build()
	if err != nil {
		t.Fatal(err)
	}
	i := start(t, b, top, func(o *Options) { o.Once, o.OnError.Produce, o.DLQ = true, DeadLetter, "dead" })
	err = <-i.done
	i.done <- err
	if err != nil {
		t.Fatal(err)
	}
	if r := first(t, client(t, b, kgo.ConsumeTopics("dead"))); string(r.Key) != "1" || headers(r)[task.HeaderTopic] != "out" {
		t.Errorf("%s %v", r.Key, headers(r))
	}
	read(t, b, "out", func(x *table) bool { return x.n == 2 })
}

// deaf loses the answers to some requests.
type deaf struct {
	net.Conn
	lose func(key uint16) bool
	lost atomic.Bool
}

func (c *deaf) Write(p []byte) (int, error) {
	if len(p) > 6 && c.lose(binary.BigEndian.Uint16(p[4:])) {
		c.lost.Store(true)
	}
	return c.Conn.Write(p)
}

func (c *deaf) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.lost.Load() {
		_ = c.Close()
		return 0, net.ErrClosed
	}
	return n, err
}

func TestLostAnswersChangeNothing(t *testing.T) {
	for name, key := range map[string]uint16{"EndTxn": 26, "TxnOffsetCommit": 28, "Produce": 0, "Heartbeat": 12, "JoinGroup": 11} {
		t.Run(name, func(t *testing.T) {
			b := broker(t, "lines:2", "counts:1")
			var n atomic.Int32
			dial := kgo.Dialer(func(ctx context.Context, network, addr string) (net.Conn, error) {
				c, err := new(net.Dialer).DialContext(ctx, network, addr)
				return &deaf{Conn: c, lose: func(k uint16) bool { return k == key && n.Add(1)%4 == 0 }}, err
			})
			i := start(t, b, wordCount(t), func(o *Options) {
				o.Guarantee, o.Commit, o.Opts = ExactlyOnce, 20*time.Millisecond, append(o.Opts, dial)
			})
			f := feed(t, b)
			i.running(t, 4)
			until(t, "answers were lost", func() bool { return n.Load() >= 12 || key == 11 && n.Load() >= 1 })
			checkModel(t, b, f.end(), true)
			i.stop(t)
		})
	}
}

func TestABrokerThatCrashesUnderWay(t *testing.T) {
	for _, g := range []Guarantee{AtLeastOnce, ExactlyOnce} {
		t.Run(g.String(), func(t *testing.T) {
			b := broker(t, "lines:2", "counts:1")
			put(t, client(t, b), 2000, words)
			i := start(t, b, wordCount(t), func(o *Options) { o.Guarantee, o.Commit = g, 20*time.Millisecond })
			i.running(t, 4)
			read(t, b, "counts", func(x *table) bool { return x.n > 100 })
			b.Stop()
			b.Restart()
			put(t, client(t, b), 100, func(int) string { return "more" })
			read(t, b, "counts", func(x *table) bool { return x.last["more"] >= 100 })
			if g == ExactlyOnce {
				got := read(t, b, "counts", func(x *table) bool { return x.n >= 10100 })
				want := model(2000)
				want["more"] = 100
				if !same(got.last, want) || got.n != 10100 {
					t.Errorf("%d records: %v", got.n, got.last)
				}
			}
		})
	}
}

func TestOffsetReset(t *testing.T) {
	b := broker(t, "lines:1", "counts:1")
	cl := client(t, b)
	put(t, cl, 5, func(int) string { return "old" })
	i := start(t, b, wordCount(t), func(o *Options) { o.OffsetReset = "latest" })
	i.running(t, 2)
	put(t, cl, 5, func(int) string { return "new" })
	got := read(t, b, "counts", func(x *table) bool { return x.last["new"] == 5 })
	if got.last["old"] != 0 {
		t.Errorf("%v", got.last)
	}
	i.stop(t)
	j := start(t, b, wordCount(t), func(o *Options) { o.App, o.OffsetReset = "other", "none" })
	if err := <-j.done; err == nil || !strings.Contains(err.Error(), "offset reset is none") {
		t.Errorf("%v", err)
	}
	j.done <- nil
}

// TestAMemberThatEndsEndsTheRun: what ends the membership is the error of Run,
// which does not wait for more.
func TestAMemberThatEndsEndsTheRun(t *testing.T) {
	for range 5 { // the thread sees the end of its member or that of its requests first
		i := start(t, broker(t, "lines:2", "counts:1"), wordCount(t), nil)
		i.running(t, 4)
		i.kill() // its clients are closed
		select {
		case err := <-i.done:
			i.done <- err
			if err == nil {
				t.Error("no error")
			}
		case <-time.After(20 * time.Second):
			t.Fatal("it never ends")
		}
	}
}
