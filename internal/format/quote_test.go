package format_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
)

// TestEveryByteEverywhere: bytes are looked at eight at a time; each must be
// found at each place, also beside others.
func TestEveryByteEverywhere(t *testing.T) {
	for c := range 0x80 {
		for _, around := range []string{"x", "\"", "\\", "\x1f", "\x7f", "é", "\u0080"} {
			for place := range 18 {
				text := strings.Repeat(around, place) + string(rune(c)) + strings.Repeat(around, 17-place)
				line := printed(t, "json", &kgo.Record{Value: []byte(text)})
				var e struct{ Value *string }
				if err := json.Unmarshal([]byte(line), &e); err != nil || e.Value == nil || *e.Value != text {
					t.Fatalf("%q became %s: %v", text, line, err)
				}
				for _, b := range []byte(strings.TrimSuffix(line, "\n")) {
					if b < 0x20 || b == 0x7f {
						t.Fatalf("%q: a control character in %q", text, line)
					}
				}
			}
		}
	}
	for place := range 18 {
		text := strings.Repeat("x", place) + "\xff" + strings.Repeat("\"", 17-place)
		if line := printed(t, "json", &kgo.Record{Value: []byte(text)}); !strings.Contains(line, `,"valueb64":"`) || strings.Contains(line, `"value"`) {
			t.Errorf("%q became %s", text, line)
		}
	}
}
