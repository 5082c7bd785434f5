package expr

import (
	"fmt"
	"math"
	"strings"
	"time"

	"kq/pkg/streams/codec"
)

// Millis is a time as milliseconds since 1970: a number is that already, text
// is RFC 3339 (2026-01-02T03:04:05Z, a date alone is its midnight in UTC).
func Millis(v any) (int64, error) { return millis(v, time.UTC) }

func millis(v any, zone *time.Location) (int64, error) {
	switch x := v.(type) {
	case string:
		return parseMillis(x, zone)
	case time.Time:
		return x.UnixMilli(), nil
	case time.Duration:
		return x.Milliseconds(), nil
	case float64:
		if math.IsNaN(x) || x < -1<<63 || x >= 1<<63 {
			return 0, fmt.Errorf("%v is not a time", x)
		}
		return int64(x), nil
	}
	n, err := codec.Whole(v)
	if err != nil {
		return 0, fmt.Errorf("%s is not a time", typeName(v))
	}
	return n, nil
}

func parseMillis(s string, zone *time.Location) (int64, error) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", "2006-01-02T15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t.UnixMilli(), nil
		}
	}
	return 0, fmt.Errorf("%.60q is not a time such as 2026-01-02T03:04:05Z", s)
}

// zoneArg is argument i as a zone, UTC where there is none.
func zoneArg(args []any, i int) (*time.Location, error) {
	if len(args) <= i {
		return time.UTC, nil
	}
	name, err := asText("a zone", args[i])
	if err != nil {
		return nil, err
	}
	z, err := time.LoadLocation(name)
	if err != nil || name == "" || strings.EqualFold(name, "local") {
		return nil, fmt.Errorf("%.60q is not a zone such as Europe/Amsterdam", name)
	}
	return z, nil
}

// millisFunc is Millis; the zone is that of a text without one.
func millisFunc(args ...any) (any, error) {
	z, err := zoneArg(args, 1)
	if err != nil {
		return nil, err
	}
	return millis(args[0], z)
}

// parseTimeFunc reads a time in a layout of Go's package time; without one,
// RFC 3339.
func parseTimeFunc(args ...any) (any, error) {
	s, err := asText("parseTime", args[0])
	if err != nil {
		return nil, err
	}
	z, err := zoneArg(args, 2)
	if err != nil {
		return nil, err
	}
	if len(args) == 1 {
		return parseMillis(s, z)
	}
	layout, err := asText("parseTime", args[1])
	if err != nil {
		return nil, err
	}
	t, err := time.ParseInLocation(layout, s, z)
	if err != nil {
		return nil, fmt.Errorf("%.60q is not a time of layout %q", s, layout)
	}
	return t.UnixMilli(), nil
}

// formatTimeFunc writes a time in a layout of Go's package time and a zone;
// RFC 3339 and UTC where they are left out.
func formatTimeFunc(args ...any) (any, error) {
	z, err := zoneArg(args, 2)
	if err != nil {
		return nil, err
	}
	n, err := millis(args[0], z)
	if err != nil {
		return nil, err
	}
	layout := "2006-01-02T15:04:05.999Z07:00"
	if len(args) > 1 {
		if layout, err = asText("formatTime", args[1]); err != nil {
			return nil, err
		}
	}
	return time.UnixMilli(n).In(z).Format(layout), nil
}

// startOfFunc is the beginning of the minute, hour, day, week (Monday), month
// or year that a time lies in, in a zone.
func startOfFunc(args ...any) (any, error) {
	unit, err := asText("startOf", args[0])
	if err != nil {
		return nil, err
	}
	z, err := zoneArg(args, 2)
	if err != nil {
		return nil, err
	}
	n, err := millis(args[1], z)
	if err != nil {
		return nil, err
	}
	t := time.UnixMilli(n).In(z)
	switch unit {
	case "minute":
		t = t.Add(-time.Duration(t.Second())*time.Second - time.Duration(t.Nanosecond()))
	case "hour":
		t = t.Add(-time.Duration(t.Minute())*time.Minute - time.Duration(t.Second())*time.Second - time.Duration(t.Nanosecond()))
	case "day":
		t = time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, z)
	case "week":
		t = time.Date(t.Year(), t.Month(), t.Day()-(int(t.Weekday())+6)%7, 0, 0, 0, 0, z)
	case "month":
		t = time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, z)
	case "year":
		t = time.Date(t.Year(), 1, 1, 0, 0, 0, 0, z)
	default:
		return nil, fmt.Errorf("startOf %q: minute, hour, day, week, month or year", unit)
	}
	return t.UnixMilli(), nil
}
