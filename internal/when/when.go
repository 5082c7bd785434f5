package when

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ErrTime is a word that names no moment.
var ErrTime = errors.New("not a time")

// Forms says what Parse takes, for messages.
const Forms = "RFC 3339, 2026-01-31, '2026-01-31 12:00[:00]' in local time, milliseconds since 1970, or -DURATION as -1h or -7d"

// local are the forms without a zone: they mean the zone of the present.
var local = []string{
	"2006-01-02", "2006-01-02 15:04", "2006-01-02T15:04",
	"2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999",
}

// Parse reads a moment; one that is relative, as -1h, counts back from now. The
// result is in now's zone.
func Parse(s string, now time.Time) (time.Time, error) {
	if age, ok := strings.CutPrefix(s, "-"); ok {
		d, err := Duration(age)
		if err != nil {
			return time.Time{}, fmt.Errorf("%q: %w: %w", s, ErrTime, err)
		}
		return now.Add(-d), nil
	}
	if ms, err := strconv.ParseInt(s, 10, 64); err == nil && s[0] != '+' {
		return time.UnixMilli(ms).In(now.Location()), nil
	}
	if t, err := time.Parse(time.RFC3339Nano, strings.Replace(s, " ", "T", 1)); err == nil {
		return t.In(now.Location()), nil
	}
	for _, layout := range local {
		if t, err := time.ParseInLocation(layout, s, now.Location()); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q: %w: it is %s", s, ErrTime, Forms)
}

// Duration reads what time.ParseDuration reads, and days, of 24 hours, before it:
// 7d, 1d12h. It is not negative.
func Duration(s string) (time.Duration, error) {
	rest, days := s, time.Duration(0)
	if head, tail, ok := strings.Cut(s, "d"); ok {
		n, err := strconv.ParseUint(head, 10, 16)
		if err != nil {
			return 0, fmt.Errorf("%q is no number of days", head)
		}
		if days = time.Duration(n) * 24 * time.Hour; tail == "" {
			return days, nil
		}
		rest = tail
	}
	d, err := time.ParseDuration(rest)
	if err != nil || d < 0 || rest[0] == '+' || rest[0] == '-' {
		return 0, fmt.Errorf("%q is no duration, as 90s, 1h30m or 7d", s)
	}
	if d += days; d < 0 {
		return 0, fmt.Errorf("%q is too long", s)
	}
	return d, nil
}
