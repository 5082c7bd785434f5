package format_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/format"
	"kq/internal/staterec"
)

func decoded(t *testing.T, spec, how string, r *kgo.Record) string {
	t.Helper()
	f, err := format.Parse(spec, format.Options{Decode: how})
	if err != nil {
		t.Fatalf("%s: %v", spec, err)
	}
	return string(f.Append(nil, r))
}

func state(topic string, key interface{ Append([]byte) []byte }, value interface{ Append([]byte) []byte }) *kgo.Record {
	r := record()
	r.Topic, r.Headers, r.Key, r.Value = topic, nil, key.Append(nil), nil
	if value != nil {
		r.Value = value.Append(nil)
	}
	return r
}

const (
	offsetsTopic = "__consumer_offsets"
	txnTopic     = "__transaction_state"
	shareTopic   = "__share_group_state"
)

func committed() *kgo.Record {
	return state(offsetsTopic, staterec.OffsetKey{Group: "g 1", Topic: "t", Partition: 2},
		staterec.OffsetValue{Offset: 5, LeaderEpoch: -1, Metadata: "m\x1b", CommitMs: 9, ExpireMs: -1, TopicID: [16]byte{15: 1}})
}

func TestDecodedText(t *testing.T) {
	r := committed()
	r.Timestamp = r.Timestamp.UTC()
	key, value := `OffsetCommit group="g 1" topic=t partition=2`, `offset=5 leaderEpoch=-1 metadata="m\u001b" commitTimestamp=9 topicId=AAAAAAAAAAAAAAAAAAAAAQ`
	for spec, want := range map[string]string{
		"value":                      key + " " + value + "\n",
		`%k|%v`:                      key + "|" + value,
		`{{.Key}}|{{.Value}}\n`:      key + "|" + value + "\n",
		"pretty":                     "3@42 2023-11-14T22:13:20.123Z " + key + " " + value + "\n",
		`%o`:                         "42",
		`{{if .ValueNull}}no{{end}}`: "",
	} {
		if got := decoded(t, spec, format.DecodeAuto, r); got != want {
			t.Errorf("%s: %q, want %q", spec, got, want)
		}
	}
	r.Value = nil
	if got := decoded(t, "value", format.DecodeAuto, r); got != key+" tombstone\n" {
		t.Errorf("tombstone: %q", got)
	}
	f, err := format.Keyed([]byte("\t"), format.Options{Decode: format.DecodeOffsets})
	if err != nil || string(f.Append(nil, r)) != key+"\ttombstone\n" {
		t.Errorf("keyed: %v", err)
	}
}

