package share_test

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/brokertest"
)

func TestDeliverAndAcknowledge(t *testing.T) {
	b := brokertest.Start(t, brokertest.Topics("t"), brokertest.OnDisk())
	produce(t, b, "t", 10)
	one := newSharer(t, b, "g", "one", "t")
	begin(t, one.cl, "g", one.id, 0, 0)
	one.gets("0-9×1")

	two := newSharer(t, b, "g", "two", "t")
	two.wait = 50
	two.gets() // all are one's
	one.acks(0, 2, 1)
	one.acks(3, 6, 1, 2, 3, 0)
	two.wait = 5000
	two.gets("4-4×2")
	if code, text := one.ack(4, 4, 1); code != kerr.InvalidRecordState.Code {
		t.Errorf("a record of another: %d %s", code, text)
	}
	two.acks(4, 4, 1)
	produce(t, b, "t", 5)
	two.gets("10-14×1")

	// What was acknowledged survives, what was acquired is free again.
	b.Crash()
	b.Restart()
	three := newSharer(t, b, "g", "three", "t")
	three.gets("7-14×1")
	three.acks(7, 14, 1)
	produce(t, b, "t", 1)
	three.gets("15-15×1")
}

func TestFetchWaits(t *testing.T) {
	b := brokertest.Start(t, brokertest.Topics("t"))
	one, two := newSharer(t, b, "g", "one", "t"), newSharer(t, b, "g", "two", "t")
	begin(t, one.cl, "g", one.id, 0, 0)
	one.wait = 0
	one.gets()
	one.wait, two.wait = 10_000, 10_000
	began := time.Now()
	got := make(chan []string)
	go func() { got <- one.fetch() }()
	produce(t, b, "t", 3)
	if ranges := <-got; len(ranges) != 1 || ranges[0] != "0-2×1" {
		t.Errorf("acquired %v", ranges)
	}
	go func() { got <- two.fetch() }()
	one.acks(0, 2, 2)
	if ranges := <-got; len(ranges) != 1 || ranges[0] != "0-2×2" {
		t.Errorf("acquired %v", ranges)
	}
	if took := time.Since(began); took > 8*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestSessionEnds(t *testing.T) {
	b := brokertest.Start(t, brokertest.Topics("t"))
	produce(t, b, "t", 4)
	one, two := newSharer(t, b, "g", "one", "t"), newSharer(t, b, "g", "two", "t")
	begin(t, one.cl, "g", one.id, 0, 0)
	one.gets("0-3×1")
	q := one.ask(kmsg.ShareFetchRequestTopicPartitionAcknowledgementBatch{LastOffset: 0, AcknowledgeTypes: []int8{1}})
	q.ShareSessionEpoch = -1
	if resp := request[*kmsg.ShareFetchResponse](t, one.cl, q); resp.ErrorCode != 0 || part(resp).AcknowledgeErrorCode != 0 {
		t.Errorf("the last fetch: %+v", resp)
	}
	two.gets("1-3×2")
	two.cl.Close() // its connection
	three := newSharer(t, b, "g", "three", "t")
	three.wait = 10_000
	three.gets("1-3×3")
}

func TestSessionErrors(t *testing.T) {
	b := brokertest.Start(t, brokertest.Topics("t"))
	produce(t, b, "t", 4)
	s := newSharer(t, b, "g", "one", "t")
	begin(t, s.cl, "g", s.id, 0, 0)
	code := func(epoch int32, q *kmsg.ShareFetchRequest) int16 {
		q.ShareSessionEpoch = epoch
		return request[*kmsg.ShareFetchResponse](t, s.cl, q).ErrorCode
	}
	ack := kmsg.ShareFetchRequestTopicPartitionAcknowledgementBatch{AcknowledgeTypes: []int8{1}}
	for _, c := range []struct {
		what string
		got  int16
		want *kerr.Error
	}{
		{"no session", code(1, s.ask()), kerr.ShareSessionNotFound},
		{"no session to end", code(-1, s.ask()), kerr.ShareSessionNotFound},
		{"acknowledgements with a new session", code(0, s.ask(ack)), kerr.InvalidRequest},
		{"a session", code(0, s.ask()), nil},
		{"an epoch too high", code(2, s.ask()), kerr.InvalidShareSessionEpoch},
		{"the first again", code(0, s.ask()), nil},
		{"the second", code(1, s.ask()), nil},
		{"the second again", code(1, s.ask()), kerr.InvalidShareSessionEpoch},
	} {
		want := int16(0)
		if c.want != nil {
			want = c.want.Code
		}
		if c.got != want {
			t.Errorf("%s: %d, want %d", c.what, c.got, want)
		}
	}
}

func TestLockExpires(t *testing.T) {
	b := brokertest.Start(t, brokertest.Topics("t"), brokertest.Set("group.share.min.record.lock.duration.ms", "1000"),
		brokertest.Set("group.share.record.lock.duration.ms", "1000"), brokertest.Set("group.share.delivery.count.limit", "2"))
	produce(t, b, "t", 2)
	one, two := newSharer(t, b, "g", "one", "t"), newSharer(t, b, "g", "two", "t")
	begin(t, one.cl, "g", one.id, 0, 0)
	one.gets("0-1×1")
	two.wait = 10_000
	two.gets("0-1×2")
	if code, _ := one.ack(0, 1, 1); code != kerr.InvalidRecordState.Code {
		t.Errorf("an acknowledgement that comes too late: %d", code)
	}
	produce(t, b, "t", 1)
	one.wait = 10_000
	one.gets("2-2×1") // 0 and 1 were delivered twice, which is the limit
	for range 3 {
		one.acks(2, 2, 4)
	}
	one.acks(2, 2, 1)
}
