package consume

import (
	"errors"
	"fmt"
	"strconv"
)

// ErrOffset is a text that names no offset.
var ErrOffset = errors.New("not an offset")

// Offset names a place in every partition. The zero value is the start.
type Offset struct {
	kind offsetKind
	n    int64
}

type offsetKind uint8

const (
	atStart offsetKind = iota
	atEnd
	atExact
)

// Start is the first offset of a partition, End the one after its last record.
func Start() Offset { return Offset{} }
func End() Offset   { return Offset{kind: atEnd} }

// At is the offset n, from 0.
func At(n int64) Offset { return Offset{kind: atExact, n: n} }

// ParseOffset reads start, end or a number.
func ParseOffset(s string) (Offset, error) {
	switch s {
	case "start":
		return Start(), nil
	case "end":
		return End(), nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 {
		return Offset{}, fmt.Errorf("%q: %w: it is start, end or a number from 0", s, ErrOffset)
	}
	return At(n), nil
}

func (o Offset) String() string {
	switch o.kind {
	case atEnd:
		return "end"
	case atExact:
		return strconv.FormatInt(o.n, 10)
	}
	return "start"
}

// in returns the offset in a partition that holds start to end, and whether it
// had to be moved there.
func (o Offset) in(start, end int64) (n int64, moved bool) {
	switch o.kind {
	case atEnd:
		return end, false
	case atExact:
		n = min(max(o.n, start), end)
		return n, n != o.n
	}
	return start, false
}