// The objects are what kafka-console-consumer 4.3.1 prints with its formatters
// for these records, but for the transaction's state, a number there.
func TestDecodedObjects(t *testing.T) {
	str := func(s string) *string { return &s }
	topics := []staterec.TopicPartitions{{TopicID: [16]byte{15: 1}, Partitions: []int32{0, 1}}}
	current := append([]staterec.TopicPartitions{}, topics...)
	current[0].Epochs = []int32{2, 2}
	member := func(k staterec.Kind) staterec.Key { return staterec.Key{Kind: k, Group: "g", Member: "m"} }
	for _, c := range []struct {
		r    *kgo.Record
		want string
	}{
		{committed(), `"key":{"group":"g 1","topic":"t","partition":2},"keytype":"OffsetCommit","value":{"offset":5,"leaderEpoch":-1,"metadata":"m\u001b","commitTimestamp":9,"topicId":"AAAAAAAAAAAAAAAAAAAAAQ"},"valuetype":"OffsetCommit/4"`},
		{state(offsetsTopic, staterec.OffsetKey{Group: "g", Topic: "t"}, staterec.OffsetValue{CommitMs: 1, ExpireMs: 2}), `"key":{"group":"g","topic":"t","partition":0},"keytype":"OffsetCommit","value":{"offset":0,"leaderEpoch":-1,"metadata":"","commitTimestamp":1,"expireTimestamp":2},"valuetype":"OffsetCommit/1"`},
		{state(offsetsTopic, staterec.OffsetKey{Group: "g", Topic: "t"}, nil), `"key":{"group":"g","topic":"t","partition":0},"keytype":"OffsetCommit","value":null`},
		{state(offsetsTopic, staterec.GroupKey{Group: "g"}, staterec.GroupValue{ProtocolType: "consumer", Generation: 1, Protocol: str("range"), StateMs: 7, Members: []staterec.GroupMember{{ID: "m", InstanceID: nil, ClientID: "c", ClientHost: "/h", RebalanceTimeoutMs: 300000, SessionTimeoutMs: 45000, Subscription: []byte{0, 3}}}}), `"key":{"group":"g"},"keytype":"GroupMetadata","value":{"protocolType":"consumer","generation":1,"protocol":"range","leader":null,"currentStateTimestamp":7,"members":[{"memberId":"m","groupInstanceId":null,"clientId":"c","clientHost":"/h","rebalanceTimeout":300000,"sessionTimeout":45000,"subscription":"AAM=","assignment":""}]},"valuetype":"GroupMetadata/3"`},
		{state(offsetsTopic, staterec.Key{Kind: staterec.ConsumerGroup, Group: "g"}, staterec.ConsumerGroupMetadata{Epoch: 2, MetadataHash: -3}), `"key":{"groupId":"g"},"keytype":"ConsumerGroupMetadata","value":{"epoch":2,"metadataHash":-3},"valuetype":"ConsumerGroupMetadata/0"`},
		{state(offsetsTopic, member(staterec.ConsumerMember), staterec.ConsumerGroupMemberMetadata{ClientID: "c", ClientHost: "/h", SubscribedTopicNames: []string{"a"}, RebalanceTimeoutMs: 1, Classic: &staterec.ClassicMember{SessionTimeoutMs: 2, Protocols: []staterec.ClassicProtocol{{Name: "range", Metadata: []byte{1}}}}}), `"key":{"groupId":"g","memberId":"m"},"keytype":"ConsumerGroupMemberMetadata","value":{"instanceId":null,"rackId":null,"clientId":"c","clientHost":"/h","subscribedTopicNames":["a"],"subscribedTopicRegex":null,"rebalanceTimeoutMs":1,"serverAssignor":null,"classicMemberMetadata":{"sessionTimeoutMs":2,"supportedProtocols":[{"name":"range","metadata":"AQ=="}]}},"valuetype":"ConsumerGroupMemberMetadata/0"`},
		{state(offsetsTopic, staterec.Key{Kind: staterec.ConsumerPartitions, Group: "g"}, staterec.ConsumerGroupPartitionMetadata{Topics: []staterec.ConsumerTopic{{Topic: "t", NumPartitions: 2, Racks: []staterec.PartitionRacks{{Partition: 1, Racks: []string{"r"}}}}}}), `"key":{"groupId":"g"},"keytype":"ConsumerGroupPartitionMetadata","value":{"topics":[{"topicId":"AAAAAAAAAAAAAAAAAAAAAA","topicName":"t","numPartitions":2,"partitionMetadata":[{"partition":1,"racks":["r"]}]}]},"valuetype":"ConsumerGroupPartitionMetadata/0"`},
		{state(offsetsTopic, staterec.Key{Kind: staterec.ConsumerTarget, Group: "g"}, staterec.ConsumerGroupTargetAssignmentMetadata{AssignmentEpoch: 2, TimestampMs: 8}), `"key":{"groupId":"g"},"keytype":"ConsumerGroupTargetAssignmentMetadata","value":{"assignmentEpoch":2,"assignmentTimestamp":8},"valuetype":"ConsumerGroupTargetAssignmentMetadata/0"`},
		{state(offsetsTopic, member(staterec.ConsumerTargetMember), staterec.ConsumerGroupTargetAssignmentMember{Topics: topics}), `"key":{"groupId":"g","memberId":"m"},"keytype":"ConsumerGroupTargetAssignmentMember","value":{"topicPartitions":[{"topicId":"AAAAAAAAAAAAAAAAAAAAAQ","partitions":[0,1]}]},"valuetype":"ConsumerGroupTargetAssignmentMember/0"`},
		{state(offsetsTopic, member(staterec.ConsumerCurrent), staterec.ConsumerGroupCurrentMemberAssignment{MemberEpoch: 2, Assigned: current}), `"key":{"groupId":"g","memberId":"m"},"keytype":"ConsumerGroupCurrentMemberAssignment","value":{"memberEpoch":2,"previousMemberEpoch":0,"state":0,"assignedPartitions":[{"topicId":"AAAAAAAAAAAAAAAAAAAAAQ","partitions":[0,1],"assignmentEpochs":[2,2]}],"partitionsPendingRevocation":[]},"valuetype":"ConsumerGroupCurrentMemberAssignment/0"`},
		{state(offsetsTopic, staterec.Key{Kind: staterec.ConsumerRegex, Group: "g", Regex: "t.*"}, staterec.ConsumerGroupRegularExpression{Topics: []string{"t1"}, Version: 4, TimestampMs: 5}), `"key":{"groupId":"g","regularExpression":"t.*"},"keytype":"ConsumerGroupRegularExpression","value":{"topics":["t1"],"version":4,"timestamp":5},"valuetype":"ConsumerGroupRegularExpression/0"`},
		{state(offsetsTopic, staterec.Key{Kind: staterec.ShareGroup, Group: "g"}, staterec.ShareGroupMetadata{Epoch: 2, MetadataHash: 9}), `"key":{"groupId":"g"},"keytype":"ShareGroupMetadata","value":{"epoch":2,"metadataHash":9},"valuetype":"ShareGroupMetadata/0"`},
		{state(offsetsTopic, member(staterec.ShareMember), staterec.ShareGroupMemberMetadata{ClientID: "c", ClientHost: "/h", SubscribedTopicNames: []string{"a"}}), `"key":{"groupId":"g","memberId":"m"},"keytype":"ShareGroupMemberMetadata","value":{"rackId":null,"clientId":"c","clientHost":"/h","subscribedTopicNames":["a"]},"valuetype":"ShareGroupMemberMetadata/0"`},
		{state(offsetsTopic, staterec.Key{Kind: staterec.ShareTarget, Group: "g"}, staterec.ShareGroupTargetAssignmentMetadata{AssignmentEpoch: 2}), `"key":{"groupId":"g"},"keytype":"ShareGroupTargetAssignmentMetadata","value":{"assignmentEpoch":2},"valuetype":"ShareGroupTargetAssignmentMetadata/0"`},
		{state(offsetsTopic, member(staterec.ShareTargetMember), staterec.ShareGroupTargetAssignmentMember{Topics: topics}), `"key":{"groupId":"g","memberId":"m"},"keytype":"ShareGroupTargetAssignmentMember","value":{"topicPartitions":[{"topicId":"AAAAAAAAAAAAAAAAAAAAAQ","partitions":[0,1]}]},"valuetype":"ShareGroupTargetAssignmentMember/0"`},
		{state(offsetsTopic, member(staterec.ShareCurrent), staterec.ShareGroupCurrentMemberAssignment{MemberEpoch: 2, PreviousMemberEpoch: 1, Assigned: topics}), `"key":{"groupId":"g","memberId":"m"},"keytype":"ShareGroupCurrentMemberAssignment","value":{"memberEpoch":2,"previousMemberEpoch":1,"state":0,"assignedPartitions":[{"topicId":"AAAAAAAAAAAAAAAAAAAAAQ","partitions":[0,1]}]},"valuetype":"ShareGroupCurrentMemberAssignment/0"`},
		{state(offsetsTopic, staterec.Key{Kind: staterec.ShareStatePartitions, Group: "g"}, staterec.ShareGroupStatePartitionMetadata{Initialized: []staterec.ShareTopic{{TopicID: [16]byte{15: 1}, Topic: "t", Partitions: []int32{0, 1}}}, Deleting: []staterec.ShareTopic{{Topic: "u"}}}), `"key":{"groupId":"g"},"keytype":"ShareGroupStatePartitionMetadata","value":{"initializingTopics":[],"initializedTopics":[{"topicId":"AAAAAAAAAAAAAAAAAAAAAQ","topicName":"t","partitions":[0,1]}],"deletingTopics":[{"topicId":"AAAAAAAAAAAAAAAAAAAAAA","topicName":"u"}]},"valuetype":"ShareGroupStatePartitionMetadata/0"`},
		{state(offsetsTopic, staterec.Key{Kind: staterec.StreamsGroup, Group: "g"}, staterec.ConsumerGroupMetadata{}), `"key":{"groupId":"g"},"keytype":"StreamsGroupMetadata","value":"\u0000\u0000\u0000\u0000\u0000\u0000\u0000"`},
		{state(txnTopic, staterec.TxnKey{TransactionalID: "x"}, staterec.TxnValue{ProducerID: 7, PreviousProducerID: 7, NextProducerID: -1, Epoch: 1, NextEpoch: -1, TimeoutMs: 60000, Status: staterec.TxnOngoing, Partitions: []staterec.TxnPartitions{{Topic: "t", Partitions: []int32{0, 3}}}, LastUpdateMs: 2, StartMs: 1, ClientVersion: 2}), `"key":{"transactionalId":"x"},"keytype":"TransactionLog","value":{"producerId":7,"previousProducerId":7,"producerEpoch":1,"transactionTimeoutMs":60000,"transactionStatus":"Ongoing","transactionPartitions":[{"topic":"t","partitionIds":[0,3]}],"transactionLastUpdateTimestampMs":2,"transactionStartTimestampMs":1,"clientTransactionVersion":2},"valuetype":"TransactionLog/1"`},
	} {
		line := decoded(t, "json", format.DecodeAuto, c.r)
		want := `{"topic":"` + c.r.Topic + `","partition":3,"offset":42,"ts":1700000000123,"tstype":"create",` + c.want + `,"headers":[]}` + "\n"
		if line != want {
			t.Errorf("got  %swant %s", line, want)
		}
		if !json.Valid([]byte(line)) {
			t.Errorf("not JSON: %s", line)
		}
	}
}

