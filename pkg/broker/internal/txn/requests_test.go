package txn

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// What InitProducerId refuses before it looks at the id, and what older clients
// are told.
func TestInitProducerIDRefuses(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, c *Coordinator) {
		id, _ := begin(t, c, "id")
		empty, name := "", "id"
		for _, row := range []struct {
			name    string
			version int16
			txn     *string
			timeout int32
			id      int64
			epoch   int16
			want    int16
		}{
			{"no id", 5, nil, 1000, -1, -1, 42},
			{"empty id", 5, &empty, 1000, -1, -1, 42},
			{"empty id v0", 0, &empty, 1000, -1, -1, 42},
			{"no timeout", 5, &name, 0, -1, -1, 50},
			{"negative timeout", 5, &name, -5, -1, -1, 50},
			{"timeout too long", 5, &name, 900_001, -1, -1, 50},
			{"longest timeout", 5, &name, 900_000, -1, -1, 0},
			{"id without epoch", 5, &name, 1000, id, -1, 42},
			{"epoch without id", 3, &name, 1000, -1, 0, 42},
			{"other producer", 4, &name, 1000, id + 1, 0, 90},
			{"other producer v3", 3, &name, 1000, id + 1, 0, 47},
			{"old epoch", 4, &name, 1000, id, 0, 90},
		} {
			q := kmsg.NewPtrInitProducerIDRequest()
			q.Version, q.TransactionalID, q.TransactionTimeoutMillis = row.version, row.txn, row.timeout
			q.ProducerID, q.ProducerEpoch = row.id, row.epoch
			r := call(c.InitProducerID, q)
			if r.ErrorCode != row.want || row.want != 0 && (r.ProducerID != -1 || r.ProducerEpoch != -1) {
				t.Errorf("%s: %+v, want %d", row.name, r, row.want)
			}
		}
	})
}

// AddPartitionsToTxn adds all partitions or none.
func TestAddPartitionsRefuses(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, c *Coordinator) {
		id, epoch := begin(t, c, "id")
		q := kmsg.NewPtrAddPartitionsToTxnRequest()
		q.Version, q.TransactionalID, q.ProducerID, q.ProducerEpoch = 3, "id", id, epoch
		q.Topics = []kmsg.AddPartitionsToTxnRequestTopic{
			{Topic: "t", Partitions: []int32{0, 9}}, {Topic: "none", Partitions: []int32{0}}, {Topic: "__consumer_offsets", Partitions: []int32{0}},
		}
		var codes []int16
		for _, rt := range call(c.AddPartitionsToTxn, q).Topics {
			for _, p := range rt.Partitions {
				codes = append(codes, p.ErrorCode)
			}
		}
		if want := []int16{55, 3, 3, 29}; !slices.Equal(codes, want) || stateOf(c, "id") != "Empty 0" {
			t.Errorf("codes %v, want %v; %s", codes, want, stateOf(c, "id"))
		}
		for _, row := range []struct {
			name     string
			version  int16
			id       string
			producer int64
			epoch    int16
			want     int16
		}{
			{"empty id", 3, "", id, 0, 42},
			{"empty id batched", 5, "", id, 0, 42},
			{"unknown id", 3, "nobody", id, 0, 49},
			{"unknown id batched", 4, "nobody", id, 0, 49},
			{"other producer", 3, "id", id + 1, 0, 49},
			{"other epoch", 3, "id", id, 1, 90},
			{"other epoch v1", 1, "id", id, 1, 47},
			{"other epoch batched", 5, "id", id, 1, 90},
		} {
			if code := addParts(c, row.version, row.id, row.producer, row.epoch, t0); code != row.want {
				t.Errorf("%s: %d, want %d", row.name, code, row.want)
			}
		}
		if r := endTxn(c, 3, "", id, 0, true); r.ErrorCode != 42 {
			t.Errorf("end of an empty id: %d", r.ErrorCode)
		}
	})
}

