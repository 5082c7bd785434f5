package wire

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// gen makes random protocol values.
type gen struct{ *rand.Rand }

func newGen(t *testing.T) gen {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return gen{rand.New(rand.NewPCG(seed, 1))}
}

func (g gen) i32() int32 { return int32(g.Uint32()) }
func (g gen) i64() int64 { return int64(g.Uint64()) }
func (g gen) i16() int16 { return int16(g.Uint32()) }

func (g gen) bytes() []byte {
	p := make([]byte, g.IntN(300))
	for i := range p {
		p[i] = byte(g.Uint32())
	}
	return p
}

func (g gen) str() string { return string(g.bytes()) }

func (g gen) nullStr() *string {
	if g.IntN(3) == 0 {
		return nil
	}
	return kmsg.StringPtr(g.str())
}

func (g gen) uuid() (id [16]byte) {
	for i := range id {
		id[i] = byte(g.Uint32())
	}
	return id
}

// tags adds fields that nobody knows.
func (g gen) tags(t *kmsg.Tags) {
	for range g.IntN(3) {
		t.Set(100+g.Uint32N(1000), g.bytes())
	}
}

func (g gen) node() (int32, string, int32, *string) { return g.i32(), g.str(), g.i32(), g.nullStr() }

// wantStr checks a parsed string against a nullable one.
func wantStr(t *testing.T, what string, got []byte, want *string) {
	t.Helper()
	if (got == nil) != (want == nil) || want != nil && string(got) != *want {
		t.Fatalf("%s = %q, want %v", what, got, want)
	}
}

func want[T comparable](t *testing.T, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("%s = %v, want %v", what, got, want)
	}
}

// allPrefixes parses every prefix of body, which must fail or not, never panic.
func allPrefixes(body []byte, parse func(p []byte) error) {
	for i := range body {
		_ = parse(body[:i:i])
	}
}

func TestFlexibleTableMatchesKmsg(t *testing.T) {
	for key := range int16(len(flexibleFrom)) {
		req := kmsg.RequestForKey(key)
		if req == nil {
			t.Fatalf("kmsg has no key %d", key)
		}
		for v := int16(0); v <= req.MaxVersion(); v++ {
			req.SetVersion(v)
			want(t, kmsg.NameForKey(key), Flexible(key, v), req.IsFlexible())
		}
	}
}

func TestHeaders(t *testing.T) {
	g := newGen(t)
	for key := range int16(len(flexibleFrom)) {
		req := kmsg.RequestForKey(key)
		for v := int16(0); v <= req.MaxVersion(); v++ {
			req.SetVersion(v)
			for _, id := range []*string{nil, kmsg.StringPtr(""), kmsg.StringPtr("client")} {
				f := kmsg.NewRequestFormatter()
				if id != nil {
					f = kmsg.NewRequestFormatter(kmsg.FormatterClientID(*id))
				}
				corr := g.i32()
				frame := f.AppendRequest(nil, req, corr)[4:]
				if key == 7 && v == 0 {
					continue // the one request without a client id, gone since Kafka 4.0
				}
				h, body, err := ParseHeader(frame)
				if err != nil {
					t.Fatalf("key %d version %d: %v", key, v, err)
				}
				want(t, "key", h.Key, key)
				want(t, "version", h.Version, v)
				want(t, "correlation id", h.CorrelationID, corr)
				want(t, "null client id", h.NullClientID, id == nil)
				if id != nil {
					want(t, "client id", h.ClientID, *id)
				}
				if !bytes.Equal(body, req.AppendTo(nil)) {
					t.Fatalf("key %d version %d: body differs", key, v)
				}
				allPrefixes(frame, func(p []byte) error { _, _, err := ParseHeader(p); return err })
			}
			resp := AppendResponseHeader(nil, key, v, 7)
			if wantLen := 4; key != KeyApiVersions && req.IsFlexible() {
				want(t, "response header", len(resp), wantLen+1)
			} else {
				want(t, "response header", len(resp), wantLen)
			}
		}
	}
}

func TestHeaderRefuses(t *testing.T) {
	for name, frame := range map[string][]byte{
		"empty":                {},
		"short":                {0, 1, 0, 4, 0, 0},
		"unknown key":          {0, 93, 0, 0, 0, 0, 0, 1, 255, 255},
		"negative key":         {255, 255, 0, 0, 0, 0, 0, 1, 255, 255},
		"negative version":     {0, 1, 255, 255, 0, 0, 0, 1, 255, 255},
		"client id length":     {0, 1, 0, 4, 0, 0, 0, 1, 0, 5, 'a'},
		"client id below null": {0, 1, 0, 4, 0, 0, 0, 1, 255, 254},
		"no tags":              {0, 1, 0, 12, 0, 0, 0, 1, 255, 255},
		"tag too long":         {0, 1, 0, 12, 0, 0, 0, 1, 255, 255, 1, 0, 9, 1},
		"varint too long":      {0, 1, 0, 12, 0, 0, 0, 1, 255, 255, 255, 255, 255, 255, 255, 1},
	} {
		if _, _, err := ParseHeader(frame); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if h, _, err := ParseHeader([]byte{0, 18, 255, 255, 0, 0, 0, 1, 255, 255}); err != nil || h.Version != -1 {
		t.Errorf("ApiVersions version -1: %+v, %v", h, err)
	}
	// Kafka takes tags in any order, also twice, and skips them by size.
	frame := []byte{0, 1, 0, 12, 0, 0, 0, 1, 255, 255, 3, 9, 1, 7, 9, 0, 2, 2, 7, 7, 'b'}
	_, body, err := ParseHeader(frame)
	if err != nil || string(body) != "b" {
		t.Errorf("tags out of order: body %q, error %v", body, err)
	}
}

// What Kafka 4.3.1's ByteUtils.readUnsignedVarint answers: the bits above 32 of
// a fifth byte are dropped.
func TestUvarint(t *testing.T) {
	for last, want := range map[byte]uint32{0x0f: 0xf6b50e5c, 0x10: 0x6b50e5c, 0x30: 0x6b50e5c, 0x7f: 0xf6b50e5c} {
		d := decoder{p: []byte{0xdc, 0x9c, 0xd4, 0xb5, last}}
		if got := d.uvarint(); got != want || d.err() != nil || len(d.p) != 0 {
			t.Errorf("fifth byte %#x: %#x (%v, %d bytes left), want %#x", last, got, d.err(), len(d.p), want)
		}
	}
}
