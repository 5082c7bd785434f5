package consume

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"kq/internal/when"
)

// ErrOffset is a text that names no offset.
var ErrOffset = errors.New("not an offset")

// Offset names a place in every partition. The zero value is the start.
type Offset struct {
	kind offsetKind
	n    int64 // an offset, a number of records, or milliseconds since 1970
}

type offsetKind uint8

const (
	atStart offsetKind = iota
	atEnd
	atExact
	atLast
	atTime
)

// Start is the first offset of a partition, End the one after its last record.
func Start() Offset { return Offset{} }
func End() Offset   { return Offset{kind: atEnd} }

// At is the offset n, from 0.
func At(n int64) Offset { return Offset{kind: atExact, n: n} }

// Last is where the last n records of a partition begin, n from 1.
func Last(n int64) Offset { return Offset{kind: atLast, n: n} }

// AtTime is the first record with a timestamp of t or later, the end where there
// is none. Timestamps are milliseconds; t is not before 1970.
func AtTime(t time.Time) Offset {
	ms := t.UnixMilli()
	if t.After(time.UnixMilli(ms)) {
		ms++
	}
	return Offset{kind: atTime, n: max(ms, 0)}
}

// ParseOffset reads start, end, N, -N, @TIME or @-DURATION, which counts back
// from now.
func ParseOffset(s string, now time.Time) (Offset, error) {
	switch s {
	case "start":
		return Start(), nil
	case "end":
		return End(), nil
	}
	if moment, ok := strings.CutPrefix(s, "@"); ok {
		t, err := when.Parse(moment, now)
		if err != nil {
			return Offset{}, fmt.Errorf("%q: %w: %w", s, ErrOffset, err)
		}
		return AtTime(t), nil
	}
	digits, last := strings.CutPrefix(s, "-")
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || digits[0] < '0' || digits[0] > '9' || last && n == 0 {
		return Offset{}, fmt.Errorf("%q: %w: it is start, end, N, -N (the last N), @TIME or @-DURATION", s, ErrOffset)
	}
	if last {
		return Last(n), nil
	}
	return At(n), nil
}

// ParseEnd reads where to stop: end, N, @TIME or @-DURATION.
func ParseEnd(s string, now time.Time) (Offset, error) {
	o, err := ParseOffset(s, now)
	switch {
	case err == nil && o.kind != atStart && o.kind != atLast:
		return o, nil
	case err != nil && strings.HasPrefix(s, "@"):
		return Offset{}, err
	}
	return Offset{}, fmt.Errorf("%q: %w to stop at: it is end, N, @TIME or @-DURATION", s, ErrOffset)
}

func (o Offset) String() string {
	switch o.kind {
	case atEnd:
		return "end"
	case atExact:
		return strconv.FormatInt(o.n, 10)
	case atLast:
		return strconv.FormatInt(-o.n, 10)
	case atTime:
		if t := time.UnixMilli(o.n).UTC(); t.Year() <= 9999 {
			return "@" + t.Format(time.RFC3339Nano)
		}
		return "@" + strconv.FormatInt(o.n, 10)
	}
	return "start"
}

// before tells that nothing can lie from o to end, wherever the partitions begin.
func (o Offset) before(end Offset) bool {
	return o.kind != end.kind || o.kind != atExact && o.kind != atTime || o.n < end.n
}

// in returns the offset in a partition that holds start to end, and whether it
// had to be moved there. byTime is what the cluster answered for a time.
func (o Offset) in(start, end, byTime int64) (n int64, moved bool) {
	switch o.kind {
	case atEnd:
		return end, false
	case atExact:
		n = min(max(o.n, start), end)
		return n, n != o.n
	case atLast:
		return max(start, end-o.n), false
	case atTime:
		return max(start, byTime), false
	}
	return start, false
}

// limit is the offset to stop at in a partition whose end is end.
func (o Offset) limit(end, byTime int64) int64 {
	switch o.kind {
	case atExact:
		return min(o.n, end)
	case atTime:
		return min(byTime, end)
	}
	return end
}

// never is the end of a partition that is followed without end.
const never = math.MaxInt64
