package staterec

import (
	"bytes"
	"encoding/hex"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// goldens are bytes that Kafka 4.3.1's own generated classes wrote, by
// record/version-note.
func goldens(t testing.TB) map[string][]byte {
	t.Helper()
	text, err := os.ReadFile("testdata/kafka-4.3.1.txt")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]byte{}
	for line := range strings.Lines(string(text)) {
		name, digits, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || name == "#" {
			continue
		}
		b, err := hex.DecodeString(digits)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		all[name] = b
	}
	return all
}

func ptr(s string) *string { return &s }

func id(n byte) (b [16]byte) {
	copy(b[:], []byte{1, 2, 3, 4, 5, 6, 7, 8})
	b[15] = n
	return b
}

func TestKeysAsKafka(t *testing.T) {
	want := map[string]Key{
		"key/0":       {Kind: LegacyOffset, Group: "g0", Topic: "t", Partition: 3},
		"key/1":       {Kind: Offset, Group: "group", Topic: "töpic", Partition: 2147483647},
		"key/1-empty": {Kind: Offset, Partition: -1},
		"key/16":      {Kind: ConsumerRegex, Group: "group", Regex: "t.*"},
	}
	for _, k := range []Kind{Group, ConsumerGroup, ConsumerPartitions, ConsumerTarget, ShareGroup, ShareTarget, ShareStatePartitions, StreamsGroup, StreamsTarget, StreamsTopology} {
		want["key/"+strconv.Itoa(int(k))] = Key{Kind: k, Group: "group"}
	}
	for _, k := range []Kind{ConsumerMember, ConsumerTargetMember, ConsumerCurrent, ShareMember, ShareTargetMember, ShareCurrent, StreamsMember, StreamsTargetMember, StreamsCurrent} {
		want["key/"+strconv.Itoa(int(k))] = Key{Kind: k, Group: "group", Member: "member"}
	}
	seen := 0
	for name, b := range goldens(t) {
		if !strings.HasPrefix(name, "key/") {
			continue
		}
		seen++
		for _, read := range []func([]byte) (Key, error){ParseKey, ViewKey} {
			k, err := read(b)
			if err != nil || k != want[name] {
				t.Errorf("%s: %+v, %v; want %+v", name, k, err, want[name])
			}
			if got := k.Append(nil); !bytes.Equal(got, b) {
				t.Errorf("%s: written as %x, Kafka writes %x", name, got, b)
			}
		}
	}
	if seen != len(want) {
		t.Errorf("%d keys in the golden file, %d expected", seen, len(want))
	}
	if got := (OffsetKey{"group", "töpic", 2147483647}).Append(nil); !bytes.Equal(got, goldens(t)["key/1"]) {
		t.Errorf("OffsetKey: %x", got)
	}
	if got := (GroupKey{"group"}).Append([]byte{9}); !bytes.Equal(got[1:], goldens(t)["key/2"]) {
		t.Errorf("GroupKey: %x", got)
	}
	k, err := ParseTxnKey(goldens(t)["txnkey/0"])
	if err != nil || k.TransactionalID != "my-txn" || !bytes.Equal(k.Append(nil), goldens(t)["txnkey/0"]) {
		t.Errorf("TxnKey: %+v, %v", k, err)
	}
}

// written is a value with the golden it is read from; the versions that 4.3.1
// writes are compared with its bytes too.
type written struct {
	name  string
	value interface{ Append([]byte) []byte }
	old   bool // read only
}

func offsetValues() []written {
	full := OffsetValue{Offset: 5000000000, LeaderEpoch: -1, Metadata: "meta", CommitMs: 1700000000123, ExpireMs: -1}
	v1, v3, v4 := full, full, full
	v1.ExpireMs = 1700086400123
	v3.LeaderEpoch = 7
	v4.LeaderEpoch, v4.TopicID = 7, id(9)
	return []written{
		{"offset/0", full, true},
		{"offset/1", v1, false},
		{"offset/2", full, true},
		{"offset/3", v3, true},
		{"offset/4", v4, false},
		{"offset-plain/4", OffsetValue{LeaderEpoch: -1, CommitMs: 1, ExpireMs: -1}, false},
		{"legacy-offset/0", OffsetValue{Offset: 77, LeaderEpoch: -1, Metadata: "old", CommitMs: 1500000000000, ExpireMs: -1}, true},
	}
}

