package wire

// FetchResponse answers a FetchRequest. Records stay regions of files until the
// connection sends them. Fields that a version does not have are left out.
type FetchResponse struct {
	ThrottleMs    int32
	ErrorCode     int16
	SessionID     int32
	Topics        []FetchTopicResponse
	NodeEndpoints []NodeEndpoint
}

// FetchTopicResponse answers for one topic, by name or by id as the request.
type FetchTopicResponse struct {
	Name       string
	ID         [16]byte
	Partitions []FetchPartitionResponse
}

// FetchPartitionResponse answers for one partition. NewFetchPartitionResponse
// gives the values that mean nothing is known.
type FetchPartitionResponse struct {
	Index            int32
	ErrorCode        int16
	HighWatermark    int64
	LastStableOffset int64
	LogStartOffset   int64
	DivergingEpoch   EpochEndOffset // sent unless it is NoEpoch
	CurrentLeader    LeaderAndEpoch // sent unless it is NoLeader
	SnapshotID       EpochEndOffset // sent unless it is NoEpoch
	// AbortedTxns is nil for read_uncommitted, which sends null.
	AbortedTxns          []AbortedTxn
	PreferredReadReplica int32
	Records              []FileRegion // sent one after the other; empty for none
}

// EpochEndOffset is an epoch and the offset after its last record.
type EpochEndOffset struct {
	Epoch     int32
	EndOffset int64
}

// NoEpoch leaves an optional EpochEndOffset out of an answer.
var NoEpoch = EpochEndOffset{Epoch: -1, EndOffset: -1}

// AbortedTxn is a transaction whose records a read_committed consumer skips.
type AbortedTxn struct {
	ProducerID  int64
	FirstOffset int64
}

// NewFetchPartitionResponse returns an answer for a partition in which every
// optional field has its default.
func NewFetchPartitionResponse(index int32) FetchPartitionResponse {
	return FetchPartitionResponse{
		Index: index, HighWatermark: -1, LastStableOffset: -1, LogStartOffset: -1,
		DivergingEpoch: NoEpoch, CurrentLeader: NoLeader, SnapshotID: NoEpoch,
		PreferredReadReplica: -1,
	}
}

// AppendChunks appends the body of the answer to chunks. All bytes but the
// records are in one pooled buffer, which the last chunk releases.
func (r *FetchResponse) AppendChunks(chunks []Chunk, version int16) []Chunk {
	buf := NewBuf(r.sizeHint())
	e := fetchEncoder{dst: buf.Bytes()[:0], version: version, flexible: version >= 12}
	e.response(r)
	return e.appendChunks(chunks, buf)
}

// appendChunks appends what was encoded into buf, and the regions between.
func (e *fetchEncoder) appendChunks(chunks []Chunk, buf *Buf) []Chunk {
	buf.Adopt(e.dst)
	start := 0
	for _, cut := range e.cuts {
		if cut.at > start {
			chunks = append(chunks, Chunk{Bytes: e.dst[start:cut.at]})
			start = cut.at
		}
		chunks = append(chunks, Chunk{Region: cut.region})
	}
	return append(chunks, Chunk{Bytes: e.dst[start:], Buf: buf})
}

// sizeHint is about the size of the answer without its records.
func (r *FetchResponse) sizeHint() int {
	n := 64
	for i := range r.Topics {
		t := &r.Topics[i]
		n += 32 + len(t.Name)
		for j := range t.Partitions {
			n += 100 + 17*len(t.Partitions[j].AbortedTxns)
		}
	}
	return n
}

// fetchEncoder appends an answer to dst and notes where regions go.
type fetchEncoder struct {
	dst      []byte
	cuts     []fetchCut
	version  int16
	flexible bool
}

// fetchCut is a region that goes before byte `at` of the other bytes.
type fetchCut struct {
	at     int
	region FileRegion
}

func (e *fetchEncoder) response(r *FetchResponse) {
	e.dst = appendInt32(e.dst, r.ThrottleMs)
	if e.version >= 7 {
		e.dst = appendInt16(e.dst, r.ErrorCode)
		e.dst = appendInt32(e.dst, r.SessionID)
	}
	e.dst = appendArrayLen(e.dst, e.flexible, len(r.Topics))
	for i := range r.Topics {
		t := &r.Topics[i]
		if e.version >= 13 {
			e.dst = append(e.dst, t.ID[:]...)
		} else {
			e.dst = appendString(e.dst, e.flexible, t.Name)
		}
		e.dst = appendArrayLen(e.dst, e.flexible, len(t.Partitions))
		for j := range t.Partitions {
			e.partition(&t.Partitions[j])
		}
		e.dst = noTags(e.dst, e.flexible)
	}
	if !e.flexible {
		return
	}
	if e.version < 16 || len(r.NodeEndpoints) == 0 {
		e.dst = append(e.dst, 0)
		return
	}
	e.dst = append(e.dst, 1)
	e.dst = appendNodeEndpoints(e.dst, r.NodeEndpoints)
}

func (e *fetchEncoder) partition(p *FetchPartitionResponse) {
	e.dst = appendInt32(e.dst, p.Index)
	e.dst = appendInt16(e.dst, p.ErrorCode)
	e.dst = appendInt64(e.dst, p.HighWatermark)
	e.dst = appendInt64(e.dst, p.LastStableOffset)
	if e.version >= 5 {
		e.dst = appendInt64(e.dst, p.LogStartOffset)
	}
	aborted := len(p.AbortedTxns)
	if p.AbortedTxns == nil {
		aborted = -1
	}
	e.dst = appendArrayLen(e.dst, e.flexible, aborted)
	for _, a := range p.AbortedTxns {
		e.dst = appendInt64(e.dst, a.ProducerID)
		e.dst = appendInt64(e.dst, a.FirstOffset)
		e.dst = noTags(e.dst, e.flexible)
	}
	if e.version >= 11 {
		e.dst = appendInt32(e.dst, p.PreferredReadReplica)
	}
	e.records(p.Records)
	if e.flexible {
		e.partitionTags(p)
	}
}

func (e *fetchEncoder) records(regions []FileRegion) {
	size := 0
	for _, r := range regions {
		size += r.Len()
	}
	e.dst = appendArrayLen(e.dst, e.flexible, size)
	for _, r := range regions {
		e.cuts = append(e.cuts, fetchCut{at: len(e.dst), region: r})
	}
}

func (e *fetchEncoder) partitionTags(p *FetchPartitionResponse) {
	at := len(e.dst)
	e.dst = append(e.dst, 0)
	if p.DivergingEpoch != NoEpoch {
		e.dst[at]++
		e.dst = append(e.dst, 0, 13)
		e.dst = appendInt32(e.dst, p.DivergingEpoch.Epoch)
		e.dst = appendInt64(e.dst, p.DivergingEpoch.EndOffset)
		e.dst = append(e.dst, 0)
	}
	if p.CurrentLeader != NoLeader {
		e.dst[at]++
		e.dst = appendLeader(e.dst, 1, p.CurrentLeader)
	}
	if p.SnapshotID != NoEpoch {
		e.dst[at]++
		e.dst = append(e.dst, 2, 13)
		e.dst = appendInt64(e.dst, p.SnapshotID.EndOffset)
		e.dst = appendInt32(e.dst, p.SnapshotID.Epoch)
		e.dst = append(e.dst, 0)
	}
}
