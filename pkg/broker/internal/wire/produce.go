package wire

// ProduceRequest is a request of API 0, versions 0 to 13. Its slices alias the
// body it was parsed from, and Parse reuses those of an earlier request.
type ProduceRequest struct {
	TransactionalID []byte // nil when null; version 3 and later
	Acks            int16
	TimeoutMs       int32
	Topics          []ProduceTopic
}

// ProduceTopic is one topic of it.
type ProduceTopic = Topic[ProducePartition]

// ProducePartition holds the record bytes for one partition.
type ProducePartition struct {
	Index   int32
	Records []byte // nil when null
}

// Parse reads the body of a request.
func (q *ProduceRequest) Parse(version int16, body []byte) error {
	flexible := version >= 9
	d := decoder{p: body}
	q.TransactionalID = nil
	if version >= 3 {
		q.TransactionalID = d.nullStr(flexible)
	}
	q.Acks = d.int16()
	q.TimeoutMs = d.int32()
	n := d.array(flexible, 3)
	q.Topics = q.Topics[:0]
	for i := 0; i < n && !d.bad; i++ {
		q.Topics = grow(q.Topics)
		parseProduceTopic(&q.Topics[i], &d, version, flexible)
	}
	if flexible {
		d.tags(nil)
	}
	return d.err()
}

func parseProduceTopic(t *ProduceTopic, d *decoder, version int16, flexible bool) {
	n := t.begin(d, version, flexible, 5)
	for i := 0; i < n && !d.bad; i++ {
		t.Partitions = grow(t.Partitions)
		p := &t.Partitions[i]
		p.Index = d.int32()
		p.Records = d.nullBytes(flexible)
		if flexible {
			d.tags(nil)
		}
	}
	if flexible {
		d.tags(nil)
	}
}

// LeaderAndEpoch is where a partition is led (KIP-951).
type LeaderAndEpoch struct {
	ID, Epoch int32
}

// NoLeader leaves the current leader out of an answer.
var NoLeader = LeaderAndEpoch{ID: -1, Epoch: -1}

// NodeEndpoint tells a client where a broker is (KIP-951).
type NodeEndpoint struct {
	ID   int32
	Host string
	Port int32
	Rack *string
}

// ProduceResponse answers a ProduceRequest. Fields that a version does not have
// are left out.
type ProduceResponse struct {
	Topics        []ProduceTopicResponse
	ThrottleMs    int32
	NodeEndpoints []NodeEndpoint
}

// ProduceTopicResponse answers for one topic, by name or by id as the request.
type ProduceTopicResponse struct {
	Name       string
	ID         [16]byte
	Partitions []ProducePartitionResponse
}

// ProducePartitionResponse answers for one partition. Where nothing is known
// BaseOffset, LogAppendTimeMs and LogStartOffset are -1 and CurrentLeader is
// NoLeader.
type ProducePartitionResponse struct {
	Index           int32
	ErrorCode       int16
	BaseOffset      int64
	LogAppendTimeMs int64
	LogStartOffset  int64
	RecordErrors    []ProduceRecordError
	ErrorMessage    *string
	CurrentLeader   LeaderAndEpoch
}

// ProduceRecordError says why a record made its batch be refused (KIP-467).
type ProduceRecordError struct {
	BatchIndex int32
	Message    *string
}

// AppendTo appends the body of the answer.
func (r *ProduceResponse) AppendTo(dst []byte, version int16) []byte {
	flexible := version >= 9
	dst = appendArrayLen(dst, flexible, len(r.Topics))
	for i := range r.Topics {
		t := &r.Topics[i]
		if version >= 13 {
			dst = append(dst, t.ID[:]...)
		} else {
			dst = appendString(dst, flexible, t.Name)
		}
		dst = appendArrayLen(dst, flexible, len(t.Partitions))
		for j := range t.Partitions {
			dst = t.Partitions[j].appendTo(dst, version, flexible)
		}
		dst = noTags(dst, flexible)
	}
	if version >= 1 {
		dst = appendInt32(dst, r.ThrottleMs)
	}
	if !flexible {
		return dst
	}
	if version < 10 || len(r.NodeEndpoints) == 0 {
		return append(dst, 0)
	}
	dst = append(dst, 1)
	return appendNodeEndpoints(dst, r.NodeEndpoints)
}

func (p *ProducePartitionResponse) appendTo(dst []byte, version int16, flexible bool) []byte {
	dst = appendInt32(dst, p.Index)
	dst = appendInt16(dst, p.ErrorCode)
	dst = appendInt64(dst, p.BaseOffset)
	if version >= 2 {
		dst = appendInt64(dst, p.LogAppendTimeMs)
	}
	if version >= 5 {
		dst = appendInt64(dst, p.LogStartOffset)
	}
	if version >= 8 {
		dst = appendArrayLen(dst, flexible, len(p.RecordErrors))
		for i := range p.RecordErrors {
			dst = appendInt32(dst, p.RecordErrors[i].BatchIndex)
			dst = appendNullString(dst, flexible, p.RecordErrors[i].Message)
			dst = noTags(dst, flexible)
		}
		dst = appendNullString(dst, flexible, p.ErrorMessage)
	}
	if !flexible {
		return dst
	}
	if version < 10 || p.CurrentLeader == NoLeader {
		return append(dst, 0)
	}
	dst = append(dst, 1)
	return appendLeader(dst, 0, p.CurrentLeader)
}

// appendLeader appends a leader as a tagged field.
func appendLeader(dst []byte, tag uint32, l LeaderAndEpoch) []byte {
	dst = appendUvarint(dst, tag)
	dst = append(dst, 9)
	dst = appendInt32(dst, l.ID)
	dst = appendInt32(dst, l.Epoch)
	return append(dst, 0)
}

// appendNodeEndpoints appends endpoints as the tagged field 0.
func appendNodeEndpoints(dst []byte, nodes []NodeEndpoint) []byte {
	dst = append(dst, 0)
	size := uvarintLen(uint32(len(nodes) + 1))
	for i := range nodes {
		n := &nodes[i]
		size += 4 + uvarintLen(uint32(len(n.Host)+1)) + len(n.Host) + 4 + 1 + 1
		if n.Rack != nil {
			size += uvarintLen(uint32(len(*n.Rack)+1)) + len(*n.Rack) - 1
		}
	}
	dst = appendUvarint(dst, uint32(size))
	dst = appendUvarint(dst, uint32(len(nodes)+1))
	for i := range nodes {
		dst = appendNodeEndpoint(dst, &nodes[i])
	}
	return dst
}

func appendNodeEndpoint(dst []byte, n *NodeEndpoint) []byte {
	dst = appendInt32(dst, n.ID)
	dst = appendString(dst, true, n.Host)
	dst = appendInt32(dst, n.Port)
	dst = appendNullString(dst, true, n.Rack)
	return append(dst, 0)
}
