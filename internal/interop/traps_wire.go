package interop

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// apiVersions builds an ApiVersions request; name and software version matter from v3.
func apiVersions(version int16, name, software string) *kmsg.ApiVersionsRequest {
	req := kmsg.NewPtrApiVersionsRequest()
	req.Version, req.ClientSoftwareName, req.ClientSoftwareVersion = version, name, software
	return req
}

// keepOwnKey cuts an ApiVersions answer down to the range of key 18 itself.
func keepOwnKey(api string, tree map[string]any) {
	keys, _ := tree["ApiKeys"].([]any)
	if api != "ApiVersions" {
		return
	}
	for _, k := range keys {
		if k, _ := k.(map[string]any); k["ApiKey"] == int64(18) {
			tree["ApiKeys"] = []any{k}
		}
	}
	if len(keys) > 1 {
		tree["(more than one key)"] = true
	}
	for _, f := range []string{"SupportedFeatures", "FinalizedFeatures", "FinalizedFeaturesEpoch"} {
		delete(tree, f)
	}
}

// unserved are the keys that Kafka serves on a broker's listener and kq does not:
// SASL, delegation tokens, share groups, quorum changes, streams groups.
var unserved = []int64{17, 36, 38, 39, 40, 41, 76, 77, 78, 79, 80, 81, 83, 84, 85, 86, 87, 88, 89, 90, 91, 92}

// keepRanges cuts an ApiVersions answer down to the version ranges of the keys
// that both brokers serve.
func keepRanges(api string, tree map[string]any) {
	if api != "ApiVersions" {
		return
	}
	ranges := map[string]any{}
	for _, k := range asList(tree["ApiKeys"]) {
		m, _ := k.(map[string]any)
		key, _ := m["ApiKey"].(int64) // the key, and a version, that are not there are 0
		low, _ := m["MinVersion"].(int64)
		high, _ := m["MaxVersion"].(int64)
		if !slices.Contains(unserved, key) {
			ranges[fmt.Sprintf("%d %s", key, kmsg.NameForKey(int16(key)))] = fmt.Sprintf("%d-%d", low, high)
		}
	}
	tree["ApiKeys"] = ranges
	for _, f := range []string{"SupportedFeatures", "FinalizedFeatures", "FinalizedFeaturesEpoch"} {
		delete(tree, f)
	}
}

// bytesOf frames a request of any key and version with a raw body.
func bytesOf(key, version int16, flexible bool, body ...byte) []byte {
	id := "kq-interop"
	return Frame(append(RequestHeader(key, version, 7, &id, flexible), body...))
}

func wireRows() []Row {
	return slices.Concat(negotiationRows(), frameRows())
}

