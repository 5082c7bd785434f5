package transfer

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Result is what was copied.
type Result struct {
	Records      int64 `json:"records"` // acknowledged; exactly once, committed
	Bytes        int64 `json:"bytes"`   // of their keys and values; of batches that were passed on compressed, their own
	Transactions int64 `json:"transactions"`
	Created      bool  `json:"created"` // the destination
}

// grace is how long a copy that is told to stop may take to commit what it wrote.
const grace = 5 * time.Second

// Run copies until the ends, or until ctx ends, whose cause it then returns. What
// was written is committed in any case but a failure to do so.
func Run(ctx context.Context, src, dst *kgo.Client, o Options) (Result, error) {
	p, err := look(ctx, src, dst, &o)
	if err != nil {
		return Result{}, err
	}
	r := Result{Created: p.Create}
	if err := p.create(ctx, src, dst, &o); err != nil {
		return Result{}, err
	}
	if t, ok := p.store.(*topicStore); ok {
		if err := t.open(ctx, &o); err != nil {
			return r, err
		}
	}
	c := &copying{o: &o, plan: p, src: src, dst: dst}
	if err := c.begin(ctx); err != nil {
		return r, err
	}
	if err := p.resume(ctx, &o); err != nil {
		return r, err
	}
	err = c.run(ctx)
	for _, s := range c.shares {
		if o.ExactlyOnce {
			r.Records, r.Bytes = r.Records+s.committed, r.Bytes+s.committedBytes
		} else {
			r.Records, r.Bytes = r.Records+s.records.Load(), r.Bytes+s.bytes.Load()
		}
		r.Transactions += s.transactions
	}
	return r, err
}

// copying is one Run.
type copying struct {
	o        *Options
	plan     *Plan
	src, dst *kgo.Client
	from, to *leaders
	shares   []*share
}

// begin makes the shares, and fences those of other copies between the topics:
// all of them, whatever their partitions are.
func (c *copying) begin(ctx context.Context) error {
	c.from = &leaders{cl: c.src, topic: c.o.Source, id: c.plan.Source.id, of: map[int32]int32{}}
	for _, r := range c.plan.Ranges {
		c.from.of[r.Partition] = r.leader
	}
	c.to = &leaders{cl: c.dst, topic: c.o.Destination, id: c.plan.Destination.id}
	if err := retry(ctx, c.o.patience(), func() error { return c.to.refresh(ctx) }); err != nil {
		return err
	}
	for i := range Shares {
		p := &producer{cl: c.dst, patience: c.o.patience(), timeout: cmp.Or(c.o.TransactionTimeout, DefaultTransactionTimeout)}
		if c.o.ExactlyOnce {
			name := fmt.Sprintf("%s-%d", c.plan.name, i)
			p.name = &name
		}
		c.shares = append(c.shares, &share{
			o: c.o, plan: c.plan, dst: c.dst, in: make(chan *chunk, 2), router: newRouter(c.plan), producer: p,
			from: c.from, topic: c.to, lanes: map[laneKey]*lane{}, at: map[int32]int64{},
		})
		if i < len(c.plan.Ranges) || c.o.ExactlyOnce {
			if err := p.init(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// run fetches and writes.
func (c *copying) run(ctx context.Context) error {
	if m := c.o.Meter; m != nil && !c.o.Follow {
		for _, r := range c.plan.Ranges {
			m.total.Add(max(0, r.end-r.Begin))
		}
	}
	sending, stopSending := context.WithCancel(context.WithoutCancel(ctx))
	defer stopSending()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(grace, stopSending) })()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)

	for _, r := range c.plan.Ranges {
		if !r.Resumed || r.Lost > 0 { // where it begins is a position too: the end of now is not that of later
			c.shares[r.Partition%Shares].at[r.Partition] = r.Begin
		}
	}
	f := &fetcher{cl: c.src, o: c.o, leaders: c.from, cursors: newCursors(c.plan)}
	var all sync.WaitGroup
	errs := make([]error, len(c.shares)+1)
	for i, s := range c.shares {
		s.sending = sending
		f.to = append(f.to, s.in)
		all.Go(func() {
			if errs[i] = s.run(ctx); errs[i] != nil {
				cancel(errs[i])
			}
		})
	}
	errs[len(c.shares)] = f.run(ctx)
	for _, s := range c.shares {
		close(s.in)
	}
	all.Wait()
	for _, err := range errs { // a share's failure is why the fetcher ended
		if err != nil {
			return err
		}
	}
	return nil
}
