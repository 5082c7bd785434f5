package ingest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/broker/brokertest"
	"kq/pkg/broker/ingest"
)

func TestReplay(t *testing.T) {
	b := brokertest.Start(t, brokertest.Topics("t:3", "u"))
	d := open(t, b, ingest.Options{})
	const body = `[{"key":"a","value":1},{"key":"b","value":2},{"value":3}]`
	first := d.keyed("t", "k 1", body)
	check := func(what string) {
		t.Helper()
		if r := d.keyed("t", `"k 1"`, body); r.code != 200 || !r.replayed() || r.body != first.body {
			t.Errorf("%s: %+v, the first answer %s", what, r, first.body)
		}
		for where, again := range map[string]string{"t": `[{"value":1}]`, "u": body} {
			if r := d.keyed(where, "k 1", again); r.code != 422 || r.replayed() {
				t.Errorf("%s: another request: %+v", what, r)
			}
		}
	}
	if first.code != 200 || first.replayed() {
		t.Fatalf("%+v", first)
	}
	check("at once")
	d.stop()
	d = open(t, b, ingest.Options{Shards: 5})
	check("after a restart of the door")
	d.stop()
	b.Restart()
	d = open(t, b, ingest.Options{})
	check("after a restart of the broker")
	if got := consume(t, b, "t"); len(got) != 3 {
		t.Errorf("%d records", len(got))
	}
	if got := consume(t, b, "u"); len(got) != 0 {
		t.Errorf("%d records in the other topic", len(got))
	}
	if r := d.keyed("t", "k 2", body); r.code != 200 || r.replayed() {
		t.Errorf("another key: %+v", r)
	}
}

// manual is a clock that tests set.
type manual struct{ ms atomic.Int64 }

func (m *manual) now() time.Time { return time.UnixMilli(m.ms.Load()) }

func TestKeysExpire(t *testing.T) {
	b := brokertest.Start(t, brokertest.Topics("t"))
	var c manual
	c.ms.Store(1_700_000_000_000)
	o := ingest.Options{Window: time.Hour, Now: c.now, SweepInterval: 5 * time.Millisecond}
	d := open(t, b, o)
	first := d.keyed("t", "k", `{"value":1}`)
	if !strings.Contains(first.body, `"expires":1700003600000`) {
		t.Errorf("%s", first.body)
	}
	c.ms.Add(time.Hour.Milliseconds() - 1)
	if r := d.keyed("t", "k", `{"value":1}`); !r.replayed() {
		t.Errorf("before the end: %+v", r)
	}
	c.ms.Add(1)
	if r := d.keyed("t", "k", `{"value":2}`); r.code != 200 || r.replayed() || !strings.Contains(r.body, `"offset":1`) && !strings.Contains(r.body, `"offset":2`) {
		t.Errorf("at the end: %+v", r)
	}
	d.keyed("t", "other", `{"value":3}`)
	c.ms.Add(time.Hour.Milliseconds())
	// The sweep writes tombstones for both.
	for entries := 1; entries > 0; {
		entries = 0
		table := map[string][]byte{}
		for _, r := range consume(t, b, ingest.KeysTopic) {
			table[string(r.Key)] = r.Value
		}
		for key, value := range table {
			if key != "\x00" && value != nil {
				entries++
			}
		}
	}
	d.stop()
	d = open(t, b, ingest.Options{Window: time.Hour, Now: func() time.Time { return c.now().Add(-time.Hour) }})
	if r := d.keyed("t", "other", `{"value":4}`); r.replayed() || r.code != 200 {
		t.Errorf("a tombstone does not remove a key: %+v", r)
	}
}

func TestKeyMemory(t *testing.T) {
	b := brokertest.Start(t, brokertest.Topics("t"))
	d := open(t, b, ingest.Options{KeyMemory: 200_000, Shards: 1})
	var last reply
	n := 0
	for ; n < 5000; n++ {
		if last = d.keyed("t", fmt.Sprintf("%036d", n), `{"value":1}`); last.code != 200 {
			break
		}
	}
	if last.code != 503 || !strings.Contains(last.body, "too many keys") || n < 500 {
		t.Errorf("after %d keys: %+v", n, last)
	}
	if r := d.keyed("t", fmt.Sprintf("%036d", 0), `{"value":1}`); !r.replayed() {
		t.Errorf("a known key: %+v", r)
	}
	if r := d.json("t", `{"value":1}`); r.code != 200 {
		t.Errorf("without a key: %+v", r)
	}
}

