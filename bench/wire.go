package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// conn is one plain connection; answers come in the order of the requests.
type conn struct {
	nc  net.Conn
	in  *bufio.Reader
	buf []byte
}

func dial(addr string) (*conn, error) {
	nc, err := net.DialTimeout("tcp", addr, 10*time.Second)
	if err != nil {
		return nil, fmt.Errorf("dial: %w", err)
	}
	if err := nc.SetDeadline(time.Now().Add(2 * time.Minute)); err != nil {
		return nil, fmt.Errorf("dial: %w", err)
	}
	return &conn{nc: nc, in: bufio.NewReaderSize(nc, 256<<10)}, nil
}

func (c *conn) close() { _ = c.nc.Close() } // nothing is lost with it

func frame(req kmsg.Request) []byte {
	return kmsg.NewRequestFormatter(kmsg.FormatterClientID("bench")).AppendRequest(nil, req, 1)
}

func (c *conn) send(frame []byte) error {
	if _, err := c.nc.Write(frame); err != nil {
		return fmt.Errorf("send: %w", err)
	}
	return nil
}

// receive reads one whole answer and decodes it.
func (c *conn) receive(resp kmsg.Response) error {
	head, err := c.in.Peek(4)
	if err != nil {
		return fmt.Errorf("receive: %w", err)
	}
	size := int(binary.BigEndian.Uint32(head)) + 4
	if size < 9 || size > 100<<20 {
		return fmt.Errorf("receive: an answer of %d bytes", size)
	}
	if cap(c.buf) < size {
		c.buf = make([]byte, size)
	}
	if _, err := io.ReadFull(c.in, c.buf[:size]); err != nil {
		return fmt.Errorf("receive: %w", err)
	}
	body := c.buf[8:size]
	if resp.IsFlexible() && resp.Key() != int16(kmsg.ApiVersions) {
		body = body[1:] // no tags in the header
	}
	return resp.ReadFrom(body)
}

func (c *conn) ask(req kmsg.Request) (kmsg.Response, error) {
	if err := c.send(frame(req)); err != nil {
		return nil, err
	}
	resp := req.ResponseKind()
	return resp, c.receive(resp)
}

// createTopic makes a topic of one replica and waits until its partitions answer.
func createTopic(addr, topic string, partitions int, configs map[string]string) error {
	c, err := dial(addr)
	if err != nil {
		return err
	}
	defer c.close()
	req := kmsg.NewPtrCreateTopicsRequest()
	req.Version, req.TimeoutMillis = 5, 60_000
	t := kmsg.NewCreateTopicsRequestTopic()
	t.Topic, t.NumPartitions, t.ReplicationFactor = topic, int32(partitions), 1
	for k, v := range configs {
		set := kmsg.NewCreateTopicsRequestTopicConfig()
		set.Name, set.Value = k, &v
		t.Configs = append(t.Configs, set)
	}
	req.Topics = append(req.Topics, t)
	resp, err := c.ask(req)
	if err != nil {
		return fmt.Errorf("create topic: %w", err)
	}
	for _, t := range resp.(*kmsg.CreateTopicsResponse).Topics {
		if err := kerr.ErrorForCode(t.ErrorCode); err != nil {
			return fmt.Errorf("create topic: %w", err)
		}
	}
	for began := time.Now(); ; <-time.After(10 * time.Millisecond) {
		_, err := c.ends(topic, partitions)
		if err == nil || time.Since(began) > 20*time.Second {
			return err
		}
	}
}

// ends asks for the end offsets of a topic's partitions.
func (c *conn) ends(topic string, partitions int) ([]int64, error) {
	req := kmsg.NewPtrListOffsetsRequest()
	req.Version, req.ReplicaID = 5, -1
	t := kmsg.NewListOffsetsRequestTopic()
	t.Topic = topic
	for i := range partitions {
		p := kmsg.NewListOffsetsRequestTopicPartition()
		p.Partition, p.CurrentLeaderEpoch, p.Timestamp = int32(i), -1, -1
		t.Partitions = append(t.Partitions, p)
	}
	req.Topics = append(req.Topics, t)
	resp, err := c.ask(req)
	if err != nil {
		return nil, fmt.Errorf("list offsets: %w", err)
	}
	ends := make([]int64, partitions)
	for _, t := range resp.(*kmsg.ListOffsetsResponse).Topics {
		for _, p := range t.Partitions {
			if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
				return nil, fmt.Errorf("list offsets of %s:%d: %w", topic, p.Partition, err)
			}
			ends[p.Partition] = p.Offset
		}
	}
	return ends, nil
}

// recordBatch is a batch of n records of size bytes each, without compression
// and without a producer id, so that it can be sent any number of times.
func recordBatch(n, size int) []byte {
	value := make([]byte, size)
	var records []byte
	for i := range n {
		r := kmsg.Record{OffsetDelta: int32(i), Value: value}
		r.Length = int32(len(r.AppendTo(nil)) - 1) // a zero length takes one byte
		records = r.AppendTo(records)
	}
	now := time.Now().UnixMilli()
	b := kmsg.RecordBatch{
		PartitionLeaderEpoch: -1, Magic: 2, LastOffsetDelta: int32(n - 1), FirstTimestamp: now, MaxTimestamp: now,
		ProducerID: -1, ProducerEpoch: -1, FirstSequence: -1, NumRecords: int32(n), Records: records,
	}
	raw := b.AppendTo(nil)
	b.Length = int32(len(raw) - 12)                                            // what follows the length
	b.CRC = int32(crc32.Checksum(raw[21:], crc32.MakeTable(crc32.Castagnoli))) // what follows the sum
	return b.AppendTo(raw[:0])
}

// produceRequest writes one batch to each of the partitions of a topic, acks=all.
func produceRequest(topic string, partitions int, batch []byte) *kmsg.ProduceRequest {
	req := kmsg.NewPtrProduceRequest()
	req.Version, req.Acks, req.TimeoutMillis = 8, -1, 30_000
	t := kmsg.NewProduceRequestTopic()
	t.Topic = topic
	for i := range partitions {
		p := kmsg.NewProduceRequestTopicPartition()
		p.Partition, p.Records = int32(i), batch
		t.Partitions = append(t.Partitions, p)
	}
	req.Topics = append(req.Topics, t)
	return req
}

// produced is the first error of an answer to Produce.
func produced(resp *kmsg.ProduceResponse) error {
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
				return fmt.Errorf("produce to %s:%d: %w", t.Topic, p.Partition, err)
			}
		}
	}
	return nil
}
