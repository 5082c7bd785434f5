package main

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const (
	rawConns = 2       // connections of the raw client, which share the partitions
	rawBytes = 1 << 20 // asked for of a partition in one request, as Kafka's consumer does
	rawTimes = 3       // how often the topic is read for a figure: once takes less than half a second
	rawWarm  = 8       // how often to warm up: a JVM compiles what it has done thousands of times
)

// rawConsume reads a topic to its end over plain sockets: of each batch it
// looks at the header, for the next offset, and throws the rest away.
func rawConsume(addr, topic string, partitions int) error {
	c, err := dial(addr)
	if err != nil {
		return err
	}
	ends, err := c.ends(topic, partitions)
	c.close()
	if err != nil {
		return err
	}
	groups := make([]rawReader, min(rawConns, partitions))
	for p, end := range ends {
		g := &groups[p%len(groups)]
		g.topic = topic
		g.parts = append(g.parts, rawPart{id: int32(p), end: end})
	}
	done := make(chan error)
	for i := range groups {
		go func() { done <- groups[i].run(addr) }()
	}
	for range groups {
		err = errors.Join(err, <-done)
	}
	return err
}

// rawPart is how far one partition is read.
type rawPart struct {
	id        int32
	next, end int64
}

// rawReader reads some partitions over one connection.
type rawReader struct {
	*conn
	topic string
	parts []rawPart
	err   error // the first one; nothing is read after it
}

func (r *rawReader) run(addr string) error {
	c, err := dial(addr)
	if err != nil {
		return err
	}
	defer c.close()
	r.conn = c
	for idle := 0; ; {
		req, before := r.request()
		if len(req.Topics[0].Partitions) == 0 {
			return nil
		}
		if err := r.send(frame(req)); err != nil {
			return err
		}
		if r.answer(); r.err != nil {
			return fmt.Errorf("fetch: %w", r.err)
		}
		_, after := r.request()
		if idle++; after != before {
			idle = 0
		}
		if idle > 100 {
			return fmt.Errorf("fetch: no progress at %v", r.parts)
		}
	}
}

// request asks for what is missing; left is how many records that is.
func (r *rawReader) request() (req *kmsg.FetchRequest, left int64) {
	req = kmsg.NewPtrFetchRequest()
	req.Version, req.ReplicaID, req.MaxWaitMillis, req.MinBytes, req.MaxBytes = 11, -1, 500, 1, 50<<20
	req.SessionID, req.SessionEpoch = 0, -1
	t := kmsg.NewFetchRequestTopic()
	t.Topic = r.topic
	for _, p := range r.parts {
		if p.next >= p.end {
			continue
		}
		left += p.end - p.next
		f := kmsg.NewFetchRequestTopicPartition()
		f.Partition, f.CurrentLeaderEpoch, f.FetchOffset, f.LogStartOffset, f.PartitionMaxBytes = p.id, -1, p.next, -1, rawBytes
		t.Partitions = append(t.Partitions, f)
	}
	req.Topics = append(req.Topics, t)
	return req, left
}

// answer reads a Fetch answer of version 11.
func (r *rawReader) answer() {
	r.skip(4 + 4 + 4) // size, correlation id, throttle time
	r.code(r.int16())
	r.skip(4) // session id
	for range r.int32() {
		r.skip(int(r.int16())) // the topic's name
		for range r.int32() {
			id := r.int32()
			r.code(r.int16())
			r.skip(8 + 8 + 8)                   // high watermark, last stable offset, log start
			r.skip(16 * max(0, int(r.int32()))) // aborted transactions
			r.skip(4)                           // preferred replica
			r.batches(id, int(r.int32()))
		}
	}
}

// batches skips size bytes of batches and moves the partition's offset on; the
// last batch may be cut off.
func (r *rawReader) batches(id int32, size int) {
	const header = 27 // up to the last offset delta
	for size >= header && r.err == nil {
		h := r.peek(header)
		if r.err != nil {
			return
		}
		base, length := int64(binary.BigEndian.Uint64(h)), 12+int(binary.BigEndian.Uint32(h[8:]))
		last := base + int64(binary.BigEndian.Uint32(h[23:]))
		if length > size {
			break
		}
		r.skip(length)
		size -= length
		for i := range r.parts {
			if r.parts[i].id == id && r.err == nil {
				r.parts[i].next = last + 1
			}
		}
	}
	r.skip(max(0, size))
}

func (r *rawReader) peek(n int) []byte {
	p, err := r.in.Peek(n)
	if r.err == nil {
		r.err = err
	}
	return p
}

func (r *rawReader) skip(n int) {
	if r.err == nil {
		_, r.err = r.in.Discard(n)
	}
}

// take reads n bytes; zeros after an error, so that loops end.
func (r *rawReader) take(n int) []byte {
	p := r.peek(n)
	if r.err != nil {
		return make([]byte, n)
	}
	r.skip(n)
	return p
}

func (r *rawReader) int16() int16 { return int16(binary.BigEndian.Uint16(r.take(2))) }
func (r *rawReader) int32() int32 { return int32(binary.BigEndian.Uint32(r.take(4))) }

func (r *rawReader) code(code int16) {
	if r.err == nil {
		r.err = kerr.ErrorForCode(code)
	}
}
