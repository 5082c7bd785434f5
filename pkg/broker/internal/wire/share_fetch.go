package wire

// ShareFetchResponse answers a ShareFetch request 1-2 (KIP-932). Records stay
// regions of files until the connection sends them.
type ShareFetchResponse struct {
	ErrorCode     int16
	ErrorMessage  *string
	LockTimeoutMs int32 // of what was acquired
	Topics        []ShareFetchTopic
	NodeEndpoints []NodeEndpoint
}

// ShareFetchTopic answers for one topic.
type ShareFetchTopic struct {
	ID         [16]byte
	Partitions []ShareFetchPartition
}

// ShareFetchPartition answers for one partition.
type ShareFetchPartition struct {
	Index         int32
	ErrorCode     int16
	ErrorMessage  *string
	AckErrorCode  int16 // of the acknowledgements that came with the request
	AckMessage    *string
	CurrentLeader LeaderAndEpoch // zero when it is not told
	Records       []FileRegion   // sent one after the other; empty for none
	Acquired      []AcquiredRecords
}

// AcquiredRecords are the offsets that the member may use, First and Last included.
type AcquiredRecords struct {
	First, Last   int64
	DeliveryCount int16 // 1 the first time
}

// AppendChunks appends the body of the answer to chunks. All bytes but the
// records are in one pooled buffer, which the last chunk releases.
func (r *ShareFetchResponse) AppendChunks(chunks []Chunk) []Chunk {
	n := 64
	for i := range r.Topics {
		n += 32
		for j := range r.Topics[i].Partitions {
			n += 64 + 19*len(r.Topics[i].Partitions[j].Acquired)
		}
	}
	buf := NewBuf(n)
	e := fetchEncoder{dst: buf.Bytes()[:0], flexible: true}
	e.share(r)
	return e.appendChunks(chunks, buf)
}

func (e *fetchEncoder) share(r *ShareFetchResponse) {
	e.dst = appendInt32(e.dst, 0) // throttle time
	e.dst = appendInt16(e.dst, r.ErrorCode)
	e.dst = appendNullString(e.dst, true, r.ErrorMessage)
	e.dst = appendInt32(e.dst, r.LockTimeoutMs)
	e.dst = appendArrayLen(e.dst, true, len(r.Topics))
	for i := range r.Topics {
		t := &r.Topics[i]
		e.dst = append(e.dst, t.ID[:]...)
		e.dst = appendArrayLen(e.dst, true, len(t.Partitions))
		for j := range t.Partitions {
			e.sharePartition(&t.Partitions[j])
		}
		e.dst = append(e.dst, 0)
	}
	e.dst = appendArrayLen(e.dst, true, len(r.NodeEndpoints))
	for i := range r.NodeEndpoints {
		e.dst = appendNodeEndpoint(e.dst, &r.NodeEndpoints[i])
	}
	e.dst = append(e.dst, 0)
}

func (e *fetchEncoder) sharePartition(p *ShareFetchPartition) {
	e.dst = appendInt32(e.dst, p.Index)
	e.dst = appendInt16(e.dst, p.ErrorCode)
	e.dst = appendNullString(e.dst, true, p.ErrorMessage)
	e.dst = appendInt16(e.dst, p.AckErrorCode)
	e.dst = appendNullString(e.dst, true, p.AckMessage)
	e.dst = appendInt32(e.dst, p.CurrentLeader.ID)
	e.dst = appendInt32(e.dst, p.CurrentLeader.Epoch)
	e.dst = append(e.dst, 0)
	e.records(p.Records)
	e.dst = appendArrayLen(e.dst, true, len(p.Acquired))
	for _, a := range p.Acquired {
		e.dst = appendInt64(e.dst, a.First)
		e.dst = appendInt64(e.dst, a.Last)
		e.dst = appendInt16(e.dst, a.DeliveryCount)
		e.dst = append(e.dst, 0)
	}
	e.dst = append(e.dst, 0)
}
