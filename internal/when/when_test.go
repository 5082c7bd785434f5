package when_test

import (
	"errors"
	"testing"
	"time"

	"kq/internal/when"
)

var now = time.Date(2026, 3, 29, 12, 30, 0, 0, time.FixedZone("east", 2*3600))

func TestParse(t *testing.T) {
	good := map[string]string{
		"2026-01-31T12:00:00Z":      "2026-01-31T14:00:00+02:00",
		"2026-01-31 12:00:00Z":      "2026-01-31T14:00:00+02:00",
		"2026-01-31T12:00:00.5Z":    "2026-01-31T14:00:00.5+02:00",
		"2026-01-31T12:00:00-05:00": "2026-01-31T19:00:00+02:00",
		"2026-01-31":                "2026-01-31T00:00:00+02:00",
		"2026-01-31 12:00":          "2026-01-31T12:00:00+02:00",
		"2026-01-31 12:00:07":       "2026-01-31T12:00:07+02:00",
		"2026-01-31T12:00:07.25":    "2026-01-31T12:00:07.25+02:00",
		"0":                         "1970-01-01T02:00:00+02:00",
		"1700000000123":             "2023-11-15T00:13:20.123+02:00",
		"-1h":                       "2026-03-29T11:30:00+02:00",
		"-1d12h":                    "2026-03-28T00:30:00+02:00",
		"-7d":                       "2026-03-22T12:30:00+02:00",
	}
	for in, want := range good {
		got, err := when.Parse(in, now)
		if err != nil || got.Format(time.RFC3339Nano) != want {
			t.Errorf("%q: got %v, %v; want %s", in, got.Format(time.RFC3339Nano), err, want)
		}
	}
	for _, in := range []string{"", "-", "now", "2026-1-3", "2026-02-30", "12:00", "+5", "-5", "--1h", "-+1h", "-1dd", "-d", "1e3", "-99999d99999h999999h"} {
		if got, err := when.Parse(in, now); !errors.Is(err, when.ErrTime) {
			t.Errorf("%q: got %v, %v; want ErrTime", in, got, err)
		}
	}
}

// FuzzParse: nothing panics, and what was read reads the same in full.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"2026-01-31", "2026-01-31 12:00", "0", "-1d2h", "2026-01-31T12:00:00Z", "-", "d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := when.Parse(s, now)
		if err != nil || got.Year() < 0 || got.Year() > 9999 {
			return
		}
		again, err := when.Parse(got.Format(time.RFC3339Nano), now)
		if err != nil || !again.Equal(got) {
			t.Errorf("%q gave %v, which gives %v, %v", s, got, again, err)
		}
	})
}
