package consume_test

import (
	"errors"
	"math"
	"strconv"
	"testing"
	"time"

	"kq/pkg/consume"
)

var now = time.Date(2026, 1, 31, 12, 0, 0, 0, time.FixedZone("east", 3600))

func TestParseOffset(t *testing.T) {
	for in, want := range map[string]consume.Offset{
		"start": consume.Start(), "end": consume.End(), "0": consume.At(0), "12": consume.At(12), "-12": consume.Last(12),
		strconv.FormatInt(math.MaxInt64, 10): consume.At(math.MaxInt64),
		"@2026-01-31T11:00:00Z":              consume.AtTime(now),
		"@2026-01-31T10:59:59.5Z":            consume.AtTime(now.Add(-500 * time.Millisecond)),
	} {
		got, err := consume.ParseOffset(in, now)
		if err != nil || got != want || got.String() != in {
			t.Errorf("%s: got %v, %v", in, got, err)
		}
	}
	for in, want := range map[string]time.Time{
		"@-1h": now.Add(-time.Hour), "@2026-01-31": now.Add(-12 * time.Hour), "@1700000000123": time.UnixMilli(1700000000123),
		"@1960-01-01": time.UnixMilli(0), "@0": time.UnixMilli(0), "@-0.5ms": now,
	} {
		if got, err := consume.ParseOffset(in, now); err != nil || got != consume.AtTime(want) {
			t.Errorf("%s: got %v, %v; want %v", in, got, err, want)
		}
	}
	for _, in := range []string{"", "begin", "-0x1", "-", "--1", "-0", "+1", "-+1", "1e3", "9223372036854775808", "-9223372036854775809", " 1", "@", "@noon", "@+1h"} {
		if got, err := consume.ParseOffset(in, now); !errors.Is(err, consume.ErrOffset) {
			t.Errorf("%q: got %v, %v", in, got, err)
		}
	}
}

func TestParseEnd(t *testing.T) {
	for _, in := range []string{"end", "0", "7", "@2026-01-31T11:00:00Z"} {
		if got, err := consume.ParseEnd(in, now); err != nil || got.String() != in {
			t.Errorf("%q: got %v, %v", in, got, err)
		}
	}
	for _, in := range []string{"start", "-5", "", "@", "later"} {
		if got, err := consume.ParseEnd(in, now); !errors.Is(err, consume.ErrOffset) {
			t.Errorf("%q: got %v, %v", in, got, err)
		}
	}
}

// FuzzParseOffset: what was read is written so that it reads the same.
func FuzzParseOffset(f *testing.F) {
	for _, s := range []string{"start", "end", "0", "-1", "@0", "@-1d", "@2026-01-31 12:00", "@9223372036854775807"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		o, err := consume.ParseOffset(s, now)
		if err != nil {
			return
		}
		again, err := consume.ParseOffset(o.String(), now)
		if err != nil || again != o {
			t.Errorf("%q is %v, which is %v, %v", s, o, again, err)
		}
	})
}

func TestValidate(t *testing.T) {
	topics := []string{"t"}
	for _, o := range []consume.Options{
		{},
		{Topics: topics, Count: -1},
		{Topics: topics, Partitions: []int32{-1}},
		{Topics: topics, Tail: -1},
		{Topics: topics, Tail: 1, From: consume.End()},
		{Topics: topics, Idle: -1},
		{Topics: topics, To: consume.Last(3)},
		{Topics: topics, From: consume.At(3), To: consume.At(3)},
		{Topics: topics, From: consume.AtTime(now), To: consume.AtTime(now)},
		{Topics: []string{"("}, Regex: true},
		{Topics: []string{"a)(b"}, Regex: true},
	} {
		if err := o.Validate(); !errors.Is(err, consume.ErrOptions) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	for _, o := range []consume.Options{
		{Topics: topics, From: consume.At(3), To: consume.At(4), Follow: true},
		{Topics: topics, Tail: 3, To: consume.At(4)},
		{Topics: topics, From: consume.End(), To: consume.End()},
		{Topics: []string{"a|b"}, Regex: true},
	} {
		if err := o.Validate(); err != nil {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
