package task

import (
	"strconv"

	"kq/pkg/streams/topology"
)

// The headers of a record in a dead-letter topic (KIP-1034).
const (
	HeaderException = "__streams.errors.exception"
	HeaderMessage   = "__streams.errors.message"
	HeaderTopic     = "__streams.errors.topic"
	HeaderPartition = "__streams.errors.partition"
	HeaderOffset    = "__streams.errors.offset"
)

// DeadLetter is what a dead-letter topic gets of a record that failed in phase
// p: the record as it was at o, with the reason behind its own headers.
func DeadLetter(in Input, o topology.Origin, p Phase, why error) Input {
	out := Input{Key: in.Key, Value: in.Value, Timestamp: max(in.Timestamp, 0)}
	out.Headers = append(out.Headers, in.Headers...)
	for _, h := range [][2]string{
		{HeaderException, p.String() + " error"},
		{HeaderMessage, why.Error()},
		{HeaderTopic, o.Topic},
		{HeaderPartition, strconv.Itoa(int(o.Partition))},
		{HeaderOffset, strconv.FormatInt(o.Offset, 10)},
	} {
		out.Headers = append(out.Headers, topology.Header{Key: h[0], Value: []byte(h[1])})
	}
	return out
}
