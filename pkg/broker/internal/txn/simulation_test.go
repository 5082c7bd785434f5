package txn

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"kq/internal/staterec"
)

var (
	simSeed = flag.Uint64("txn.seed", 0, "run the simulation with this seed alone")
	simRuns = flag.Int("txn.runs", 150, "how many simulations")
)

// simulation is some producers on a coordinator that crashes.
type simulation struct {
	t    *testing.T
	w    *world
	c    *Coordinator
	rand *rand.Rand

	producers []*simProducer
	txns      int
	parts     map[int][]Partition // of each transaction that wrote something
	promised  map[int]string      // what the producer was told: "commit" or "abort"
}

// simProducer is one producer, as clients behave.
type simProducer struct {
	id         string
	version    int16 // of EndTxn
	producerID int64 // -1: has none
	epoch      int16
	txn        int // 0: none
	written    []Partition
}

// TestSimulation runs producers at random on a coordinator that crashes at any
// write, on a disk that fails at times. Afterwards each transaction was committed
// wholly or aborted wholly, as its producer was told, and no decision was undone.
func TestSimulation(t *testing.T) {
	seeds := []uint64{*simSeed}
	if *simSeed == 0 {
		seeds = nil
		for range *simRuns {
			seeds = append(seeds, rand.Uint64())
		}
	}
	committed := 0
	for _, seed := range seeds {
		synctest.Test(t, func(t *testing.T) { committed += simulate(t, seed, -1) })
		if t.Failed() {
			t.Fatalf("run again with -txn.seed=%d", seed)
		}
	}
	if committed < 2*len(seeds) {
		t.Errorf("only %d transactions were committed", committed)
	}
}

// TestCrashAtEveryWrite runs one simulation again and again, each time with a
// crash at the next write.
func TestCrashAtEveryWrite(t *testing.T) {
	const seed = 5
	for limit := range 60 {
		synctest.Test(t, func(t *testing.T) { simulate(t, seed, limit) })
		if t.Failed() {
			t.Fatalf("with a crash at write %d", limit)
		}
	}
}

// simulate runs one simulation; with a limit it crashes once, at that write.
func simulate(t *testing.T, seed uint64, limit int) (committed int) {
	s := &simulation{
		t: t, w: newWorld(t), rand: rand.New(rand.NewPCG(seed, 0)),
		parts: make(map[int][]Partition), promised: make(map[int]string),
	}
	s.w.topic[0] = 9
	for i := range 3 {
		id := "producer"[:5+i]
		s.producers = append(s.producers,
			&simProducer{id: id, version: 4 + int16(i%2), producerID: none, epoch: none},
			&simProducer{id: id, version: 5, producerID: none, epoch: none}) // two that want the same id
	}
	s.w.limit = limit
	s.start()
	for range 150 {
		s.chaos(limit < 0)
		s.step(s.producers[s.rand.IntN(len(s.producers))])
		if s.crashed() {
			s.restart()
		}
	}
	s.restart()
	elapse(10 * time.Minute) // all that is open runs out of time
	synctest.Wait()
	s.check()
	s.c.Close()
	told := 0
	for _, end := range s.promised {
		if end == "commit" {
			told++
		}
	}
	if *simSeed != 0 {
		t.Logf("seed %d: %d transactions, %d committed, %d ends told, epoch %d, %d writes", seed, len(s.parts), told, len(s.promised), s.w.epoch, s.w.writes)
	}
	return told
}

func (s *simulation) start() {
	s.c = s.w.coordinator()
	synctest.Wait()
}

// crashed says whether the disk has taken nothing for a while.
func (s *simulation) crashed() bool {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	return s.w.limit >= 0 && s.w.writes > s.w.limit
}

// restart is what is left after a crash: the disk, and leader epochs that are new.
func (s *simulation) restart() {
	s.w.mu.Lock()
	s.w.limit = 0 // nothing more of the old one
	s.w.writes = 1
	s.w.mu.Unlock()
	s.c.Close()
	s.w.mu.Lock()
	s.w.limit, s.w.failing, s.w.slow, s.w.waiting = -1, nil, false, nil
	clear(s.w.markers)
	s.w.epoch++
	s.w.mu.Unlock()
	s.start()
}

// chaos lets things go wrong.
func (s *simulation) chaos(crashes bool) {
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	switch s.rand.IntN(40) {
	case 0:
		if crashes {
			s.w.limit = s.w.writes + s.rand.IntN(6)
		}
	case 1:
		s.w.failing = kerr.KafkaStorageError
	case 2, 3:
		s.w.failing = nil
	case 4:
		s.w.markers[s.part()] = kerr.KafkaStorageError.Code
	case 5, 6:
		clear(s.w.markers)
	}
}

func (s *simulation) part() Partition {
	return Partition{[]string{"t", "u"}[s.rand.IntN(2)], int32(s.rand.IntN(3))}
}

// step is what a producer does next.
func (s *simulation) step(p *simProducer) {
	if s.rand.IntN(20) == 0 {
		elapse(time.Duration(s.rand.IntN(40)) * time.Second)
	}
	switch {
	case p.producerID == none || s.rand.IntN(25) == 0:
		s.init(p)
	case p.txn == 0 || s.rand.IntN(3) > 0:
		s.write(p)
	default:
		s.end(p, s.rand.IntN(3) > 0)
	}
}