func negotiationRows() []Row {
	return []Row{
		{Name: "a-frame-length", Traps: []int{1}, Run: func(s *Session) {
			s.Raw("length -1", []byte{0xff, 0xff, 0xff, 0xff}, nil)
			s.Raw("length 100 MiB + 1", []byte{0x06, 0x40, 0x00, 0x01, 0, 18, 0, 0}, nil)
			s.Raw("length 0", []byte{0, 0, 0, 0}, nil)
			s.Raw("length 3", []byte{0, 0, 0, 3, 0, 18, 0}, nil)
		}},
		{Name: "a-frame-limit", Traps: []int{1}, Config: map[string]string{"socket.request.max.bytes": "100000"}, Run: func(s *Session) {
			s.Raw("length of the limit plus one", binary.BigEndian.AppendUint32(nil, 100001), nil)
			s.Raw("length of the limit", binary.BigEndian.AppendUint32(nil, 100000), nil)
		}},
		{Name: "a-api-versions", Traps: []int{3, 4, 8, 2}, Edit: keepOwnKey, Run: func(s *Session) {
			versions(0, 4, func(v int16) { s.Send(apiVersions(v, "kq", "1.0")) })
		}},
		{Name: "a-api-ranges", Traps: []int{5}, Edit: keepRanges, Run: func(s *Session) {
			versions(3, 4, func(v int16) { s.Send(apiVersions(v, "kq", "1.0")) })
		}},
		{Name: "a-api-versions-unknown", Traps: []int{4}, Run: func(s *Session) {
			kind := apiVersions(0, "", "")
			s.Raw("ApiVersions v5", bytesOf(18, 5, true, 0x03, 'k', 'q', 0x02, '1', 0), kind)
			s.Raw("ApiVersions v99, unparseable body", bytesOf(18, 99, true, 0xff, 0xff, 0xff), kind)
			s.Raw("ApiVersions v99, no body and a header v1", bytesOf(18, 99, false), kind)
			s.Raw("ApiVersions v-1", bytesOf(18, -1, false), kind)
			s.Raw("ApiVersions v32767", bytesOf(18, 32767, true), kind)
		}},
		{Name: "a-software-name", Traps: []int{6}, Edit: keepOwnKey, Run: func(s *Session) {
			for _, c := range [][2]string{
				{"", "1"}, {"kq", ""}, {"-kq", "1"}, {"kq-", "1"}, {"k q", "1"}, {"kq", "1 0"}, {"kq.ok-1", "1.0-2"}, {"kq_", "1"}, {"k", "v"}, {"k+q", "1"}, {"kq", "ü"},
			} {
				s.Note("name %q version %q", c[0], c[1])
				s.Send(apiVersions(3, c[0], c[1]))
			}
		}},
		{Name: "a-unknown-key-or-version", Traps: []int{5}, Run: func(s *Session) {
			s.Raw("key 999 v0", bytesOf(999, 0, false), nil)
			s.Raw("key -1 v0", bytesOf(-1, 0, false), nil)
			s.Raw("LeaderAndIsr v0 (removed)", bytesOf(4, 0, false), nil)
			s.Raw("Metadata v14", bytesOf(3, 14, true, 0, 0), nil)
			s.Raw("Metadata v-1", bytesOf(3, -1, false), nil)
			s.Raw("Fetch v3 (dropped)", bytesOf(1, 3, false), nil)
			s.Raw("Fetch v19", bytesOf(1, 19, true), nil)
			s.Raw("ListOffsets v0 (dropped)", bytesOf(2, 0, false), nil)
			s.Raw("CreateTopics v1 (dropped)", bytesOf(19, 1, false), nil)
			s.Raw("Produce v14", bytesOf(0, 14, true), nil)
			s.Raw("BrokerHeartbeat v0 (controllers only)", bytesOf(63, 0, true), nil)
			s.Raw("SaslHandshake v2", bytesOf(17, 2, false, 0, 5, 'P', 'L', 'A', 'I', 'N'), nil)
		}},
	}
}

