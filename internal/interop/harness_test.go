package interop

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// rendered shows records as a golden shows them.
func rendered(t *testing.T, p []byte) string {
	t.Helper()
	out, err := json.Marshal(describeRecords(p, newMasker(&Row{})))
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestBatchesComeBack(t *testing.T) {
	for codec := int16(0); codec <= 4; codec++ {
		b := Records("a", strings.Repeat("long", 20))
		b.Attributes, b.Recs[1].Key, b.Recs[1].Timestamp = codec, []byte("k"), 5
		b.Recs[1].Headers = []kmsg.Header{{Key: "h", Value: []byte("v")}}
		got := rendered(t, b.Bytes())
		for _, want := range []string{`"CRC":"right"`, `"NumRecords":2`, `"MaxTimestamp":1005`, `+0 @+0 key=null value=\"a\"`, `+1 @+5 key=\"k\" value=\"long`, `h=\"v\"`} {
			if !strings.Contains(got, want) {
				t.Errorf("codec %d: no %s in %s", codec, want, got)
			}
		}
	}
	broken := Records("a")
	broken.BreakCRC = true
	if got := rendered(t, broken.Bytes()); !strings.Contains(got, `"CRC":"wrong"`) {
		t.Errorf("a broken checksum shows as %s", got)
	}
}

func TestTornTail(t *testing.T) {
	whole := Records("a").Bytes()
	if a, b := rendered(t, whole), rendered(t, append(append([]byte{}, whole...), whole[:30]...)); a != b {
		t.Errorf("a torn batch behind a whole one shows:\n%s\n%s", a, b)
	}
	if got := rendered(t, whole[:30]); !strings.Contains(got, "no batch") {
		t.Errorf("a torn batch alone shows as %s", got)
	}
}

func TestMask(t *testing.T) {
	resp := kmsg.NewPtrMetadataResponse()
	resp.Version, resp.ClusterID = 12, ptr("5L6g3nShT-eMCtK--X86sw")
	resp.Brokers = []kmsg.MetadataResponseBroker{{NodeID: 1, Host: "127.0.0.1", Port: 9092}}
	for _, id := range [][16]byte{{1}, {2}, {1}, {}} {
		topic := kmsg.NewMetadataResponseTopic()
		topic.TopicID, topic.Topic = id, ptr("t")
		resp.Topics = append(resp.Topics, topic)
	}
	m := newMasker(&Row{Mask: []string{"Host"}, Drop: []string{"Topics.Topic"}})
	got, err := json.Marshal(m.tree("Metadata", resp))
	if err != nil {
		t.Fatal(err)
	}
	want := `{"Brokers":[{"Host":"masked","NodeID":1,"Port":"a port"}],"ClusterID":"a cluster id of 22 characters","ErrorCode":0,` +
		`"Topics":[{"ErrorCode":0,"TopicID":"topic-id#1"},{"ErrorCode":0,"TopicID":"topic-id#2"},{"ErrorCode":0,"TopicID":"topic-id#1"},{"ErrorCode":0}]}`
	if string(got) != want {
		t.Errorf("masked:\n%s\nwant:\n%s", got, want)
	}
}

func TestDiff(t *testing.T) {
	parse := func(s string) (v any) {
		if err := json.Unmarshal([]byte(s), &v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	got := diff("", parse(`[{"a":1,"b":[1,2],"c":null}]`), parse(`[{"a":2,"b":[1],"d":"x"}]`))
	want := []string{"[0].a: want 1, got 2", "[0].b: want 2 elements, got 1", `[0].d: want null, got "x"`}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("differences %q, want %q", got, want)
	}
}

func TestDecodeResponse(t *testing.T) {
	req := metadataOf(9, "t")
	resp := req.ResponseKind()
	frame := append([]byte{0, 0, 0, 7, 0}, resp.AppendTo(nil)...)
	if _, corr, err := DecodeResponse(req, frame); err != nil || corr != 7 {
		t.Errorf("a good answer: correlation %d, %v", corr, err)
	}
	if _, _, err := DecodeResponse(req, append(frame, 0)); err == nil {
		t.Error("a byte too many is not noticed")
	}
	if _, _, err := DecodeResponse(req, frame[:len(frame)-1]); err == nil {
		t.Error("a byte too few is not noticed")
	}
	if closedErr(nil) != nil || !errors.Is(closedErr(errors.New("reset")), ErrClosed) {
		t.Error("a reset is a closed connection")
	}
}

func FuzzDescribeRecords(f *testing.F) {
	for codec := int16(0); codec <= 4; codec++ {
		b := Records("a", "b")
		b.Attributes = codec
		f.Add(b.Bytes())
	}
	f.Add(append(Records("a").Bytes(), Message(1, 0, 0, 5, []byte("k"), nil)...))
	f.Fuzz(func(t *testing.T, p []byte) {
		rendered(t, p) // whatever a broker sends, rendering it ends
	})
}