// One batched request adds to some transactions and verifies others.
func TestAddPartitionsBatched(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, c *Coordinator) {
		id, epoch := begin(t, c, "id")
		other, _ := begin(t, c, "other")
		addParts(c, 5, "id", id, epoch, t0)
		q := kmsg.NewPtrAddPartitionsToTxnRequest()
		q.Version = 5
		topics := []kmsg.AddPartitionsToTxnRequestTransactionTopic{{Topic: "t", Partitions: []int32{0, 1}}}
		q.Transactions = []kmsg.AddPartitionsToTxnRequestTransaction{
			{TransactionalID: "id", ProducerID: id, ProducerEpoch: epoch, VerifyOnly: true, Topics: topics},
			{TransactionalID: "other", ProducerID: other, Topics: topics},
			{TransactionalID: "nobody", VerifyOnly: true, Topics: topics},
		}
		var got []string
		for _, rt := range call(c.AddPartitionsToTxn, q).Transactions {
			got = append(got, fmt.Sprint(rt.TransactionalID, " ", rt.Topics[0].Partitions[0].ErrorCode, " ", rt.Topics[0].Partitions[1].ErrorCode))
		}
		if want := []string{"id 0 120", "other 0 0", "nobody 49 49"}; !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
		q.Transactions = nil
		if r := call(c.AddPartitionsToTxn, q); len(r.Transactions) != 0 || r.ErrorCode != 0 {
			t.Errorf("empty: %+v", r)
		}
	})
}

// The offsets of a group are a partition of the transaction as any other.
func TestAddOffsets(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, c *Coordinator) {
		id, epoch := begin(t, c, "id")
		add := func(version int16, txn, group string, epoch int16) int16 {
			q := kmsg.NewPtrAddOffsetsToTxnRequest()
			q.Version, q.TransactionalID, q.Group, q.ProducerID, q.ProducerEpoch = version, txn, group, id, epoch
			return call(c.AddOffsetsToTxn, q).ErrorCode
		}
		for _, row := range []struct {
			version    int16
			txn, group string
			epoch      int16
			want       int16
		}{{4, "id", "g", 0, 0}, {4, "", "g", 0, 42}, {4, "id", "nowhere", 0, 15}, {4, "nobody", "g", 0, 49}, {4, "id", "g", 3, 90}, {1, "id", "g", 3, 47}} {
			if code := add(row.version, row.txn, row.group, row.epoch); code != row.want {
				t.Errorf("%+v: %d", row, code)
			}
		}
		if r := endTxn(c, 4, "id", id, epoch, true); r.ErrorCode != 0 {
			t.Error(r.ErrorCode)
		}
		if got := w.kinds(Partition{"__consumer_offsets", 1}); !slices.Equal(got, []string{"commit 0"}) {
			t.Errorf("markers %v", got)
		}
	})
}