func frameRows() []Row {
	return []Row{
		{Name: "a-malformed", Traps: []int{13, 11, 12}, Edit: keepOwnKey, Run: func(s *Session) {
			s.Raw("Metadata v1, array length cut", bytesOf(3, 1, false, 0, 0), nil)
			s.Raw("Metadata v1, a million topics in four bytes", bytesOf(3, 1, false, 0, 15, 66, 64), nil)
			s.Raw("Metadata v1, negative string length", bytesOf(3, 1, false, 0, 0, 0, 1, 0xff, 0xfe), nil)
			s.Raw("Metadata v9, varint without end", bytesOf(3, 9, true, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), nil)
			s.Raw("Metadata v9, null topic name", bytesOf(3, 9, true, 2, 0, 0, 0, 0, 0, 0), nil)
			s.Raw("ApiVersions v0, bytes left over", bytesOf(18, 0, false, 1, 2, 3), apiVersions(0, "", ""))
			s.Raw("ApiVersions v3, header tags cut", Frame(RequestHeader(18, 3, 7, nil, false)), nil)
			s.Raw("Produce v9, cut", bytesOf(0, 9, true, 0, 0xff), nil)
			s.Raw("client id longer than the frame", Frame([]byte{0, 18, 0, 0, 0, 0, 0, 7, 0x7f, 0xff}), nil)
		}},
		{Name: "a-tags", Traps: []int{11}, Edit: keepOwnKey, Run: func(s *Session) {
			body := []byte{0x03, 'k', 'q', 0x02, '1'}
			kind := apiVersions(3, "", "")
			s.Raw("ApiVersions v3, unknown tag 9", bytesOf(18, 3, true, append(body, 1, 9, 2, 'a', 'b')...), kind)
			s.Raw("ApiVersions v3, tag 9 twice", bytesOf(18, 3, true, append(body, 2, 9, 1, 'a', 9, 1, 'b')...), kind)
			s.Raw("ApiVersions v3, tags 9 then 8", bytesOf(18, 3, true, append(body, 2, 9, 1, 'a', 8, 1, 'b')...), kind)
			s.Raw("ApiVersions v3, tag longer than the frame", bytesOf(18, 3, true, append(body, 1, 9, 0x7f, 'a')...), nil)
			id := "kq-interop"
			header := append(RequestHeader(18, 3, 7, &id, false), 1, 77, 1, 'x') // one unknown header tag
			s.Raw("ApiVersions v3, unknown header tag", Frame(append(header, append(body, 0)...)), kind)
			later := fetch(12, "tags", 0, 0)
			later.Topics[0].Partitions[0].UnknownTags.Set(1, make([]byte, 8)) // the high watermark, known from v18
			s.Note("a tag that only a later version knows")
			s.Send(later)
		}},
		{Name: "a-null-client-id", Traps: []int{2}, Edit: keepOwnKey, Run: func(s *Session) {
			s.Raw("null client id", EncodeRequest(apiVersions(3, "kq", "1"), -5, nil), apiVersions(3, "", ""))
			s.Raw("empty client id", EncodeRequest(apiVersions(3, "kq", "1"), -2147483648, ptr("")), apiVersions(3, "", ""))
		}},
		{Name: "a-pipelining", Traps: []int{9, 10}, Drop: racing, Edit: keepOwnKey, Run: pipelining},
		{Name: "a-acks-0", Traps: []int{14}, Run: func(s *Session) {
			s.Topic("acks0", 1)
			ok := produce(9, "acks0", 0, Records("a").Bytes())
			ok.Acks = 0
			s.Raw("produce acks=0, then ApiVersions", append(EncodeRequest(ok, 1, nil), EncodeRequest(listOffsets(7, "acks0", 0, -1), 2, nil)...), listOffsets(7, "", 0, 0))
			bad := produce(9, "acks0", 5, Records("a").Bytes())
			bad.Acks = 0
			s.Raw("produce acks=0 to a missing partition", EncodeRequest(bad, 1, nil), nil)
			crc := Records("a")
			crc.BreakCRC = true
			corrupt := produce(9, "acks0", 0, crc.Bytes())
			corrupt.Acks = 0
			s.Raw("produce acks=0 with a wrong CRC", EncodeRequest(corrupt, 1, nil), nil)
		}},
		{Name: "a-idle-close", Traps: []int{18}, Config: map[string]string{"connections.max.idle.ms": "1000"}, Run: func(s *Session) {
			s.Do(apiVersions(0, "", ""))
			_, err := s.Conn().ReadFrame(10 * time.Second)
			s.Note("an idle connection is closed: %v", closed(err))
		}},
		{Name: "a-unauthenticated", Traps: []int{16}, Differs: "kq has no SASL yet and does not advertise it", Run: func(s *Session) {
			hs := kmsg.NewPtrSASLHandshakeRequest()
			hs.Version, hs.Mechanism = 1, "PLAIN"
			s.Send(hs)
			auth := kmsg.NewPtrSASLAuthenticateRequest()
			auth.Version, auth.SASLAuthBytes = 2, []byte("\x00u\x00p")
			s.Send(auth)
		}},
	}
}

// racing are the fields that a fetch may see before or after the append that
// woke it has moved them.
var racing = []string{"HighWatermark", "LastStableOffset"}

// pipelining sends many requests before it reads: answers come in order with
// their own ids, also behind a parked fetch.
func pipelining(s *Session) {
	s.Topic("pipe", 1)
	s.Conn().corr = 0x7ffffffd // ids pass the end of int32
	var waiting []*Pending
	for range 5 {
		waiting = append(waiting, s.Start(apiVersions(0, "", "")))
	}
	for _, p := range waiting {
		p.Wait()
	}
	parked := fetch(11, "pipe", 0, 0)
	parked.MaxWaitMillis, parked.MinBytes = 15000, 1
	first, second := s.Start(parked), s.Start(listOffsets(7, "pipe", 0, -1))
	other := s.Fork()
	other.Fill("pipe", Records("a"))
	first.Wait()
	s.hideOffsets(second)
	for _, corr := range []int32{1, 1, -1} {
		if err := s.Conn().WriteBytes(EncodeRequest(apiVersions(0, "", ""), corr, nil)); err != nil {
			s.TB.Fatal(err)
		}
		frame, err := s.Conn().ReadFrame(answerTimeout)
		if err != nil {
			s.TB.Fatal(err)
		}
		s.Note("correlation id %d comes back as %d", corr, int32(binary.BigEndian.Uint32(frame)))
	}
}

// hideOffsets waits for a ListOffsets answer whose offset depends on the broker's threads.
func (s *Session) hideOffsets(p *Pending) {
	if _, err := p.read(); err != nil {
		s.TB.Fatalf("ListOffsets behind a parked fetch: %v", err)
	}
	s.Note("ListOffsets behind a parked fetch is answered after it")
}

func closed(err error) bool { return errors.Is(err, ErrClosed) }
