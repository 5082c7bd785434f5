package meta

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"testing"
)

func unhex(t *testing.T, s string) []byte {
	t.Helper()
	p, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func ptr[T any](v T) *T { return &v }

// golden are record values that Apache Kafka 4.3.1 wrote, with what its
// DumpLogSegments says is in them.
var golden = []struct {
	name    string
	version uint32
	want    Record
	hex     string
}{
	{
		"begin transaction", 0, &BeginTransaction{Name: ptr("Bootstrap records")},
		"01170001001212426f6f747374726170207265636f726473",
	},
	{"end transaction", 0, &EndTransaction{}, "01180000"},
	{
		"feature level", 0, &FeatureLevel{Name: "metadata.version", Level: 30},
		"010c00116d657461646174612e76657273696f6e001e00",
	},
	{
		"config of the broker default", 0, &ConfigRecord{ResourceType: ResourceBroker, Name: "min.insync.replicas", Value: ptr("1")},
		"0104000401146d696e2e696e73796e632e7265706c69636173023100",
	},
	{
		"config removed", 0, &ConfigRecord{ResourceType: ResourceTopic, ResourceName: "g1", Name: "retention.ms"},
		"010400020367310d726574656e74696f6e2e6d730000",
	},
	{"no-op", 0, &NoOp{}, "01140000"},
	{
		"unfence", 0, &BrokerRegistrationChange{BrokerID: 1, BrokerEpoch: 11, Fenced: -1},
		"01110000000001000000000000000b010001ff",
	},
	{
		"no cordoned directories", 3, &BrokerRegistrationChange{BrokerID: 1, BrokerEpoch: 11, CordonedLogDirs: []ID{}},
		"01110300000001000000000000000b01030101",
	},
	{
		"topic", 0, &TopicRecord{Name: "g1", TopicID: mustID("LlgFUq1bQ_izeed0_zn0lQ")},
		"0102000367312e580552ad5b43f8b379e774ff39f49500",
	},
	{"partition", 2, &PartitionRecord{
		PartitionID: 1, TopicID: mustID("LlgFUq1bQ_izeed0_zn0lQ"), Replicas: []int32{1}, ISR: []int32{1},
		RemovingReplicas: []int32{}, AddingReplicas: []int32{}, Leader: 1, Directories: []ID{mustID("r7dvRaoetmSh-lGtzKDlRA")},
	}, "010302000000012e580552ad5b43f8b379e774ff39f49502000000010200000001010100000001000000000000000002afb76f45aa1eb664a1fa51adcca0e54400"},
	{
		"producer ids", 0, &ProducerIDs{BrokerID: 1, BrokerEpoch: 11, NextProducerID: 1000},
		"010f0000000001000000000000000b00000000000003e800",
	},
	{
		"remove topic", 0, &RemoveTopic{TopicID: mustID("zX988keeQRaClDtos4YGYg")},
		"010900cd7f7cf2479e411682943b68b386066200",
	},
	{"register broker", 4, &RegisterBroker{
		BrokerID: 1, IncarnationID: mustID("1htXESWOTGym3AfmWTDEOA"), BrokerEpoch: 11, Fenced: true,
		Endpoints: []Endpoint{{Name: "PLAINTEXT", Host: "127.0.0.1", Port: 19501}},
		Features: []FeatureRange{
			{Name: "share.version", Max: 1},
			{Name: "kraft.version", Max: 1},
			{Name: "group.version", Max: 1},
			{Name: "streams.version", Max: 1},
			{Name: "transaction.version", Max: 2},
			{Name: "eligible.leader.replicas.version", Max: 1},
			{Name: "metadata.version", Min: 7, Max: 30},
		},
		LogDirs: []ID{mustID("r7dvRaoetmSh-lGtzKDlRA")},
	}, "0100040000000100d61b5711258e4c6ca6dc07e65930c438000000000000000b020a504c41494e544558540a3132372e302e302e314c2d000000080e73686172652e76657273696f6e00000001000e6b726166742e76657273696f6e00000001000e67726f75702e76657273696f6e00000001001073747265616d732e76657273696f6e0000000100147472616e73616374696f6e2e76657273696f6e000000020021656c696769626c652e6c65616465722e7265706c696361732e76657273696f6e0000000100116d657461646174612e76657273696f6e0007001e0000010001001102afb76f45aa1eb664a1fa51adcca0e544"},
	{"SCRAM credential", 0, &UserScramCredential{
		Name: "bob", Mechanism: ScramSHA512, Salt: []byte("salt12345678"), Iterations: 8192,
		StoredKey: unhexed("8e15dfb2a7d016c056b6c0dd20b42e31ed7db8927ee2153f29849e119bc9fa9f7ce6a6d23f41337c8fe157b1f9766a0668ac8f0fa4f05b9d6c0f4663799e0f4c"),
		ServerKey: unhexed("f25701c07049136ce59a602190de9e68a19c337792a8ece20776749fc843a9cf2af6504aab9d7a28aa0342652a43202985ea44d6bc5c00bbc7504ab69bf6ad25"),
	}, "010b0004626f62020d73616c743132333435363738418e15dfb2a7d016c056b6c0dd20b42e31ed7db8927ee2153f29849e119bc9fa9f7ce6a6d23f41337c8fe157b1f9766a0668ac8f0fa4f05b9d6c0f4663799e0f4c41f25701c07049136ce59a602190de9e68a19c337792a8ece20776749fc843a9cf2af6504aab9d7a28aa0342652a43202985ea44d6bc5c00bbc7504ab69bf6ad250000200000"},
	{"SCRAM credential removed", 0, &RemoveScramCredential{Name: "alice", Mechanism: ScramSHA256}, "01160006616c6963650100"},
	{
		"quota", 0, &ClientQuota{Entity: []QuotaEntity{{Type: "client-id", Name: ptr("c")}, {Type: "user", Name: ptr("a")}}, Key: "producer_byte_rate", Value: 7},
		"010e00030a636c69656e742d696402630005757365720261001370726f64756365725f627974655f72617465401c0000000000000000",
	},
	{
		"quota of the default", 0, &ClientQuota{Entity: []QuotaEntity{{Type: "ip"}}, Key: "connection_creation_rate", Value: 6},
		"010e0002036970000019636f6e6e656374696f6e5f6372656174696f6e5f7261746540180000000000000000",
	},
	{"a type this package leaves alone", 0, &Unknown{RecordType: 27, Body: []byte{1, 2, 3}}, "011b00010203"},
}

func unhexed(s string) []byte {
	p, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return p
}

func mustID(s string) ID {
	id, err := ParseID(s)
	if err != nil {
		panic(err)
	}
	return id
}

func TestGolden(t *testing.T) {
	for _, g := range golden {
		t.Run(g.name, func(t *testing.T) {
			raw := unhex(t, g.hex)
			got, version, err := Decode(raw)
			if err != nil {
				t.Fatal(err)
			}
			if version != g.version || !reflect.DeepEqual(got, g.want) {
				t.Errorf("decoded version %d %+v, want version %d %+v", version, got, g.version, g.want)
			}
			if again := Append(nil, g.want); !bytes.Equal(again, raw) {
				t.Errorf("encoded\n%x, want\n%x", again, raw)
			}
		})
	}
}

// full has every field of every type set to something that is not its default.
var full = []Record{
	&RegisterBroker{
		BrokerID: 3, MigratingZK: true, IncarnationID: ID{1}, BrokerEpoch: 9, Rack: ptr("r"), Fenced: true,
		InControlledShutdown: true, LogDirs: []ID{{2}}, CordonedLogDirs: []ID{{3}},
		Endpoints: []Endpoint{{Name: "A", Host: "h", Port: 65535, SecurityProtocol: 3}},
		Features:  []FeatureRange{{Name: "f", Min: 1, Max: 2}},
	},
	&UnregisterBroker{BrokerID: 1, BrokerEpoch: 2},
	&TopicRecord{Name: "t", TopicID: ID{1}},
	&PartitionRecord{
		PartitionID: 1, TopicID: ID{1}, Replicas: []int32{1, 2}, ISR: []int32{1}, RemovingReplicas: []int32{2},
		AddingReplicas: []int32{3}, Leader: 1, LeaderRecoveryState: 1, LeaderEpoch: 4, PartitionEpoch: 5,
		Directories: []ID{{1}, {2}}, ELR: []int32{2}, LastKnownELR: []int32{1},
	},
	&ConfigRecord{ResourceType: 2, ResourceName: "t", Name: "k", Value: ptr("v")},
	&PartitionChange{
		PartitionID: 1, TopicID: ID{1}, ISR: []int32{1}, Leader: -1, Replicas: []int32{1}, RemovingReplicas: []int32{},
		AddingReplicas: []int32{7}, LeaderRecoveryState: 1, Directories: []ID{{1}}, ELR: []int32{}, LastKnownELR: []int32{5},
	},
	NewPartitionChange(ID{2}, 7),
	&FenceBroker{ID: 1, Epoch: 2}, &UnfenceBroker{ID: 1, Epoch: 2}, &RemoveTopic{TopicID: ID{3}},
	&FeatureLevel{Name: "f", Level: 2}, &ProducerIDs{BrokerID: 1, BrokerEpoch: 2, NextProducerID: 3},
	&BrokerRegistrationChange{BrokerID: 1, BrokerEpoch: 2, Fenced: 1, InControlledShutdown: 1, LogDirs: []ID{{1}}, CordonedLogDirs: []ID{{2}}},
	&NoOp{}, &BeginTransaction{Name: ptr("n")}, &EndTransaction{}, &AbortTransaction{Reason: ptr("r")},
	&UserScramCredential{Name: "u", Mechanism: 1, Salt: []byte{1}, StoredKey: []byte{2}, ServerKey: []byte{3}, Iterations: 4096},
	&RemoveScramCredential{Name: "u", Mechanism: 2},
	&ClientQuota{Entity: []QuotaEntity{{Type: "user", Name: ptr("u")}, {Type: "client-id"}}, Key: "k", Value: 1.5, Remove: true},
	&NoOp{unknown: []RawTag{{Number: 4, Value: []byte("x")}}},
	&BrokerRegistrationChange{BrokerID: 1, Fenced: 1, InControlledShutdown: 1, unknown: []RawTag{{Number: 9, Value: []byte{}}}},
}

func TestEveryFieldSurvives(t *testing.T) {
	for _, r := range full {
		p := Append(nil, r)
		got, version, err := Decode(p)
		if err != nil {
			t.Fatalf("%T: %v", r, err)
		}
		if _, want := r.shape(); version != want {
			t.Errorf("%T: version %d, want %d", r, version, want)
		}
		if again := Append(nil, got); !bytes.Equal(again, p) {
			t.Errorf("%T: %x became %x", r, p, again)
		}
	}
}

// Every version of a type decodes what it encodes, and every prefix of a record
// is refused.
func TestVersionsAndPrefixes(t *testing.T) {
	for _, r := range full {
		for v := range kinds[Type(r)].newest + 1 {
			p := AppendVersion(nil, r, v)
			got, version, err := Decode(p)
			if err != nil || version != v {
				t.Fatalf("%T version %d: decoded version %d: %v", r, v, version, err)
			}
			if again := AppendVersion(nil, got, v); !bytes.Equal(again, p) {
				t.Errorf("%T version %d: %x became %x", r, v, p, again)
			}
			for n := range p {
				if _, _, err := Decode(p[:n]); !errors.Is(err, ErrMalformed) {
					t.Fatalf("%T version %d cut to %d of %d bytes: %v", r, v, n, len(p), err)
				}
			}
			if _, _, err := Decode(append(p, 0)); !errors.Is(err, ErrMalformed) {
				t.Errorf("%T version %d with a byte more: %v", r, v, err)
			}
		}
	}
}

func TestMalformed(t *testing.T) {
	for name, s := range map[string]string{
		"frame version 2":            "021400",
		"varint of six bytes":        "01ffffffffff01",
		"null topic name":            "01020000" + "2e580552ad5b43f8b379e774ff39f495" + "00",
		"null replica list":          "010302000000012e580552ad5b43f8b379e774ff39f49500",
		"array longer than the rest": "010302000000012e580552ad5b43f8b379e774ff39f495ffffffff0f",
		"tags out of order":          "011400" + "02" + "0500" + "0400",
		"tag twice":                  "011400" + "02" + "0500" + "0500",
		"tag longer than the rest":   "011400" + "01" + "05ff01",
		"known tag with a byte more": "01110000000001000000000000000b010002ff00",
	} {
		if r, _, err := Decode(unhex(t, s)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: got %+v, %v", name, r, err)
		}
	}
}

// A newer version of a known type, and an unknown type, are carried along.
func TestUnknownSurvives(t *testing.T) {
	for _, s := range []string{"0102630a0b", "01904e00ff", "011b00"} {
		p := unhex(t, s)
		r, _, err := Decode(p)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := r.(*Unknown); !ok {
			t.Errorf("%s became %T", s, r)
		}
		if again := Append(nil, r); !bytes.Equal(again, p) {
			t.Errorf("%s became %x", s, again)
		}
	}
}

// What decodes also encodes, to something that decodes to the same.
func FuzzDecode(f *testing.F) {
	for _, r := range full {
		f.Add(Append(nil, r))
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		r, version, err := Decode(p)
		if err != nil {
			if !errors.Is(err, ErrMalformed) {
				t.Fatalf("error does not wrap ErrMalformed: %v", err)
			}
			return
		}
		once := AppendVersion(nil, r, version)
		again, v2, err := Decode(once)
		if err != nil || v2 != version {
			t.Fatalf("%x decoded to %+v, encoded to %x: version %d, %v", p, r, once, v2, err)
		}
		if twice := AppendVersion(nil, again, version); !bytes.Equal(once, twice) {
			t.Fatalf("%x, then %x", once, twice)
		}
	})
}

func TestID(t *testing.T) {
	for range 200 {
		id := NewID()
		if s := FormatID(id); len(s) != 22 || s[0] == '-' || mustID(s) != id {
			t.Fatalf("id %x as %q", id, s)
		}
	}
	for _, s := range []string{"", "xx", "LlgFUq1bQ_izeed0_zn0lQAA", "LlgFUq1bQ+izeed0/zn0lQ"} {
		if _, err := ParseID(s); err == nil {
			t.Errorf("%q is an id", s)
		}
	}
}
