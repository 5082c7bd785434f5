package codec

import "fmt"

// Check says whether b can be what c reads, as far as its length tells. Kafka
// decodes at the source; this keeps that rule for the fixed sizes at no cost,
// while texts and documents are decoded when they are touched.
func Check(c Codec, b []byte) error {
	want := 0
	switch c.(type) {
	case Long, Double:
		want = 8
	case Int:
		want = 4
	case Bool:
		want = 1
	default:
		return nil
	}
	if b != nil && len(b) != want {
		return &DecodeError{Codec: c.Name(), Err: fmt.Errorf("%d bytes, not %d", len(b), want)}
	}
	return nil
}
