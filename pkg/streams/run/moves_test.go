package run

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/broker/brokertest"
	"kq/pkg/streams/state"
)

// feeder produces lines until it is stopped, and says how many.
type feeder struct {
	stop context.CancelFunc
	n    chan int
}

func feed(t *testing.T, b *brokertest.Broker) *feeder {
	cl := client(t, b, kgo.ProducerLinger(0))
	ctx, cancel := context.WithCancel(t.Context())
	f := &feeder{stop: cancel, n: make(chan int, 1)}
	go func() {
		i := 0
		for ; ctx.Err() == nil; i++ {
			r := &kgo.Record{Topic: "lines", Key: []byte(fmt.Sprint(i)), Value: []byte(words(i))}
			if err := cl.ProduceSync(context.WithoutCancel(ctx), r).FirstErr(); err != nil {
				t.Error(err)
				break
			}
		}
		f.n <- i
	}()
	return f
}

func (f *feeder) end() int { f.stop(); return <-f.n }

// checkModel reads the counts until they are those of n lines.
func checkModel(t *testing.T, b *brokertest.Broker, n int, exact bool) {
	t.Helper()
	want := model(n)
	got := read(t, b, "counts", func(x *table) bool {
		if exact {
			return x.n >= 5*n
		}
		for k, v := range want {
			if x.last[k] < v {
				return false
			}
		}
		return true
	})
	if exact && (got.n != 5*n || !same(got.last, want)) {
		t.Errorf("%d records, want %d: %v, want %v", got.n, 5*n, got.last, want)
	}
}

func TestTasksMoveBetweenInstances(t *testing.T) {
	for _, g := range []Guarantee{AtLeastOnce, ExactlyOnce} {
		t.Run(g.String(), func(t *testing.T) {
			b := broker(t, "lines:4", "counts:1")
			tune := func(o *Options) { o.Guarantee, o.AcceptableLag = g, 1<<40 } // move at once
			f := feed(t, b)
			one := start(t, b, wordCount(t), tune)
			one.running(t, 8)
			two := start(t, b, wordCount(t), tune)
			two.running(t, 4)
			one.running(t, 4)
			three := start(t, b, wordCount(t), func(o *Options) { tune(o); o.Threads = 2 })
			until(t, "three instances share", func() bool { return one.active() == 2 && two.active() == 2 && three.active() == 4 })
			two.stop(t)
			until(t, "two instances share", func() bool { return one.active()+three.active() == 8 && one.active() >= 2 })
			one.stop(t)
			three.running(t, 8)
			n := f.end()
			checkModel(t, b, n, true) // every stop was in good order: nothing comes twice
			three.stop(t)
		})
	}
}

func TestKilledInstanceIsTakenOver(t *testing.T) {
	for _, g := range []Guarantee{AtLeastOnce, ExactlyOnce} {
		t.Run(g.String(), func(t *testing.T) {
			b := broker(t, "lines:2", "counts:1")
			tune := func(o *Options) { o.Guarantee, o.TransactionTimeout = g, 2*time.Second }
			f := feed(t, b)
			one := start(t, b, wordCount(t), tune)
			one.running(t, 4)
			read(t, b, "counts", func(x *table) bool { return x.n > 500 })
			one.die()
			two := start(t, b, wordCount(t), tune)
			two.running(t, 4)
			n := f.end()
			checkModel(t, b, n, g == ExactlyOnce)
			two.stop(t)
			groups, err := kadm.NewClient(client(t, b)).DescribeGroups(t.Context(), "app")
			if err != nil || len(groups["app"].Members) != 0 {
				t.Errorf("the group still has members: %v %v", groups["app"].Members, err)
			}
		})
	}
}

func TestStandbysFollowAndTakeOver(t *testing.T) {
	b := broker(t, "lines:2", "counts:1")
	tune := func(o *Options) { o.Standbys = 1 }
	cl := client(t, b)
	one := start(t, b, wordCount(t), func(o *Options) { tune(o); o.Listen = "one:1" })
	one.running(t, 4)
	two := start(t, b, wordCount(t), func(o *Options) { tune(o); o.Listen = "two:2" })
	roles := func(i *instance, role Role) int {
		n := 0
		for _, x := range i.Tasks() {
			if x.Role == role && x.ID.Sub == 1 {
				n++
			}
		}
		return n
	}
	until(t, "each runs one counting task and keeps a copy of the other", func() bool {
		return roles(one, Active) == 1 && roles(two, Active) == 1 && roles(one, Standby) == 1 && roles(two, Standby) == 1
	})
	put(t, cl, 300, words)
	checkModel(t, b, 300, true)
	where, err := one.Locate("counts", []byte("w1"))
	if err != nil || where.Active == "" || len(where.Standbys) != 1 || where.Active == where.Standbys[0] {
		t.Errorf("w1 is at %+v (%v), hosts %v", where, err, one.Hosts())
	}
	two.die()
	one.running(t, 4)
	parts, done, err := one.Open("counts")
	if err != nil || len(parts) != 2 || !parts[0].Active || !parts[1].Active {
		t.Errorf("%+v %v", parts, err)
	}
	n := 0
	for _, p := range parts {
		if err := p.Store.(*state.KeyValue).Range(nil, nil, false, func(_, _ []byte, _ int64) bool { n++; return true }); err != nil {
			t.Fatal(err)
		}
	}
	done()
	if n != 100 {
		t.Errorf("%d words are stored", n)
	}
	put(t, cl, 300, words)
	want := model(300)
	read(t, b, "counts", func(x *table) bool {
		for k, v := range want {
			if x.last[k] < 2*v {
				return false
			}
		}
		return true
	})
}
