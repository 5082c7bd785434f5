package topic

// Follower is what the fetch of a replica tells its leader.
type Follower struct {
	ID          int32
	EndOffset   int64 // the offset it asks for: it has everything below
	StartOffset int64 // its log start offset
}

// RecordFollower notes how far a replica is. The high watermark follows the
// slowest replica in sync, the low watermark the lowest log start.
func (p *Partition) RecordFollower(r Follower) error {
	var f Fired
	defer f.Fire()
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.lead.Load()
	if err := p.check(l, -1, true); err != nil {
		return err
	}
	if p.followers == nil {
		p.followers = make(map[int32]Follower)
	}
	p.followers[r.ID] = r
	p.advance(&f)
	f.acks = p.deletions.reached(p.lowWatermark(l), nil, f.acks)
	return nil
}

// lowWatermark is the lowest log start offset of the replicas whose brokers are
// alive, -1 while one of them has not told. Caller holds p.mu.
func (p *Partition) lowWatermark(l *leadership) int64 {
	low := p.log.StartOffset()
	for _, id := range l.peers {
		f, ok := p.followers[id]
		if !ok {
			return -1
		}
		low = min(low, f.StartOffset)
	}
	return low
}