func TestDecoders(t *testing.T) {
	offset, group, txn := committed(), state(offsetsTopic, staterec.GroupKey{Group: "g"}, nil), state(txnTopic, staterec.TxnKey{TransactionalID: "x"}, nil)
	for how, want := range map[string]string{
		format.DecodeOffsets: "OffsetCommit",
		format.DecodeGroups:  "GroupMetadata",
		format.DecodeTxn:     "undecoded undecoded transactionalId=x",
		format.DecodeNone:    string(offset.Key[:2]) + " " + string(group.Key[:2]) + " " + string(txn.Key[:2]),
	} {
		var got []string
		for _, r := range []*kgo.Record{offset, group, txn} {
			copied := *r
			copied.Topic = "a-copy"
			text := decoded(t, "%k", how, &copied)
			switch {
			case how == format.DecodeNone:
				got = append(got, text[:2])
			case strings.HasPrefix(text, "undecoded="):
				got = append(got, "undecoded")
			case text != "":
				first, _, _ := strings.Cut(text, " ")
				got = append(got, first)
			}
		}
		if s := strings.Join(got, " "); s != want && how != format.DecodeGroups || how == format.DecodeGroups && !strings.HasPrefix(s, want) {
			t.Errorf("%s: %q, want %q", how, s, want)
		}
	}
	if _, err := format.Parse("json", format.Options{Decode: "avro"}); !errors.Is(err, format.ErrDecoder) {
		t.Errorf("an unknown decoder: %v", err)
	}
}

