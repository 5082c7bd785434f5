package dsl

import (
	"bytes"
	"encoding/hex"
	"testing"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/topology"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The hashes of f1 and f2 are of a foreign-key join of Kafka Streams 4.3.1, the
// others of its Murmur3.hash128.
func TestHash128(t *testing.T) {
	for text, want := range map[string]string{
		"":                                  "9d2764a018e329428c3cf3b035938518",
		"t":                                 "152471fba11d6d0c8b07185f6f59d5fe",
		"the qui":                           "3bfb34006135248378e1ac931ca0951d",
		"the quic":                          "279b6ae84c3cf9aa821eb9eccab741eb",
		"the quick":                         "425b798d8033e178c54d3e6a7260d6b7",
		"the quick brown":                   "d2135f04f690e135db64c5eb7f8f6aee",
		"the quick brown ":                  "4f704dc9a5f7bb2fda6e5eaa5f956a24",
		"the quick brown f":                 "f95a6932b2f8078118886dcd9721c417",
		"the quick brown fox jumps over ":   "1be3aa7f30a8addd77eb7308a2b17852",
		"the quick brown fox jumps over t":  "81f506e175dace9b96bbca109c0af7ac",
		"the quick brown fox jumps over th": "feccbe5e9ff1f53fc93d899930e5096c",
		"the quick brown fox jumps over the lazy dog": "02c400fed0da43bedf6165624053a941",
		"ÿé€": "69bdf48aa5afbd03e470382f0c86dc49",
		"f1":  "6c97e18d1adb49629dacecb4a42754c1",
		"f2":  "c4821d627352adc1515e372ed2f8a895",
	} {
		if got := hash128([]byte(text)); hex.EncodeToString(got[:]) != want {
			t.Errorf("%s: %x, want %s", text, got, want)
		}
	}
}

func TestSubscriptionBytes(t *testing.T) {
	for _, text := range []string{
		"01026c97e18d1adb49629dacecb4a42754c1703100000000",
		"0100c4821d627352adc1515e372ed2f8a895703100000007",
		"8100703100000000",
		"8102703100000000",
		"0003c4821d627352adc1515e372ed2f8a8957031", // version 0 has no partition
	} {
		v, err := (subscriptionCodec{}).Decode(unhex(t, text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if s := v.(subscription); string(s.key) != "p1" {
			t.Errorf("%s: key %q", text, s.key)
		}
		if again, err := (subscriptionCodec{}).Append(nil, v); err != nil || hex.EncodeToString(again) != text {
			t.Errorf("%s: written as %x, error %v", text, again, err)
		}
	}
}

func TestResponseBytes(t *testing.T) {
	c := responseCodec{codec.String{}}
	for text, want := range map[string]string{
		"006c97e18d1adb49629dacecb4a42754c15231": "R1",
		"00c4821d627352adc1515e372ed2f8a895":     "null",
		"80":                                     "null",
		"805231":                                 "R1",
	} {
		v, err := c.Decode(unhex(t, text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		r := v.(response)
		if got := textOf(&r.value); got != want {
			t.Errorf("%s: value %s, want %s", text, got, want)
		}
		if again, err := c.Append(nil, v); err != nil || hex.EncodeToString(again) != text {
			t.Errorf("%s: written as %x, error %v", text, again, err)
		}
	}
}

// An answer goes where its subscription came from.
func TestAnswersGoBack(t *testing.T) {
	back := backToPrimary(codec.String{})
	for _, c := range []struct {
		from, of, want int32
		fails          bool
	}{{2, 6, 2, false}, {noPartition, 6, 4, false}, {7, 6, 0, true}} {
		got, err := back(&topology.Record{Key: codec.Of("kafka"), Value: codec.Of(response{partition: c.from})}, c.of)
		if got != c.want || (err != nil) != c.fails {
			t.Errorf("from %d of %d: %d, error %v", c.from, c.of, got, err)
		}
	}
}

func TestOuterStoreBytes(t *testing.T) {
	key := outerKey(nil, 3, leftSide, []byte("k"))
	if got := hex.EncodeToString(key); got != "0000000000000003016b" {
		t.Errorf("key %s", got)
	}
	one, err := appendOuter(nil, leftSide, []byte("A"))
	if got := hex.EncodeToString(one); err != nil || got != "0100000001000000020141" {
		t.Errorf("list %s, error %v", got, err)
	}
	two, err := appendOuter(one, leftSide, nil)
	if got := hex.EncodeToString(two); err != nil || got != "01000000020000000201410000000101" {
		t.Errorf("list %s, error %v", got, err)
	}
}

func TestBufferBytes(t *testing.T) {
	r := buffered{
		ts: 1000, origin: topology.Origin{Topic: "in", Partition: 2, Offset: 7},
		headers: []topology.Header{{Key: "h", Value: []byte("x")}, {Key: "n"}}, value: []byte("v"),
	}
	const want = "00000000000003e8" + "0000000000000007" + "00000002696e" + "00000002" + "00000002" +
		"0000000168" + "0000000178" + "000000016e" + "ffffffff" + "ffffffff" + "ffffffff" + "0000000176" + "0000000000000000"
	got := r.append(nil)
	if hex.EncodeToString(got) != want {
		t.Errorf("buffered %x, want %s", got, want)
	}
	again, err := decodeBuffered(got)
	if err != nil || !bytes.Equal(again.append(nil), got) {
		t.Errorf("read as %+v, error %v", again, err)
	}
	key := bufferKey(nil, 1000, []byte("k"), 1)
	if hex.EncodeToString(key) != "00"+"00000000000003e8"+"6b"+"00000001" {
		t.Errorf("key %x", key)
	}
}

func FuzzSubscription(f *testing.F) {
	f.Add(unhex(f, "01026c97e18d1adb49629dacecb4a42754c1703100000000"))
	f.Add(unhex(f, "8100703100000000"))
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := (subscriptionCodec{}).Decode(b)
		if err != nil {
			return
		}
		if again, err := (subscriptionCodec{}).Append(nil, v); err != nil || !bytes.Equal(again, b) {
			t.Errorf("%x is written as %x, error %v", b, again, err)
		}
	})
}

func FuzzResponse(f *testing.F) {
	f.Add(unhex(f, "006c97e18d1adb49629dacecb4a42754c15231"))
	f.Add(unhex(f, "80"))
	c := responseCodec{codec.Bytes{}}
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := c.Decode(b)
		if err != nil {
			return
		}
		if again, err := c.Append(nil, v); err != nil || !bytes.Equal(again, b) {
			t.Errorf("%x is written as %x, error %v", b, again, err)
		}
	})
}

func FuzzOuterStore(f *testing.F) {
	f.Add(unhex(f, "0000000000000003016b"), unhex(f, "01000000020000000201410000000101"))
	f.Fuzz(func(t *testing.T, key, list []byte) {
		if ts, side, k, err := splitOuterKey(key); err == nil && !bytes.Equal(outerKey(nil, ts, side, k), key) {
			t.Errorf("key %x is written differently", key)
		}
		var again []byte
		err := eachOuter(list, func(side byte, value []byte) (err error) {
			again, err = appendOuter(again, side, value)
			return err
		})
		if err == nil && again != nil && !bytes.HasPrefix(list, again) {
			t.Errorf("list %x is written as %x", list, again)
		}
	})
}

func FuzzJoinBuffer(f *testing.F) {
	f.Add(unhex(f, "0000000000000003e86b00000001"), (&buffered{ts: 1, headers: []topology.Header{{Key: "h"}}, value: []byte("v")}).append(nil))
	f.Fuzz(func(t *testing.T, key, value []byte) {
		if ts, k, seq, err := splitBufferKey(key); err == nil && !bytes.Equal(bufferKey(nil, ts, k, seq), key) {
			t.Errorf("key %x is written differently", key)
		}
		r, err := decodeBuffered(value)
		if err != nil {
			return
		}
		if once := r.append(nil); !same(t, once) {
			t.Errorf("%x is written as %x", value, once)
		}
	})
}

// same says that bytes which were written are written so again. (Those that
// were not may have a prior value, which is not kept.)
func same(t *testing.T, b []byte) bool {
	t.Helper()
	r, err := decodeBuffered(b)
	return err == nil && bytes.Equal(r.append(nil), b)
}
