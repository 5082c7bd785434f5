package consume_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/broker/brokertest"
	"kq/pkg/consume"
)

// ledger counts what members of a group have written, by topic, partition and
// offset.
type ledger struct {
	mu      sync.Mutex
	written map[string]int // guarded by mu
	order   map[string]int64
}

func newLedger() *ledger { return &ledger{written: map[string]int{}, order: map[string]int64{}} }

// page is the sink of one member.
type page struct {
	l       *ledger
	pending []*kgo.Record
	most    int // records until it fails; 0 for never
	took    int
	seen    func(written int)
}

var errFull = errors.New("the page is full")

func (p *page) Record(r *kgo.Record) error {
	p.pending = append(p.pending, &kgo.Record{Topic: r.Topic, Partition: r.Partition, Offset: r.Offset, Value: []byte(string(r.Value))})
	return nil
}

func (p *page) Flush() error {
	p.l.mu.Lock()
	for _, r := range p.pending {
		if p.took++; p.most > 0 && p.took > p.most {
			p.l.mu.Unlock()
			return errFull
		}
		p.l.written[fmt.Sprintf("%s/%d@%d", r.Topic, r.Partition, r.Offset)]++
	}
	p.pending = nil
	n := len(p.l.written)
	p.l.mu.Unlock()
	if p.seen != nil {
		p.seen(n)
	}
	return nil
}

func (l *ledger) count() (records, twice int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, n := range l.written {
		if n > 1 {
			twice++
		}
	}
	return len(l.written), twice
}

// write produces n records to each of so many partitions of a topic.
func write(t *testing.T, addr, topic string, partitions int32, n int) {
	t.Helper()
	cl := newClient(t, addr, kgo.RecordPartitioner(kgo.ManualPartitioner()))
	var batch []*kgo.Record
	for p := range partitions {
		for i := range n {
			batch = append(batch, &kgo.Record{Topic: topic, Partition: p, Value: []byte(strconv.Itoa(i))})
		}
	}
	if err := cl.ProduceSync(t.Context(), batch...).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

// committed is what a group has committed for a partition, -1 for nothing.
func committed(t *testing.T, addr, group, topic string, partition int32) int64 {
	t.Helper()
	cl := newClient(t, addr)
	defer cl.Close()
	offsets, err := kadm.NewClient(cl).FetchOffsets(t.Context(), group)
	if err != nil {
		t.Fatal(err)
	}
	if o, ok := offsets.Lookup(topic, partition); ok {
		return o.At
	}
	return -1
}

// join runs a member.
func join(ctx context.Context, t *testing.T, addr string, o consume.Options, sink consume.Sink) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, 40*time.Second)
	defer cancel()
	cl, err := kgo.NewClient(append(o.ClientOptions(), kgo.SeedBrokers(addr), kgo.MetadataMinAge(10*time.Millisecond), kgo.HeartbeatInterval(100*time.Millisecond))...)
	if err != nil {
		return err
	}
	defer cl.Close()
	_, err = consume.Run(ctx, cl, o, sink)
	return err
}

// allBalancers are all that there are, and the default.
func allBalancers() []string { return append([]string{""}, consume.Balancers()...) }

// startQuick starts a broker in which groups of KIP-848 lose no time.
func startQuick(t *testing.T) *brokertest.Broker {
	return brokertest.Start(t, brokertest.Set("group.consumer.assignment.interval.ms", "0"),
		brokertest.Set("group.consumer.min.heartbeat.interval.ms", "100"), brokertest.Set("group.consumer.heartbeat.interval.ms", "100"))
}

func TestGroupGoesOn(t *testing.T) {
	b := startQuick(t)
	for _, balancer := range allBalancers() {
		t.Run("balancer "+balancer, func(t *testing.T) {
			topic := "t" + balancer
			b.Topic(topic, 3)
			write(t, b.Addr(), topic, 3, 10)
			o := consume.Options{Topics: []string{topic}, Group: consume.Group{Name: topic, Balancer: balancer}, Count: 7}
			l := newLedger()
			for range 4 {
				if err := join(t.Context(), t, b.Addr(), o, &page{l: l}); err != nil {
					t.Fatal(err)
				}
			}
			o.Count = 0
			if err := join(t.Context(), t, b.Addr(), o, &page{l: l}); err != nil {
				t.Fatal(err)
			}
			if n, twice := l.count(); n != 30 || twice > 0 {
				t.Errorf("%d records were written, %d twice", n, twice)
			}
			for p := range int32(3) {
				if at := committed(t, b.Addr(), topic, topic, p); at != 10 {
					t.Errorf("partition %d is at %d", p, at)
				}
			}
		})
	}
}

