package admin

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"kq/internal/when"
)

// PositionKind is how a Position names a place in a partition.
type PositionKind int8

// The kinds of positions. The zero value is the start.
const (
	AtStart  PositionKind = iota // the first record there is
	AtEnd                        // past the last one
	AtOffset                     // an offset, Position.N
	FromEnd                      // Position.N offsets before the end
	AtTime                       // the first record at or after Position.Time
)

// Position is a place in each of several partitions.
type Position struct {
	Kind PositionKind
	N    int64
	Time time.Time
}

// PositionForms says what ParsePosition takes, for messages.
const PositionForms = "start, end, an offset, -N (N before the end) or @TIME"

// ParsePosition reads start, end, N, -N or @TIME, where TIME may be relative to
// now, as @-1h. The error is ErrOptions.
func ParsePosition(s string, now time.Time) (Position, error) {
	switch s {
	case "start":
		return Position{Kind: AtStart}, nil
	case "end":
		return Position{Kind: AtEnd}, nil
	}
	if moment, ok := strings.CutPrefix(s, "@"); ok {
		t, err := when.Parse(moment, now)
		if err != nil {
			return Position{}, fmt.Errorf("%w: %w", ErrOptions, err)
		}
		if t.UnixMilli() < 0 {
			return Position{}, fmt.Errorf("%w: %q is before 1970", ErrOptions, s)
		}
		return Position{Kind: AtTime, Time: t}, nil
	}
	digits, back := strings.CutPrefix(s, "-")
	n, err := strconv.ParseUint(digits, 10, 63)
	if err != nil {
		return Position{}, fmt.Errorf("%w: %q is no position: it is %s", ErrOptions, s, PositionForms)
	}
	if back {
		return Position{Kind: FromEnd, N: int64(n)}, nil
	}
	return Position{Kind: AtOffset, N: int64(n)}, nil
}

// String is the inverse of ParsePosition, to the millisecond.
func (p Position) String() string {
	switch p.Kind {
	case AtStart:
		return "start"
	case AtEnd:
		return "end"
	case FromEnd:
		return "-" + strconv.FormatInt(p.N, 10)
	case AtTime:
		return "@" + strconv.FormatInt(p.Time.UnixMilli(), 10)
	}
	return strconv.FormatInt(p.N, 10)
}
