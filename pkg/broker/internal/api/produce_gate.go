package api

import "sync"

// txnGate keeps the transactional produces of each producer in order: while the
// coordinator is asked about one of them, what its client has sent after it waits,
// since the sequence numbers must reach the log in order.
type txnGate struct {
	mu sync.Mutex
	// queues has the producers that hold the gate, and what waits behind it;
	// guarded by mu.
	queues map[int64][]*produceOp
}

// enter reports whether op may go on now. If not, leave returns it later.
func (g *txnGate) enter(op *produceOp) bool {
	id := op.txn.producerID
	g.mu.Lock()
	defer g.mu.Unlock()
	if queue, held := g.queues[id]; held {
		g.queues[id] = append(queue, op)
		return false
	}
	if g.queues == nil {
		g.queues = make(map[int64][]*produceOp)
	}
	g.queues[id] = nil
	return true
}

// leave returns what may go on next for the producer, nil when nothing waits.
func (g *txnGate) leave(producerID int64) *produceOp {
	g.mu.Lock()
	defer g.mu.Unlock()
	queue := g.queues[producerID]
	if len(queue) == 0 {
		delete(g.queues, producerID)
		return nil
	}
	g.queues[producerID] = queue[1:]
	return queue[0]
}
