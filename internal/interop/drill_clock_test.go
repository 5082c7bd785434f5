package interop

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/brokertest"
)

// The wall clock is set an hour on and back and back again while members beat,
// transactions are open and records come in: nobody is put out, nothing is
// aborted, and nothing is deleted.
func TestWallClockSteps(t *testing.T) {
	var step atomic.Int64
	b := brokertest.Start(
		t,
		brokertest.Clock(func() time.Time { return time.Now().Round(0).Add(time.Duration(step.Load())) }),
		brokertest.Set("log.retention.check.interval.ms", "10"),
		brokertest.Set("offsets.retention.check.interval.ms", "10"), brokertest.Set("offsets.retention.minutes", "30"),
		brokertest.Set("transaction.abort.timed.out.transaction.cleanup.interval.ms", "10"),
		brokertest.Set("transactional.id.expiration.ms", "1800000"),
		brokertest.Set("transaction.remove.expired.transaction.cleanup.interval.ms", "10"),
		brokertest.Set("producer.id.expiration.ms", "1800000"),
	)
	s := drill(t, b)
	s.Topic("t", 1, "retention.ms=1800000")
	m := s.Sole("classic", "", "range="+string(subscription("t")))
	c := s.NewConsumer("consumer", "m", "t")
	s.Settle("consumer", c)
	s.Do(commit(8, "simple", "", -1, "t", 5))
	open, idle := s.NewTxn("open"), s.NewTxn("idle")
	open.Write("t", "first")
	p := s.producer()
	plain := recent("a")
	plain.Producer = &Producer{ID: p}
	s.Do(produce(9, "t", 0, plain.Bytes()))

	written := int64(2)
	for _, at := range []time.Duration{time.Hour, 0, -time.Hour, 0, time.Hour, -time.Hour} {
		step.Store(int64(at))
		for began := time.Now(); time.Since(began) < 150*time.Millisecond; { // some rounds of every sweep
			m.wantBeat(0)
			c.wantBeat()
			open.Do(open.write(9, "t", "more"))
			written++
			<-time.After(10 * time.Millisecond)
		}
		if got := s.end("t", 0); got != written {
			t.Errorf("at %v: the topic ends at %d, want %d", at, got, written)
		}
		if got := s.Do(listOffsets(7, "t", 0, -2)).(*kmsg.ListOffsetsResponse).Topics[0].Partitions[0].Offset; got != 0 {
			t.Errorf("at %v: the topic starts at %d, want 0", at, got)
		}
		s.wantCommitted("simple", "t", 5)
		for _, id := range []string{"open", "idle"} {
			want := map[string]string{"open": "Ongoing", "idle": "Empty"}[id]
			if got := s.Do(describeTxns(id)).(*kmsg.DescribeTransactionsResponse).TransactionStates[0].State; got != want {
				t.Errorf("at %v: transaction %s is in state %q, want %s", at, id, got, want)
			}
		}
	}
	if again := s.Do(produce(9, "t", 0, plain.Bytes())).(*kmsg.ProduceResponse).Topics[0].Partitions[0]; again.ErrorCode != 0 || again.BaseOffset != 1 {
		t.Errorf("a duplicate of before: %+v", again)
	}
	open.End(true)
	s.wantEnd("t", written+1)
	idle.Write("t", "at last")
	idle.End(false)
}