func groupValues() []written {
	var all []written
	for version := range 5 {
		v := GroupValue{ProtocolType: "consumer", Generation: 5, Protocol: ptr("range"), Leader: ptr("m1"), StateMs: -1, Members: []GroupMember{
			{ID: "m1", ClientID: "c1", ClientHost: "/127.0.0.1", RebalanceTimeoutMs: -1, SessionTimeoutMs: 45000, Subscription: []byte{0, 1, 2}, Assignment: []byte{3, 4}},
			{ID: "m2", ClientID: "c2", ClientHost: "/127.0.0.1", RebalanceTimeoutMs: -1, SessionTimeoutMs: 10000},
		}}
		empty := GroupValue{StateMs: -1}
		if version >= 1 {
			v.Members[0].RebalanceTimeoutMs, v.Members[1].RebalanceTimeoutMs = 300000, 60000
		}
		if version >= 2 {
			v.StateMs, empty.StateMs = 1700000000123, 1700000000123
		}
		if version >= 3 {
			v.Members[0].InstanceID = ptr("i1")
		}
		n := strconv.Itoa(version)
		all = append(all, written{"group/" + n, v, version != 3}, written{"group-empty/" + n, empty, version != 3})
	}
	return all
}

func consumerValues() []written {
	one := func(p ...int32) []TopicPartitions { return []TopicPartitions{{TopicID: id(1), Partitions: p}} }
	epochs := one(0, 1)
	epochs[0].Epochs = []int32{3, 4}
	bare := ConsumerGroupMemberMetadata{ClientID: "c", ClientHost: "/h", RebalanceTimeoutMs: -1}
	classic := ConsumerGroupMemberMetadata{ClientID: "c", ClientHost: "/h", SubscribedTopicNames: []string{"a"}, RebalanceTimeoutMs: 1}
	classic.Classic = &ClassicMember{45000, []ClassicProtocol{{"range", []byte{1, 2, 3}}}}
	return []written{
		{"consumer-group/0", ConsumerGroupMetadata{12, -987654321}, false},
		{"consumer-group-nohash/0", ConsumerGroupMetadata{Epoch: 12}, false},
		{"consumer-partitions/0", ConsumerGroupPartitionMetadata{[]ConsumerTopic{{id(1), "t", 4, []PartitionRacks{{1, []string{"r1", "r2"}}}}}}, false},
		{"consumer-member/0", ConsumerGroupMemberMetadata{ptr("i"), ptr("r"), "c", "/h", []string{"a", "b"}, ptr("t.*"), 300000, ptr("uniform"), nil}, false},
		{"consumer-member-null/0", bare, false},
		{"consumer-member-classic/0", classic, false},
		{"consumer-member-classic-default/0", ConsumerGroupMemberMetadata{RebalanceTimeoutMs: -1, Classic: &ClassicMember{}}, false},
		{"consumer-target/0", ConsumerGroupTargetAssignmentMetadata{3, 1700000000123}, false},
		{"consumer-target-notime/0", ConsumerGroupTargetAssignmentMetadata{AssignmentEpoch: 3}, false},
		{"consumer-target-member/0", ConsumerGroupTargetAssignmentMember{append(one(0, 1, 300), TopicPartitions{TopicID: id(2)})}, false},
		{"consumer-current/0", ConsumerGroupCurrentMemberAssignment{4, 3, MemberUnrevokedPartitions, epochs, one(2)}, false},
		{"consumer-current-nullepochs/0", ConsumerGroupCurrentMemberAssignment{MemberEpoch: 4, Assigned: one(0, 1)}, true},
		{"consumer-regex/0", ConsumerGroupRegularExpression{[]string{"t1", "t2"}, 42, 1700000000123}, false},
	}
}

func shareValues() []written {
	one := func(p ...int32) []TopicPartitions { return []TopicPartitions{{TopicID: id(1), Partitions: p}} }
	return []written{
		{"share-member/0", ShareGroupMemberMetadata{ptr("r"), "c", "/h", []string{"a"}}, false},
		{"share-group/0", ShareGroupMetadata{2, 99}, false},
		{"share-target/0", ShareGroupTargetAssignmentMetadata{3, 5}, false},
		{"share-target-member/0", ShareGroupTargetAssignmentMember{one(0)}, false},
		{"share-current/0", ShareGroupCurrentMemberAssignment{4, 3, MemberStable, one(0, 1)}, false},
		{"share-state-partitions/0", ShareGroupStatePartitionMetadata{
			[]ShareTopic{{id(1), "t", []int32{0}}}, []ShareTopic{{id(2), "t2", []int32{1, 2}}}, []ShareTopic{{TopicID: id(3), Topic: "t3"}},
		}, false},
	}
}