// What cannot be decoded is printed as it is, with the reason.
func TestUndecodable(t *testing.T) {
	r := committed()
	r.Value = []byte{0, 4, 1}
	line := decoded(t, "json", format.DecodeAuto, r)
	if !strings.Contains(line, `,"keytype":"OffsetCommit","value":"\u0000\u0004\u0001","valueerr":"parse committed offset: malformed state record: `) {
		t.Errorf("value: %s", line)
	}
	if text := decoded(t, "%v", format.DecodeAuto, r); !strings.HasPrefix(text, `undecoded=AAQB error="parse committed offset: `) {
		t.Errorf("value as text: %s", text)
	}
	for _, key := range [][]byte{nil, {}, {0, 99}, {0, 1, 0, 9}} {
		r.Key = key
		line := decoded(t, "json", format.DecodeAuto, r)
		if !strings.Contains(line, `"valueerr":"parse group state key: `) || strings.Contains(line, "type\":\"Off") {
			t.Errorf("key %v: %s", key, line)
		}
	}
}

// A decoded envelope is not mistaken for a record.
func TestDecodedIsNotRead(t *testing.T) {
	rd, err := format.ParseReader("json")
	if err != nil {
		t.Fatal(err)
	}
	line := decoded(t, "json", format.DecodeAuto, committed())
	if _, err := rd.Read(&kgo.Record{}, bytes.TrimSpace([]byte(line)), true); err == nil || !strings.Contains(err.Error(), "--decode none") {
		t.Errorf("read: %v", err)
	}
}
