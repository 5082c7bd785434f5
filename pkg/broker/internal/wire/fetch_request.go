package wire

import "math"

// FetchRequest is a request of API 1, versions 4 to 18. Its slices alias the
// body it was parsed from, and Parse reuses those of an earlier request.
type FetchRequest struct {
	ClusterID      []byte // nil when null; only from followers
	ReplicaID      int32  // -1 for a consumer, whatever the version
	ReplicaEpoch   int64  // -1 when not known
	MaxWaitMs      int32
	MinBytes       int32
	MaxBytes       int32
	IsolationLevel int8
	SessionID      int32 // 0 without a session
	SessionEpoch   int32 // -1 without a session
	Topics         []FetchTopic
	Forgotten      []ForgottenTopic
	RackID         []byte
}

// FetchTopic is one topic of it.
type FetchTopic = Topic[FetchPartition]

// FetchPartition asks for the records of one partition.
type FetchPartition struct {
	Index              int32
	CurrentLeaderEpoch int32 // -1 when not known
	FetchOffset        int64
	LastFetchedEpoch   int32 // -1 when not known
	LogStartOffset     int64 // the follower's; -1 for a consumer
	MaxBytes           int32
	DirectoryID        [16]byte // the follower's log directory
	HighWatermark      int64    // what the follower knows; MaxInt64 when it does not say (KIP-1166)
}

// ForgottenTopic lists partitions that leave an incremental fetch session.
type ForgottenTopic = Topic[int32]

// Parse reads the body of a request.
func (q *FetchRequest) Parse(version int16, body []byte) error {
	flexible := version >= 12
	d := decoder{p: body}
	q.ClusterID, q.RackID = nil, nil
	q.ReplicaID, q.ReplicaEpoch = -1, -1
	q.SessionID, q.SessionEpoch = 0, -1
	if version <= 14 {
		q.ReplicaID = d.int32()
	}
	q.MaxWaitMs = d.int32()
	q.MinBytes = d.int32()
	q.MaxBytes = d.int32()
	q.IsolationLevel = d.int8()
	if version >= 7 {
		q.SessionID = d.int32()
		q.SessionEpoch = d.int32()
	}
	n := d.array(flexible, 3)
	q.Topics = q.Topics[:0]
	for i := 0; i < n && !d.bad; i++ {
		q.Topics = grow(q.Topics)
		parseFetchTopic(&q.Topics[i], &d, version, flexible)
	}
	q.Forgotten = q.Forgotten[:0]
	if version >= 7 {
		n = d.array(flexible, 3)
		for i := 0; i < n && !d.bad; i++ {
			q.Forgotten = grow(q.Forgotten)
			parseForgotten(&q.Forgotten[i], &d, version, flexible)
		}
	}
	if version >= 11 {
		q.RackID = d.str(flexible)
	}
	if flexible {
		d.tags(func(tag uint32, d *decoder) { q.parseTag(tag, d, version) })
	}
	return d.err()
}

func (q *FetchRequest) parseTag(tag uint32, d *decoder, version int16) {
	switch {
	case tag == 0:
		q.ClusterID = d.nullStr(true)
	case tag == 1 && version >= 15:
		q.ReplicaID = d.int32()
		q.ReplicaEpoch = d.int64()
		d.tags(nil)
	case tag == 1:
		d.fail() // a tag of later versions, which Kafka refuses
	}
}

func parseFetchTopic(t *FetchTopic, d *decoder, version int16, flexible bool) {
	n := t.begin(d, version, flexible, 16)
	for i := 0; i < n && !d.bad; i++ {
		t.Partitions = grow(t.Partitions)
		t.Partitions[i].parse(d, version, flexible)
	}
	if flexible {
		d.tags(nil)
	}
}

func (p *FetchPartition) parse(d *decoder, version int16, flexible bool) {
	*p = FetchPartition{
		CurrentLeaderEpoch: -1, LastFetchedEpoch: -1, LogStartOffset: -1,
		HighWatermark: math.MaxInt64,
	}
	p.Index = d.int32()
	if version >= 9 {
		p.CurrentLeaderEpoch = d.int32()
	}
	p.FetchOffset = d.int64()
	if version >= 12 {
		p.LastFetchedEpoch = d.int32()
	}
	if version >= 5 {
		p.LogStartOffset = d.int64()
	}
	p.MaxBytes = d.int32()
	if !flexible {
		return
	}
	d.tags(func(tag uint32, d *decoder) {
		switch {
		case tag == 0 && version >= 17:
			p.DirectoryID = d.uuid()
		case tag == 1 && version >= 18:
			p.HighWatermark = d.int64()
		case tag <= 1:
			d.fail() // a tag of later versions
		}
	})
}

func parseForgotten(t *ForgottenTopic, d *decoder, version int16, flexible bool) {
	n := t.begin(d, version, flexible, 4)
	for i := 0; i < n && !d.bad; i++ {
		t.Partitions = append(t.Partitions, d.int32())
	}
	if flexible {
		d.tags(nil)
	}
}
