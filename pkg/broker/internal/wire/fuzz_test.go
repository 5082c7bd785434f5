package wire

import (
	"math/rand/v2"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"
)

func FuzzHeader(f *testing.F) {
	f.Add([]byte{0, 1, 0, 12, 0, 0, 0, 1, 255, 255, 1, 9, 1, 7})
	f.Add([]byte{0, 18, 0, 4, 0, 0, 0, 1, 0, 1, 'a', 0})
	f.Fuzz(func(t *testing.T, p []byte) {
		h, body, err := ParseHeader(p)
		if err != nil {
			return
		}
		if len(body) > len(p)-10 {
			t.Fatalf("body of %d bytes in a frame of %d", len(body), len(p))
		}
		if got := AppendResponseHeader(nil, h.Key, h.Version, h.CorrelationID); len(got) > MaxResponseHeader {
			t.Fatalf("response header of %d bytes", len(got))
		}
	})
}

// What parses must parse in kmsg too and mean the same; what kmsg parses and
// Kafka does too must parse here.
func FuzzProduceRequest(f *testing.F) {
	g := gen{seeded(1)}
	for v := range int16(14) {
		f.Add(v, g.produceRequest(v).AppendTo(nil))
	}
	var q ProduceRequest
	f.Fuzz(func(t *testing.T, version int16, body []byte) {
		version &= 0xf
		if version > 13 || q.Parse(version, body) != nil {
			return
		}
		k := kmsg.NewPtrProduceRequest()
		k.SetVersion(version)
		if err := k.ReadFrom(body); err != nil {
			if overflows(body) {
				return
			}
			t.Fatalf("kmsg refuses what parses: %v", err)
		}
		sameProduceRequest(t, &q, k)
	})
}

func FuzzFetchRequest(f *testing.F) {
	g := gen{seeded(2)}
	for v := int16(4); v <= 18; v++ {
		f.Add(v, g.fetchRequest(v).AppendTo(nil))
	}
	var q FetchRequest
	f.Fuzz(func(t *testing.T, version int16, body []byte) {
		version &= 0x1f
		if version < 4 || version > 18 || q.Parse(version, body) != nil {
			return
		}
		k := kmsg.NewPtrFetchRequest()
		k.SetVersion(version)
		if err := k.ReadFrom(body); err != nil {
			if overflows(body) {
				return
			}
			t.Fatalf("kmsg refuses what parses: %v", err)
		}
		if version >= 17 || len(k.Topics) == 0 {
			sameFetchRequest(t, &q, k)
		}
	})
}

func seeded(n uint64) *rand.Rand { return rand.New(rand.NewPCG(n, n)) }

// overflows reports whether p may hold a varint of five bytes with more than 32
// bits. kmsg refuses these; Kafka drops the bits (see TestUvarint).
func overflows(p []byte) bool {
	long := 0
	for _, c := range p {
		if long >= 4 && c > 0x0f && c < 0x80 {
			return true
		}
		if long++; c < 0x80 {
			long = 0
		}
	}
	return false
}