func TestListTransactions(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, c *Coordinator) {
		a, _ := begin(t, c, "app-1")
		b, _ := begin(t, c, "app-22")
		addParts(c, 5, "app-22", b, 0, t0)
		z, _ := begin(t, c, "zoo")
		addParts(c, 4, "zoo", z, 0, t0)
		endTxn(c, 4, "zoo", z, 0, false)
		elapse(10 * time.Second)
		text := func(s string) *string { return &s }
		for _, row := range []struct {
			name    string
			change  func(q *kmsg.ListTransactionsRequest)
			want    string
			unknown []string
			code    int16
		}{
			{"all", func(q *kmsg.ListTransactionsRequest) {}, "app-1 Empty, app-22 Ongoing, zoo CompleteAbort", nil, 0},
			{"states", func(q *kmsg.ListTransactionsRequest) { q.StateFilters = []string{"Ongoing", "Empty"} }, "app-1 Empty, app-22 Ongoing", nil, 0},
			{"unknown states", func(q *kmsg.ListTransactionsRequest) { q.StateFilters = []string{"x", "ongoing", "x"} }, "", []string{"x", "ongoing"}, 0},
			{"states of a moment", func(q *kmsg.ListTransactionsRequest) { q.StateFilters = []string{"Dead", "PrepareEpochFence"} }, "", nil, 0},
			{"producer", func(q *kmsg.ListTransactionsRequest) { q.ProducerIDFilters = []int64{a, 5} }, "app-1 Empty", nil, 0},
			{"short", func(q *kmsg.ListTransactionsRequest) { q.DurationFilterMillis = 9_999 }, "app-1 Empty, app-22 Ongoing, zoo CompleteAbort", nil, 0},
			{"long", func(q *kmsg.ListTransactionsRequest) { q.DurationFilterMillis = 10_000 }, "app-1 Empty", nil, 0},
			{"pattern", func(q *kmsg.ListTransactionsRequest) { q.TransactionalIDPattern = text("app-.") }, "app-1 Empty", nil, 0},
			{"pattern with or", func(q *kmsg.ListTransactionsRequest) { q.TransactionalIDPattern = text("zoo|app") }, "zoo CompleteAbort", nil, 0},
			{"empty pattern", func(q *kmsg.ListTransactionsRequest) { q.TransactionalIDPattern = text("") }, "app-1 Empty, app-22 Ongoing, zoo CompleteAbort", nil, 0},
			{"no pattern", func(q *kmsg.ListTransactionsRequest) { q.TransactionalIDPattern = text(")(") }, "", nil, 128},
			{"look-ahead", func(q *kmsg.ListTransactionsRequest) { q.TransactionalIDPattern = text("(?=z)zoo") }, "", nil, 128},
		} {
			q := kmsg.NewPtrListTransactionsRequest()
			q.Version = 2
			row.change(q)
			r := c.ListTransactions(q)
			var got []string
			for _, s := range r.TransactionStates {
				got = append(got, s.TransactionalID+" "+s.TransactionState)
			}
			if s := strings.Join(got, ", "); s != row.want || r.ErrorCode != row.code || !slices.Equal(r.UnknownStateFilters, row.unknown) {
				t.Errorf("%s: %q, %d, unknown %q; want %q, %d, %q", row.name, s, r.ErrorCode, r.UnknownStateFilters, row.want, row.code, row.unknown)
			}
		}
	})
}

func TestDescribeTransactions(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world, c *Coordinator) {
		id, _ := begin(t, c, "id")
		start := time.Now().UnixMilli()
		addParts(c, 5, "id", id, 0, u0, t1, t0)
		q := kmsg.NewPtrDescribeTransactionsRequest()
		q.TransactionalIDs = []string{"id", "nobody", ""}
		r := c.DescribeTransactions(q).TransactionStates
		s := r[0]
		if s.ErrorCode != 0 || s.ProducerID != id || s.State != "Ongoing" || s.TimeoutMillis != 60_000 || s.StartTimestamp != start ||
			len(s.Topics) != 2 || !slices.Equal(s.Topics[0].Partitions, []int32{0, 1}) || s.Topics[1].Topic != "u" {
			t.Errorf("%+v", s)
		}
		if r[1].ErrorCode != 105 || r[2].ErrorCode != 42 || r[1].TransactionalID != "nobody" {
			t.Errorf("%+v", r[1:])
		}
	})
}

// What is written is read back.
func TestRecord(t *testing.T) {
	for name, txn := range states() {
		if txn.Epoch == none {
			continue
		}
		got, err := parseState(record("id", &txn).Value)
		want := txn
		want.LastEpoch = none // is not written
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %+v, %v, want %+v", name, got, err, want)
		}
	}
	for _, bad := range []Txn{{State: 6, Epoch: 1}, {State: 7}, {ProducerID: -1}, {Epoch: -1}} {
		if _, err := parseState(record("id", &bad).Value); err == nil {
			t.Errorf("%+v was read", bad)
		}
	}
}