// TestGroupCommitsWhatWasWritten has an output that breaks in the middle.
func TestGroupCommitsWhatWasWritten(t *testing.T) {
	b := brokertest.Start(t)
	b.Topic("t", 1)
	write(t, b.Addr(), "t", 1, 5)
	o := consume.Options{Topics: []string{"t"}, Group: consume.Group{Name: "g"}, Follow: true}
	l := newLedger()
	// Five are written, and of the next five only two.
	sink := &page{l: l, most: 7}
	sink.seen = func(written int) {
		if written == 5 {
			sink.seen = nil
			write(t, b.Addr(), "t", 1, 5)
		}
	}
	if err := join(t.Context(), t, b.Addr(), o, sink); !errors.Is(err, errFull) {
		t.Fatal(err)
	}
	if at := committed(t, b.Addr(), "g", "t", 0); at != 5 {
		t.Errorf("it is at %d", at)
	}
	o.Follow = false
	if err := join(t.Context(), t, b.Addr(), o, &page{l: l}); err != nil {
		t.Fatal(err)
	}
	if n, _ := l.count(); n != 10 {
		t.Errorf("%d records were written", n)
	}

	o.Group = consume.Group{Name: "none", NoCommit: true}
	if err := join(t.Context(), t, b.Addr(), o, &page{l: newLedger()}); err != nil {
		t.Fatal(err)
	}
	if at := committed(t, b.Addr(), "none", "t", 0); at != -1 {
		t.Errorf("without commits it is at %d", at)
	}
}

// TestGroupPastTheEnd tells that a group would read nothing.
func TestGroupPastTheEnd(t *testing.T) {
	b := brokertest.Start(t)
	b.Topic("t", 1)
	write(t, b.Addr(), "t", 1, 3)
	var far kadm.Offsets
	far.Add(kadm.Offset{Topic: "t", At: 77, LeaderEpoch: -1})
	if err := kadm.NewClient(newClient(t, b.Addr())).CommitAllOffsets(t.Context(), "g", far); err != nil {
		t.Fatal(err)
	}
	o := consume.Options{Topics: []string{"t"}, Group: consume.Group{Name: "g"}}
	if err := join(t.Context(), t, b.Addr(), o, &page{l: newLedger()}); !errors.Is(err, kerr.OffsetOutOfRange) {
		t.Errorf("it ended with %v", err)
	}
	if at := committed(t, b.Addr(), "g", "t", 0); at != 77 {
		t.Errorf("it is at %d", at)
	}
}

// TestGroupPassesControlRecords ends at a marker, which is no record to anybody.
func TestGroupPassesControlRecords(t *testing.T) {
	b := brokertest.Start(t)
	b.Topic("t", 1)
	p := newClient(t, b.Addr(), kgo.TransactionalID("x"), kgo.DefaultProduceTopic("t"))
	for _, end := range []kgo.TransactionEndTry{kgo.TryCommit, kgo.TryAbort} {
		if err := p.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		if err := p.ProduceSync(t.Context(), kgo.StringRecord("a"), kgo.StringRecord("b")).FirstErr(); err != nil {
			t.Fatal(err)
		}
		if err := p.EndTransaction(t.Context(), end); err != nil {
			t.Fatal(err)
		}
	}
	l := newLedger()
	o := consume.Options{Topics: []string{"t"}, Group: consume.Group{Name: "g"}}
	if err := join(t.Context(), t, b.Addr(), o, &page{l: l}); err != nil {
		t.Fatal(err)
	}
	if n, _ := l.count(); n != 2 {
		t.Errorf("%d records were written", n)
	}
	if at := committed(t, b.Addr(), "g", "t", 0); at != 6 {
		t.Errorf("it is at %d, not behind the marker", at)
	}
}

// TestGroupRebalances has members that come and go while records are written.
func TestGroupRebalances(t *testing.T) {
	for _, balancer := range allBalancers() {
		t.Run("balancer "+balancer, func(t *testing.T) {
			t.Parallel()
			rebalance(t, balancer)
		})
	}
}

func rebalance(t *testing.T, balancer string) {
	const partitions, rounds, each = 4, 8, 25
	b := startQuick(t)
	b.Topic("t", partitions)
	o := consume.Options{Topics: []string{"t"}, Group: consume.Group{Name: "g", Balancer: balancer}, Follow: true}
	l := newLedger()
	ctx, stop := context.WithCancelCause(t.Context())
	defer stop(nil)
	progress := make(chan int, 1)
	sink := func() *page {
		return &page{l: l, seen: func(n int) {
			select {
			case <-progress:
			default:
			}
			progress <- n
		}}
	}
	done := errors.New("done")
	var members sync.WaitGroup
	begin := func() context.CancelCauseFunc {
		own, leave := context.WithCancelCause(ctx)
		members.Go(func() {
			if err := join(own, t, b.Addr(), o, sink()); !errors.Is(err, done) {
				t.Errorf("a member ended: %v", err)
			}
		})
		return leave
	}
	leavers := []context.CancelCauseFunc{begin()}
	for round := range rounds {
		write(t, b.Addr(), "t", partitions, each)
		if round%2 == 0 {
			leavers = append(leavers, begin())
		} else {
			leavers[0](done)
			leavers = leavers[1:]
		}
		write(t, b.Addr(), "t", partitions, each)
		until(t, func() bool { return stable(t, b.Addr(), "g", len(leavers)) })
		write(t, b.Addr(), "t", partitions, each)
		for want := 3 * (round + 1) * partitions * each; ; {
			if n, _ := l.count(); n >= want {
				break
			}
			select {
			case <-progress:
			case <-time.After(30 * time.Second):
				n, _ := l.count()
				t.Fatalf("round %d: %d of %d records were written", round, n, want)
			}
		}
	}
	stop(done)
	members.Wait()
	if n, twice := l.count(); n != 3*partitions*rounds*each || twice > 0 {
		t.Errorf("%d records were written, %d twice", n, twice)
	}
	for p := range int32(partitions) {
		if at := committed(t, b.Addr(), "g", "t", p); at != 3*rounds*each {
			t.Errorf("partition %d is at %d", p, at)
		}
	}
}

