package share_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/brokertest"
)

// client of a broker, closed at the end of the test.
func client(t *testing.T, b *brokertest.Broker, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	cl, err := kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers(b.Addr()), kgo.RetryBackoffFn(func(int) time.Duration { return 20 * time.Millisecond }),
		kgo.MetadataMinAge(20 * time.Millisecond), kgo.WithContext(t.Context()),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	return cl
}

func ctx(t *testing.T) context.Context {
	t.Helper()
	c, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return c
}

// request asks a broker and fails the test when there is no answer.
func request[T kmsg.Response](t *testing.T, cl *kgo.Client, q kmsg.Request) T {
	t.Helper()
	resp, err := cl.Request(ctx(t), q)
	if err != nil {
		t.Fatal(err)
	}
	return resp.(T)
}

// topicID is the id of a topic.
func topicID(t *testing.T, cl *kgo.Client, topic string) [16]byte {
	t.Helper()
	q := kmsg.NewPtrMetadataRequest()
	q.Topics = []kmsg.MetadataRequestTopic{{Topic: &topic}}
	resp := request[*kmsg.MetadataResponse](t, cl, q)
	if err := kerr.ErrorForCode(resp.Topics[0].ErrorCode); err != nil {
		t.Fatal(err)
	}
	return resp.Topics[0].TopicID
}

// begin makes the state of a share partition, as the group coordinator does.
func begin(t *testing.T, cl *kgo.Client, group string, id [16]byte, partition int32, start int64) {
	t.Helper()
	q := kmsg.NewPtrInitializeShareGroupStateRequest()
	q.GroupID = group
	q.Topics = []kmsg.InitializeShareGroupStateRequestTopic{{TopicID: id, Partitions: []kmsg.InitializeShareGroupStateRequestTopicPartition{
		{Partition: partition, StartOffset: start},
	}}}
	resp := request[*kmsg.InitializeShareGroupStateResponse](t, cl, q)
	if err := kerr.ErrorForCode(resp.Topics[0].Partitions[0].ErrorCode); err != nil {
		t.Fatal(err)
	}
}

// sharer is a member of a share group that speaks for itself, on one partition.
type sharer struct {
	*testing.T
	cl     *kgo.Client
	group  string
	member string
	id     [16]byte
	epoch  int32
	wait   int32 // ms
	most   int32
	exact  bool
}

func newSharer(t *testing.T, b *brokertest.Broker, group, member, topic string) *sharer {
	cl := client(t, b)
	return &sharer{T: t, cl: cl, group: group, member: member, id: topicID(t, cl, topic), wait: 500, most: 100}
}

// ask is the fetch that comes next; its session goes on.
func (s *sharer) ask(acks ...kmsg.ShareFetchRequestTopicPartitionAcknowledgementBatch) *kmsg.ShareFetchRequest {
	q := kmsg.NewPtrShareFetchRequest()
	q.GroupID, q.MemberID, q.ShareSessionEpoch = &s.group, &s.member, s.epoch
	q.MaxWaitMillis, q.MinBytes, q.MaxBytes, q.MaxRecords, q.BatchSize = s.wait, 1, 1<<20, s.most, s.most
	if s.exact {
		q.ShareAcquireMode = 1
	}
	q.Topics = []kmsg.ShareFetchRequestTopic{{TopicID: s.id, Partitions: []kmsg.ShareFetchRequestTopicPartition{{AcknowledgementBatches: acks}}}}
	s.epoch++
	return q
}

// part is the answer for the partition, which may be left out.
func part(resp *kmsg.ShareFetchResponse) (p kmsg.ShareFetchResponseTopicPartition) {
	if len(resp.Topics) == 1 && len(resp.Topics[0].Partitions) == 1 {
		p = resp.Topics[0].Partitions[0]
	}
	return p
}

// fetch returns what was acquired, first-last×deliveries.
func (s *sharer) fetch(acks ...kmsg.ShareFetchRequestTopicPartitionAcknowledgementBatch) []string {
	s.Helper()
	resp := request[*kmsg.ShareFetchResponse](s.T, s.cl, s.ask(acks...))
	p := part(resp)
	if resp.ErrorCode != 0 || p.ErrorCode != 0 || p.AcknowledgeErrorCode != 0 {
		s.Fatalf("%s: error %d, partition %d, acknowledgements %d", s.member, resp.ErrorCode, p.ErrorCode, p.AcknowledgeErrorCode)
	}
	if (len(p.AcquiredRecords) > 0) != (len(p.Records) > 0) {
		s.Fatalf("%s: %d ranges, %d bytes", s.member, len(p.AcquiredRecords), len(p.Records))
	}
	return acquired(p)
}

func acquired(p kmsg.ShareFetchResponseTopicPartition) []string {
	out := []string{}
	for _, a := range p.AcquiredRecords {
		out = append(out, fmt.Sprintf("%d-%d×%d", a.FirstOffset, a.LastOffset, a.DeliveryCount))
	}
	return out
}

// gets fails the test unless fetch acquires exactly these ranges.
func (s *sharer) gets(want ...string) {
	s.Helper()
	if got := s.fetch(); !slices.Equal(got, want) {
		s.Fatalf("%s acquired %v, want %v", s.member, got, want)
	}
}

// ack acknowledges offsets, with one type for all or one for each.
func (s *sharer) ack(first, last int64, types ...int8) (code int16, text string) {
	s.Helper()
	q := kmsg.NewPtrShareAcknowledgeRequest()
	q.GroupID, q.MemberID, q.ShareSessionEpoch = &s.group, &s.member, s.epoch
	q.IsRenewAck = slices.Contains(types, 4)
	q.Topics = []kmsg.ShareAcknowledgeRequestTopic{{TopicID: s.id, Partitions: []kmsg.ShareAcknowledgeRequestTopicPartition{{
		AcknowledgementBatches: []kmsg.ShareAcknowledgeRequestTopicPartitionAcknowledgementBatch{{FirstOffset: first, LastOffset: last, AcknowledgeTypes: types}},
	}}}}
	s.epoch++
	resp := request[*kmsg.ShareAcknowledgeResponse](s.T, s.cl, q)
	if resp.ErrorCode != 0 {
		return resp.ErrorCode, ""
	}
	p := resp.Topics[0].Partitions[0]
	if p.ErrorMessage != nil {
		text = *p.ErrorMessage
	}
	return p.ErrorCode, text
}

// acks fails the test unless an acknowledgement works.
func (s *sharer) acks(first, last int64, types ...int8) {
	s.Helper()
	if code, text := s.ack(first, last, types...); code != 0 {
		s.Fatalf("%s: acknowledge %d-%d: %d %s", s.member, first, last, code, text)
	}
}

// produce writes n records in one batch.
func produce(t *testing.T, b *brokertest.Broker, topic string, n int) {
	t.Helper()
	cl := client(t, b, kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(50*time.Millisecond))
	recs := make([]*kgo.Record, n)
	for i := range recs {
		recs[i] = &kgo.Record{Topic: topic, Value: fmt.Appendf(nil, "%d", i)}
	}
	if err := cl.ProduceSync(ctx(t), recs...).FirstErr(); err != nil {
		t.Fatal(err)
	}
}
