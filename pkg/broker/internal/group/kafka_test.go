package group_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/internal/staterec"
	"kq/pkg/broker/brokertest"
)

// kafkaAddr is a fresh Apache Kafka 4.3.1, from which the golden file is made. It has
// one partition of __consumer_offsets, group.consumer.assignment.interval.ms=0 and
// group.initial.rebalance.delay.ms=0.
var kafkaAddr = flag.String("kafka", "", "make testdata/consumer.golden from the Apache Kafka at this `address`")

const goldenFile = "testdata/consumer.golden"

// TestAsKafka sends the same requests of members of the consumer protocol to Kafka
// and to us, and compares the answers and the records of __consumer_offsets.
func TestAsKafka(t *testing.T) {
	addr := *kafkaAddr
	if addr == "" {
		b := brokertest.Start(t, brokertest.Set("offsets.topic.num.partitions", "1"), brokertest.Set("group.consumer.assignment.interval.ms", "0"))
		addr = b.Addr()
	}
	cl, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.DisableClientMetrics(), kgo.ClientID("c"), kgo.WithContext(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	s := &script{t: t, cl: cl, names: map[string]string{}, ids: map[string][16]byte{}}
	s.createTopics("t", "u", "logs-a", "logs-b")
	s.run()
	s.records()
	if *kafkaAddr != "" {
		if err := os.WriteFile(goldenFile, s.out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(goldenFile)
	if err != nil {
		t.Fatal(err)
	}
	got, lines := strings.Split(s.out.String(), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(got), len(lines)) {
		g, w := "(nothing)", "(nothing)"
		if i < len(got) {
			g = got[i]
		}
		if i < len(lines) {
			w = lines[i]
		}
		if g != w {
			t.Errorf("line %d\n got %s\nwant %s", i+1, g, w)
		}
	}
}

// script is a run of requests, with what came of them as text.
type script struct {
	t     *testing.T
	cl    *kgo.Client
	out   bytes.Buffer
	names map[string]string // what differs from run to run, by what stands for it
	ids   map[string][16]byte
	group string
}

func (s *script) createTopics(names ...string) {
	q := kmsg.NewPtrCreateTopicsRequest()
	q.TimeoutMillis = 10_000
	for _, name := range names {
		t := kmsg.NewCreateTopicsRequestTopic()
		t.Topic, t.NumPartitions, t.ReplicationFactor = name, 3, 1
		q.Topics = append(q.Topics, t)
	}
	resp, err := q.RequestWith(ctx(s.t), s.cl)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, t := range resp.Topics {
		if t.ErrorCode != 0 {
			s.t.Fatalf("create topic %s: code %d", t.Topic, t.ErrorCode)
		}
		s.ids[t.Topic] = t.TopicID
		s.names[fmt.Sprintf("%x", t.TopicID)] = t.Topic
	}
}

// begin starts a group of its own.
func (s *script) begin(group string) {
	s.group = group
	fmt.Fprintf(&s.out, "== %s\n", group)
}

// ask sends a request until it is not refused for the coordinator's sake, and notes
// the answer.
func (s *script) ask(what string, q kmsg.Request) kmsg.Response {
	s.t.Helper()
	for range 100 {
		resp, err := s.cl.Request(ctx(s.t), q)
		if err != nil && !errors.Is(err, kerr.CoordinatorNotAvailable) {
			s.t.Fatalf("%s: %v", what, err)
		}
		if code := codeOf(resp); err != nil || code >= 14 && code <= 16 {
			<-time.After(50 * time.Millisecond)
			continue
		}
		switch r := resp.(type) {
		case *kmsg.JoinGroupResponse:
			s.learn(r.MemberID)
		case *kmsg.ConsumerGroupHeartbeatResponse:
			if r.MemberID != nil {
				s.learn(*r.MemberID)
			}
		}
		s.sorted(resp)
		fmt.Fprintf(&s.out, "%s -> %s\n", s.plain(what), s.show(resp))
		return resp
	}
	s.t.Fatalf("%s: no coordinator", what)
	return nil
}

func codeOf(resp kmsg.Response) int16 {
	switch r := resp.(type) {
	case *kmsg.ConsumerGroupHeartbeatResponse:
		return r.ErrorCode
	case *kmsg.JoinGroupResponse:
		return r.ErrorCode
	}
	return 0
}

var (
	idBytes = regexp.MustCompile(`\[(\d{1,3},){15}\d{1,3}\]`)
	empty   = regexp.MustCompile(`"(Version|ThrottleMillis|UnknownTags|CoordinatorID)":("[^"]*"|-?\d+|\{[^}]*\}),?`)
)

// show prints an answer, without what is never there.
func (s *script) show(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.plain(empty.ReplaceAllString(string(b), ""))
}

// plain replaces what differs from run to run.
func (s *script) plain(text string) string {
	text = idBytes.ReplaceAllStringFunc(text, func(m string) string {
		var id [16]byte
		if json.Unmarshal([]byte(m), &id) != nil {
			return m
		}
		return s.names[fmt.Sprintf("%x", id)]
	})
	for id, name := range s.names {
		text = strings.ReplaceAll(text, id, name)
	}
	return text
}

// learn gives a member id that the broker has made a name.
func (s *script) learn(id string) {
	if len(id) >= 22 && s.names[id] == "" {
		s.names[id] = fmt.Sprintf("made-%d", len(s.names))
	}
}

// records notes what is in __consumer_offsets.
func (s *script) records() {
	adm := s.cl
	q := kmsg.NewPtrListOffsetsRequest()
	q.ReplicaID = -1
	q.Topics = []kmsg.ListOffsetsRequestTopic{{Topic: "__consumer_offsets", Partitions: []kmsg.ListOffsetsRequestTopicPartition{{Timestamp: -1, CurrentLeaderEpoch: -1}}}}
	resp, err := q.RequestWith(ctx(s.t), adm)
	if err != nil {
		s.t.Fatal(err)
	}
	end := resp.Topics[0].Partitions[0].Offset
	s.cl.AddConsumePartitions(map[string]map[int32]kgo.Offset{"__consumer_offsets": {0: kgo.NewOffset().At(0)}})
	byGroup := map[string][]string{}
	c := ctx(s.t)
	for at := int64(0); at < end; {
		f := s.cl.PollFetches(c)
		if err := f.Err0(); err != nil {
			s.t.Fatal(err)
		}
		f.EachRecord(func(r *kgo.Record) {
			at = r.Offset + 1
			k, err := staterec.ParseKey(r.Key)
			if err != nil {
				s.t.Fatal(err)
			}
			byGroup[k.Group] = append(byGroup[k.Group], s.record(k, r.Value))
		})
	}
	for _, group := range slices.Sorted(func(yield func(string) bool) {
		for g := range byGroup {
			if !yield(g) {
				return
			}
		}
	}) {
		fmt.Fprintf(&s.out, "== records of %s\n%s\n", group, strings.Join(sortedRecords(byGroup[group]), "\n"))
	}
}

// record shows one record; times, hashes and versions that are set as 1.
func (s *script) record(k staterec.Key, value []byte) string {
	what := fmt.Sprintf("%v %s%s%s", k.Kind, k.Member, k.Regex, k.Topic)
	if value == nil {
		return s.plain(what + " deleted")
	}
	one := func(n *int64) {
		if *n != 0 && *n != -1 {
			*n = 1
		}
	}
	sorted := func(tps []staterec.TopicPartitions) {
		slices.SortFunc(tps, func(a, b staterec.TopicPartitions) int {
			return strings.Compare(s.names[fmt.Sprintf("%x", a.TopicID)], s.names[fmt.Sprintf("%x", b.TopicID)])
		})
	}
	var v any
	var err error
	switch k.Kind {
	case staterec.ConsumerGroup:
		var r staterec.ConsumerGroupMetadata
		r, err = staterec.ParseConsumerGroupMetadata(value)
		one(&r.MetadataHash)
		v = r
	case staterec.ConsumerMember:
		v, err = staterec.ParseConsumerGroupMemberMetadata(value)
	case staterec.ConsumerTarget:
		var r staterec.ConsumerGroupTargetAssignmentMetadata
		r, err = staterec.ParseConsumerGroupTargetAssignmentMetadata(value)
		one(&r.TimestampMs)
		v = r
	case staterec.ConsumerTargetMember:
		var r staterec.ConsumerGroupTargetAssignmentMember
		r, err = staterec.ParseConsumerGroupTargetAssignmentMember(value)
		sorted(r.Topics)
		v = r
	case staterec.ConsumerCurrent:
		var r staterec.ConsumerGroupCurrentMemberAssignment
		r, err = staterec.ParseConsumerGroupCurrentMemberAssignment(value)
		sorted(r.Assigned)
		sorted(r.PendingRevocation)
		v = r
	case staterec.ConsumerRegex:
		var r staterec.ConsumerGroupRegularExpression
		r, err = staterec.ParseConsumerGroupRegularExpression(value)
		slices.Sort(r.Topics)
		one(&r.Version)
		one(&r.TimestampMs)
		v = r
	case staterec.Group:
		var r staterec.GroupValue
		r, err = staterec.ParseGroupValue(value)
		one(&r.StateMs)
		v = r
	case staterec.Offset:
		var r staterec.OffsetValue
		r, err = staterec.ParseOffsetValue(value)
		one(&r.CommitMs)
		v = r
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return s.plain(what) + " " + s.show(v)
}
