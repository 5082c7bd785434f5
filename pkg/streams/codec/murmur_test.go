package codec_test

import (
	"testing"

	"kq/pkg/streams/codec"
)

// The vectors are those of Kafka's UtilsTest, and partitions that Kafka chose.
func TestMurmur2(t *testing.T) {
	for text, want := range map[string]int32{
		"21": -973932308, "foobar": -790332482, "a-little-bit-long-string": -985981536,
		"a-little-bit-longer-string": -1486304829, "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971, "abc": 479470107,
	} {
		if got := int32(codec.Murmur2([]byte(text))); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
	for key, want := range map[string]int32{"": 3, "a": 4, "kafka": 4, "streams": 2, "hello": 3, "all": 0, "lead": 5, "to": 0, "summit": 1, "join": 4} {
		if got := codec.Partition([]byte(key), 6); got != want {
			t.Errorf("%q goes to %d of 6, want %d", key, got, want)
		}
	}
}
