package api

import (
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/cluster"
)

func (a *admin) initProducer(version int16, txn *string, timeout int32, id int64, epoch int16) *kmsg.InitProducerIDResponse {
	a.t.Helper()
	q := kmsg.NewPtrInitProducerIDRequest()
	q.TransactionalID, q.TransactionTimeoutMillis, q.ProducerID, q.ProducerEpoch = txn, timeout, id, epoch
	return a.ask(q, version).(*kmsg.InitProducerIDResponse)
}

func TestInitProducerID(t *testing.T) {
	a := newAdmin(t, nil)
	txn := "t"
	next := int64(0)
	for _, row := range []struct {
		name    string
		version int16
		txn     *string
		timeout int32
		id      int64
		epoch   int16
		want    int16
	}{
		{"v0", 0, nil, 1000, -1, -1, 0},
		{"v2", 2, nil, 1000, -1, -1, 0},
		{"v5", 5, nil, 1000, -1, -1, 0},
		{"no timeout", 5, nil, 0, -1, -1, 0},
		{"negative timeout", 5, nil, -1, -1, -1, 0},
		{"with an id and an epoch", 5, nil, 1000, 5, 3, 0},
		{"with odd ones", 5, nil, 1000, -2, -2, 0},
		{"id without epoch", 5, nil, 1000, 5, -1, 42},
		{"epoch without id", 3, nil, 1000, -1, 3, 42},
		{"transactional", 5, &txn, 1000, -1, -1, 16},
		{"transactional v0", 0, &txn, 1000, -1, -1, 16},
		{"transactional, id without epoch", 5, &txn, 1000, 4, -1, 42},
	} {
		r := a.initProducer(row.version, row.txn, row.timeout, row.id, row.epoch)
		id, epoch := int64(-1), int16(-1)
		if row.want == 0 {
			id, epoch = next, 0
			next++
		}
		if r.ErrorCode != row.want || r.ProducerID != id || r.ProducerEpoch != epoch {
			t.Errorf("%s: %+v, want error %d, id %d, epoch %d", row.name, r, row.want, id, epoch)
		}
	}
}

// No id is given twice: not to producers that ask at once, not across blocks,
// not after a kill.
func TestProducerIDsAreUnique(t *testing.T) {
	a := newAdmin(t, nil)
	given := map[int64]bool{}
	var mu sync.Mutex
	for life := range 3 {
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				for range cluster.ProducerIDBlock / 2 {
					id, code := a.NewProducerID()
					mu.Lock()
					if code != 0 || given[id] {
						t.Errorf("life %d: id %d again, or error %d", life, id, code)
					}
					given[id] = true
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		if a.Image().NextProducerID() < int64(len(given)) {
			t.Errorf("life %d: ids are handed out below no block", life)
		}
		_ = a.store.Close(false)
		a.boot(nil)
	}
}

// Without a controller clients are to come back.
func TestNoProducerIDs(t *testing.T) {
	a := newAdmin(t, nil)
	a.controller.Close()
	if r := a.initProducer(5, nil, 1000, -1, -1); r.ErrorCode != 14 || r.ProducerID != -1 || r.ProducerEpoch != -1 {
		t.Errorf("%+v", r)
	}
}
