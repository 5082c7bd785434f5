package codec

import (
	"encoding/binary"
	"fmt"
	"time"
)

// Calendar cuts time into spans of whole days in a zone, counted from
// 1970-01-01 there. A day of a change of clocks has 23 or 25 hours.
type Calendar struct {
	Days int            // 0 counts as 1
	Zone *time.Location // nil is UTC
}

func (c Calendar) days() int { return max(c.Days, 1) }

func (c Calendar) zone() *time.Location {
	if c.Zone == nil {
		return time.UTC
	}
	return c.Zone
}

// Start is the beginning of the span that holds ts, both in milliseconds since 1970.
func (c Calendar) Start(ts int64) int64 {
	y, m, d := time.UnixMilli(ts).In(c.zone()).Date()
	n := int(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
	back := n % c.days()
	if back < 0 {
		back += c.days()
	}
	return c.midnight(y, m, d-back)
}

// midnight is the first moment of a day, which is later than 0:00 where the
// clocks are put forward at midnight.
func (c Calendar) midnight(y int, m time.Month, d int) int64 {
	t := time.Date(y, m, d, 0, 0, 0, 0, c.zone())
	day := time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Day()
	for range 8 { // half hours: no change of clocks is longer
		if t.Day() == day {
			break
		}
		t = t.Add(30 * time.Minute)
	}
	return t.UnixMilli()
}

// End is the beginning of the span after the one that begins at start. A
// start within a day, as the first of 1970 in a zone west of Greenwich can be,
// counts as that day's beginning.
func (c Calendar) End(start int64) int64 {
	y, m, d := time.UnixMilli(c.Start(start)).In(c.zone()).Date()
	return c.midnight(y, m, d+c.days())
}

// CalendarWindowed is TimeWindowed for windows of whole days: the inner key,
// then the start in 8 bytes; the calendar gives the end.
type CalendarWindowed struct {
	Inner Codec
	Calendar
}

// Name is dayWindowed(INNER).
func (c CalendarWindowed) Name() string { return "dayWindowed(" + c.Inner.Name() + ")" }

// Append writes a Windowed.
func (c CalendarWindowed) Append(dst []byte, v any) ([]byte, error) {
	w, k, err := windowedKey(v, c.Inner)
	if err != nil {
		return nil, err
	}
	return binary.BigEndian.AppendUint64(append(dst, k...), uint64(w.Start)), nil
}

// Decode reads a Windowed.
func (c CalendarWindowed) Decode(b []byte) (any, error) {
	if len(b) < 8 {
		return nil, fmt.Errorf("%d bytes hold no window start", len(b))
	}
	n := len(b) - 8
	start := int64(binary.BigEndian.Uint64(b[n:]))
	return Windowed{Key: Encoded(b[:n:n], c.Inner), Start: start, End: c.End(start)}, nil
}