func txnValues() []written {
	v := TxnValue{
		ProducerID: 5000000001, PreviousProducerID: -1, NextProducerID: -1, Epoch: 3, NextEpoch: -1, TimeoutMs: 60000, Status: TxnOngoing,
		Partitions:   []TxnPartitions{{"t", []int32{0, 2}}, {"__consumer_offsets", []int32{7}}},
		LastUpdateMs: 1700000000123, StartMs: 1700000000100,
	}
	empty := TxnValue{ProducerID: 1, PreviousProducerID: -1, NextProducerID: -1, NextEpoch: -1, TimeoutMs: 60000, LastUpdateMs: 1700000000123, StartMs: -1}
	tagged := v
	tagged.PreviousProducerID, tagged.NextProducerID, tagged.ClientVersion, tagged.NextEpoch = 4, 9, 2, 1
	return []written{{"txn/0", v, true}, {"txn/1", v, false}, {"txn-empty/0", empty, true}, {"txn-empty/1", empty, false}, {"txn-tags/1", tagged, false}}
}

// parseAs reads b as the type of v.
func parseAs(v any, b []byte) (any, error) {
	switch v.(type) {
	case OffsetValue:
		return ParseOffsetValue(b)
	case GroupValue:
		return ParseGroupValue(b)
	case ConsumerGroupMetadata:
		return ParseConsumerGroupMetadata(b)
	case ConsumerGroupPartitionMetadata:
		return ParseConsumerGroupPartitionMetadata(b)
	case ConsumerGroupMemberMetadata:
		return ParseConsumerGroupMemberMetadata(b)
	case ConsumerGroupTargetAssignmentMetadata:
		return ParseConsumerGroupTargetAssignmentMetadata(b)
	case ConsumerGroupTargetAssignmentMember:
		return ParseConsumerGroupTargetAssignmentMember(b)
	case ConsumerGroupCurrentMemberAssignment:
		return ParseConsumerGroupCurrentMemberAssignment(b)
	case ConsumerGroupRegularExpression:
		return ParseConsumerGroupRegularExpression(b)
	case ShareGroupMetadata:
		return ParseShareGroupMetadata(b)
	case ShareGroupMemberMetadata:
		return ParseShareGroupMemberMetadata(b)
	case ShareGroupCurrentMemberAssignment:
		return ParseShareGroupCurrentMemberAssignment(b)
	case ShareGroupStatePartitionMetadata:
		return ParseShareGroupStatePartitionMetadata(b)
	case ShareSnapshotValue:
		return ParseShareSnapshotValue(b)
	case ShareUpdateValue:
		return ParseShareUpdateValue(b)
	}
	return ParseTxnValue(b)
}

func allValues() []written {
	return slices.Concat(offsetValues(), groupValues(), consumerValues(), shareValues(), shareStateValues(), txnValues())
}

func TestValuesAsKafka(t *testing.T) {
	golden := goldens(t)
	for _, w := range allValues() {
		b, ok := golden[w.name]
		if !ok {
			t.Errorf("%s: not in the golden file", w.name)
			continue
		}
		got, err := parseAs(w.value, b)
		if err != nil || !reflect.DeepEqual(got, w.value) {
			t.Errorf("%s: read as %+v, %v; want %+v", w.name, got, err, w.value)
		}
		if out := w.value.Append(nil); !w.old && !bytes.Equal(out, b) {
			t.Errorf("%s: written as %x, Kafka writes %x", w.name, out, b)
		}
		again, err := parseAs(w.value, w.value.Append(nil))
		if err != nil || !reflect.DeepEqual(again, afterWriting(w.value)) {
			t.Errorf("%s: written and read again: %+v, %v; want %+v", w.name, again, err, w.value)
		}
	}
}

// afterWriting is v without what the written version has no field for.
func afterWriting(v any) any {
	if o, ok := v.(OffsetValue); ok && o.ExpireMs != -1 {
		o.LeaderEpoch, o.TopicID = -1, [16]byte{}
		return o
	}
	return v
}