// Those with the key of a request that is under way get its answer.
func TestSameKeyAtOnce(t *testing.T) {
	b := brokertest.Start(t, brokertest.Topics("t"))
	d := open(t, b, ingest.Options{})
	for round := range 20 {
		key := fmt.Sprint("k", round)
		answers := make([]reply, 12)
		var wg sync.WaitGroup
		for i := range answers {
			wg.Go(func() {
				body := `{"value":"same"}`
				if i == 11 {
					body = `{"value":"other"}`
				}
				answers[i], _ = d.send("POST", "/topics/t/records", body, "Content-Type", "application/json", "Idempotency-Key", key)
			})
		}
		wg.Wait()
		fresh := 0
		for i, r := range answers {
			if r.code == 200 && !r.replayed() {
				fresh++
			}
			if r.code == 422 && i != 11 && answers[11].code != 200 || r.code != 200 && r.code != 422 {
				t.Errorf("round %d: %d: %+v", round, i, r)
			}
		}
		if fresh != 1 {
			t.Errorf("round %d: %d first answers", round, fresh)
		}
	}
	if got := consume(t, b, "t"); len(got) != 20 {
		t.Errorf("%d records, want 20", len(got))
	}
}

// A request that the cluster refuses takes none of its neighbours with it.
func TestNeighbours(t *testing.T) {
	b := brokertest.Start(t, brokertest.Topics("t:1:1:message.timestamp.before.max.ms=100000"))
	hold := make(chan struct{})
	var first sync.Once
	o := ingest.Options{Shards: 1}
	o.OnStep(func(_ int, point string) {
		if point == "begun" {
			first.Do(func() { <-hold })
		}
	})
	d := open(t, b, o)
	answers := make([]reply, 10)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() {
			body := fmt.Sprintf(`{"value":%d}`, i)
			if i%3 == 1 {
				body = fmt.Sprintf(`{"value":%d,"ts":1}`, i)
			}
			answers[i], _ = d.send("POST", "/topics/t/records", body, "Content-Type", "application/json", "Idempotency-Key", fmt.Sprint("k", i))
		})
	}
	close(hold)
	wg.Wait()
	at := map[int64]string{}
	for _, r := range consume(t, b, "t") {
		at[r.Offset] = string(r.Value)
	}
	for i, r := range answers {
		if i%3 == 1 {
			if r.code != 400 || !strings.Contains(r.body, "of that time") {
				t.Errorf("%d: %+v", i, r)
			}
		} else if at[offsetOf(t, r)] != fmt.Sprint(i) {
			t.Errorf("%d: %+v, the log has %v", i, r, at)
		}
	}
	if len(at) != 7 {
		t.Errorf("the log has %v", at)
	}
}

// offsetOf reads the offset of the only record of an answer, -1 for none.
func offsetOf(t *testing.T, r reply) int64 {
	t.Helper()
	var doc struct {
		Records []struct{ Offset int64 }
	}
	if err := json.Unmarshal([]byte(r.body), &doc); err != nil || r.code != 200 || len(doc.Records) != 1 {
		t.Errorf("%+v, %v", r, err)
		return -1
	}
	return doc.Records[0].Offset
}

// once checks that a topic has each of the values once, at the offset of its answer.
func once(t *testing.T, records []*kgo.Record, answers map[string]reply) {
	t.Helper()
	count := map[string]int{}
	for _, r := range records {
		count[string(r.Value)]++
		answer, ok := answers[string(r.Value)]
		if !ok || offsetOf(t, answer) != r.Offset {
			t.Errorf("%s is at offset %d, the answer was %+v", r.Value, r.Offset, answer)
		}
	}
	for value := range answers {
		if count[value] != 1 {
			t.Errorf("%s is there %d times", value, count[value])
		}
	}
}