// stable tells that a group has settled with so many members.
func stable(t *testing.T, addr, group string, members int) bool {
	t.Helper()
	cl := newClient(t, addr)
	defer cl.Close()
	groups, err := kadm.NewClient(cl).DescribeGroups(t.Context(), group)
	if err != nil {
		t.Fatal(err)
	}
	modern, err := kadm.NewClient(cl).DescribeConsumerGroups(t.Context(), group)
	if err != nil {
		t.Fatal(err)
	}
	return groups[group].State == "Stable" && len(groups[group].Members) == members ||
		modern[group].State == "Stable" && len(modern[group].Members) == members
}

// TestGroupFindsWhatIsNew follows topics and partitions that come to be later.
func TestGroupFindsWhatIsNew(t *testing.T) {
	b := brokertest.Start(t)
	b.Topic("ta", 1)
	write(t, b.Addr(), "ta", 1, 1)
	l := newLedger()
	o := consume.Options{Topics: []string{"t."}, Regex: true, From: consume.End(), Follow: true, Count: 8, Group: consume.Group{Name: "g"}}
	began := make(chan struct{})
	sink := &page{l: l}
	ended := make(chan error, 1)
	go func() {
		cl, err := kgo.NewClient(append(o.ClientOptions(), kgo.SeedBrokers(b.Addr()), kgo.MetadataMinAge(10*time.Millisecond), kgo.MetadataMaxAge(50*time.Millisecond))...)
		if err != nil {
			ended <- err
			return
		}
		defer cl.Close()
		first := sync.OnceFunc(func() { close(began) })
		sink.seen = func(int) { first() }
		_, err = consume.Run(t.Context(), cl, o, sink)
		ended <- err
	}()
	<-began
	until(t, func() bool { return committed(t, b.Addr(), "g", "ta", 0) == 1 })
	adm := kadm.NewClient(newClient(t, b.Addr()))
	if _, err := adm.UpdatePartitions(t.Context(), 2, "ta"); err != nil {
		t.Fatal(err)
	}
	b.Topic("tb", 2)
	write(t, b.Addr(), "ta", 2, 2)
	write(t, b.Addr(), "tb", 2, 2)
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if n, twice := l.count(); n != 8 || twice > 0 {
		t.Errorf("%d records were written, %d twice: %v", n, twice, l.written)
	}
}

// TestGroupOutlivesTheBroker goes on where it was when its broker comes back.
func TestGroupOutlivesTheBroker(t *testing.T) {
	b := brokertest.Start(t, brokertest.OnDisk())
	b.Topic("t", 2)
	l := newLedger()
	o := consume.Options{Topics: []string{"t"}, Follow: true, Count: 60, Group: consume.Group{Name: "g"}}
	ended := make(chan error, 1)
	addr := b.Addr()
	go func() { ended <- join(t.Context(), t, addr, o, &page{l: l}) }()
	for round := range 3 {
		if round > 0 {
			b.Crash()
			b.Restart()
		}
		write(t, addr, "t", 2, 10)
		if round < 2 {
			want := int64(10 * (round + 1))
			until(t, func() bool { return committed(t, addr, "g", "t", 0) == want && committed(t, addr, "g", "t", 1) == want })
		}
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if n, twice := l.count(); n != 60 || twice > 0 {
		t.Errorf("%d records were written, %d twice", n, twice)
	}
}

// until waits for something that another goroutine does.
func until(t *testing.T, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); {
		if time.Now().After(end) {
			t.Fatal("it did not come to be")
		}
		<-time.After(20 * time.Millisecond)
	}
}

func TestGroupValidates(t *testing.T) {
	for text, o := range map[string]consume.Options{
		"assigns partitions": {Partitions: []int32{0}, Group: consume.Group{Name: "g"}},
		"a tail":             {Tail: 1, Group: consume.Group{Name: "g"}},
		"no group":           {Group: consume.Group{NoCommit: true}},
		"no balancer":        {Group: consume.Group{Name: "g", Balancer: "fair"}},
		"places to begin":    {Starts: map[string]map[int32]int64{"t": {0: 1}}, Group: consume.Group{Name: "g"}},
	} {
		o.Topics = []string{"t"}
		if err := o.Validate(); !errors.Is(err, consume.ErrOptions) || !strings.Contains(err.Error(), text) {
			t.Errorf("%s: %v", text, err)
		}
	}
}