func (s *simulation) init(p *simProducer) {
	r := initProducer(s.c, p.id, p.producerID, p.epoch)
	p.txn, p.written = 0, nil
	switch {
	case r.ErrorCode == 0:
		p.producerID, p.epoch = r.ProducerID, r.ProducerEpoch
	case fatal(r.ErrorCode):
		p.producerID, p.epoch = none, none // begins as a new one
	}
}

// fatal says whether a producer has to begin again.
func fatal(code int16) bool {
	return code == kerr.ProducerFenced.Code || code == kerr.InvalidProducerIDMapping.Code || code == kerr.InvalidTxnState.Code
}

// write adds a partition to the transaction and a record to the partition.
func (s *simulation) write(p *simProducer) {
	part := s.part()
	code := addParts(s.c, p.version-1, p.id, p.producerID, p.epoch, part)
	if fatal(code) {
		p.producerID, p.epoch, p.txn = none, none, 0
	}
	if code != 0 {
		return
	}
	if p.txn == 0 {
		s.txns++
		p.txn, p.written = s.txns, nil
	}
	if s.w.produce(part, p.producerID, p.epoch, p.txn) {
		p.written = append(p.written, part)
		s.parts[p.txn] = append(s.parts[p.txn], part)
	}
}

// end ends the transaction, and tries again while it does not know how it went.
func (s *simulation) end(p *simProducer, commit bool) {
	for range 8 {
		r := endTxn(s.c, p.version, p.id, p.producerID, p.epoch, commit)
		switch {
		case r.ErrorCode == 0:
			s.promised[p.txn] = "abort"
			if commit {
				s.promised[p.txn] = "commit"
			}
			p.txn = 0
			if p.version >= 5 {
				p.producerID, p.epoch = r.ProducerID, r.ProducerEpoch
			}
			return
		case fatal(r.ErrorCode):
			p.producerID, p.epoch, p.txn = none, none, 0
			return
		}
		if s.crashed() {
			s.restart()
		}
		elapse(time.Second)
		synctest.Wait()
	}
	p.producerID, p.epoch, p.txn = none, none, 0 // gives up
}

// check looks at what is on the disk.
func (s *simulation) check() {
	ends := make(map[int]map[string]bool) // of each transaction
	for part, events := range s.w.data {
		open := make(map[int64][]int)
		for _, e := range events {
			if e.kind == "data" {
				open[e.producerID] = append(open[e.producerID], e.txn)
				continue
			}
			for _, txn := range open[e.producerID] {
				if ends[txn] == nil {
					ends[txn] = make(map[string]bool)
				}
				ends[txn][e.kind] = true
			}
			delete(open, e.producerID)
		}
		for id, txns := range open {
			if len(txns) > 0 {
				s.t.Errorf("%v: transactions %v of producer %d are open", part, txns, id)
			}
		}
	}
	for txn := range s.parts {
		switch promised := s.promised[txn]; {
		case len(ends[txn]) != 1:
			s.t.Errorf("transaction %d on %v ended as %v", txn, s.parts[txn], ends[txn])
		case promised != "" && !ends[txn][promised]:
			s.t.Errorf("transaction %d ended as %v, its producer was told %s", txn, ends[txn], promised)
		}
	}
	s.checkStates()
}

// checkStates looks at the order of states of each id: what is prepared is
// completed in the same way before anything else.
func (s *simulation) checkStates() {
	after := map[staterec.TxnStatus][]staterec.TxnStatus{
		staterec.TxnEmpty:          {staterec.TxnEmpty, staterec.TxnOngoing, staterec.TxnPrepareAbort},
		staterec.TxnOngoing:        {staterec.TxnOngoing, staterec.TxnPrepareAbort, staterec.TxnPrepareCommit},
		staterec.TxnPrepareCommit:  {staterec.TxnCompleteCommit},
		staterec.TxnPrepareAbort:   {staterec.TxnCompleteAbort},
		staterec.TxnCompleteCommit: {staterec.TxnEmpty, staterec.TxnOngoing, staterec.TxnPrepareAbort},
		staterec.TxnCompleteAbort:  {staterec.TxnEmpty, staterec.TxnOngoing, staterec.TxnPrepareAbort},
	}
	last := make(map[string]staterec.TxnValue)
	for _, entries := range s.w.state {
		for _, e := range entries {
			key, err := staterec.ParseTxnKey(e.Key)
			if err != nil {
				s.t.Fatal(err)
			}
			v, err := staterec.ParseTxnValue(e.Value)
			if err != nil {
				s.t.Fatal(err)
			}
			if was, ok := last[key.TransactionalID]; ok {
				if !slices.Contains(after[was.Status], v.Status) {
					s.t.Errorf("%s: %s after %s", key.TransactionalID, v.Status, was.Status)
				}
				if v.ProducerID == was.ProducerID && v.Epoch < was.Epoch {
					s.t.Errorf("%s: epoch %d after %d", key.TransactionalID, v.Epoch, was.Epoch)
				}
			}
			last[key.TransactionalID] = v
		}
	}
	for id, v := range last {
		if v.Status == staterec.TxnOngoing || v.Status == staterec.TxnPrepareAbort || v.Status == staterec.TxnPrepareCommit {
			s.t.Errorf("%s is left in %s", id, v.Status)
		}
		if want := fmt.Sprintf("%s %d", v.Status, v.Epoch); stateOf(s.c, id) != want {
			s.t.Errorf("%s: %s, on disk %s", id, stateOf(s.c, id), want)
		}
	}
}
