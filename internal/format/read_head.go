package format

import (
	"bytes"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// head knows how a line begins that the json format printed, and reads that
// much of it in a few steps. Lines that begin otherwise are none of its business.
type head struct {
	text      []byte // {"topic":"t","partition":0,"offset":
	partition int32
}

// headFields is what stands before the key.
const headFields = fieldTopic | fieldPartition | fieldOffset | fieldTS | fieldTSType

// read reads the fields before the key, and stops at the name of the next one.
// It returns their bits, or 0 for a line that it leaves untouched.
func (h *head) read(s *scanner, r *kgo.Record) int {
	if len(h.text) == 0 || !bytes.HasPrefix(s.b, h.text) {
		return 0
	}
	_, i := plainNumber(s.b, len(h.text))
	if !hasAt(s.b, i, `,"ts":`) {
		return 0
	}
	ms, i := plainNumber(s.b, i+len(`,"ts":`))
	switch {
	case hasAt(s.b, i, `,"tstype":"create",`), hasAt(s.b, i, `,"tstype":"append",`):
	default:
		return 0
	}
	s.i = i + len(`,"tstype":"create",`)
	r.Partition, r.Timestamp = h.partition, time.UnixMilli(ms)
	return headFields
}

// learn notes how line begins, of which r was read, if that is what the json
// format prints. A string before the offset that was rewritten when it was read
// has escapes, and is not learned.
func (h *head) learn(line []byte, r *kgo.Record) {
	if len(h.text) > 0 && bytes.HasPrefix(line, h.text) {
		return
	}
	const begin, middle, end = `{"topic":"`, `","partition":`, `,"offset":`
	h.text = h.text[:0]
	if !hasAt(line, 0, begin) {
		return
	}
	i := len(begin)
	for i < len(line) && plainInString[line[i]] {
		i++
	}
	if !hasAt(line, i, middle) {
		return
	}
	i += len(middle)
	digits := strconv.Itoa(int(r.Partition))
	if !hasAt(line, i, digits+end) {
		return
	}
	i += len(digits) + len(end)
	h.text, h.partition = append(h.text, line[:i]...), r.Partition
}

func hasAt(b []byte, i int, s string) bool {
	return len(b)-i >= len(s) && string(b[i:i+len(s)]) == s
}

// plainNumber reads the digits at b[i:], up to 15, and returns where they end;
// where there are none, or one leads that must not, it returns a place where
// nothing is.
func plainNumber(b []byte, i int) (n int64, end int) {
	for end = i; end < len(b) && isDigit(b[end]); end++ {
		n = n*10 + int64(b[end]-'0')
	}
	if end == i || end-i > 15 || b[i] == '0' && end > i+1 {
		return 0, len(b)
	}
	return n, end
}
