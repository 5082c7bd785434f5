package interop

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// History is what happened to records that were copied from one topic to
// another, partition by partition, by clients that put the name of the attempt
// behind each value. Record i of partition p was sent as "p-i", in order, and
// is read as "p-i|ATTEMPT".
type History struct {
	Sent     []int              // records sent, by partition
	Attempts map[string]Attempt // by name: what the clients told about each
	Live     []Read             // what a reader saw while it happened
	Final    []Read             // what a reader saw afterwards, from the beginning
}

// Outcome is how an attempt ended, as far as its client knows.
type Outcome string

// The outcomes a client tells.
const (
	Committed Outcome = "commit"
	Aborted   Outcome = "abort"
	Unknown   Outcome = "unknown"
)

// Attempt is one transaction, or one batch of a client without transactions.
type Attempt struct {
	Outcome Outcome
	Records int
}

// Read is one record of the output.
type Read struct {
	Partition int
	Offset    int64
	Value     string
}

// Verdict counts what went wrong.
type Verdict struct {
	Lost       int // records sent and not read in the end
	Duplicated int // reads of a record beyond the first
	Aborted    int // reads, live or final, of attempts that were aborted
	Torn       int // attempts read in part, or committed and not read
	Reordered  int // first reads of a record behind a later one
	Changed    int // live reads that the final reading does not confirm
	Foreign    int // reads of what nobody sent

	Examples []string // the first few, in words
}

// Exact tells whether nothing went wrong at all.
func (v *Verdict) Exact() bool {
	return v.Lost+v.Duplicated+v.Aborted+v.Torn+v.Reordered+v.Changed+v.Foreign == 0
}

// NoLoss tells whether all that was sent came, if perhaps more than once.
func (v *Verdict) NoLoss() bool { return v.Lost+v.Foreign == 0 }

func (v *Verdict) String() string {
	s := fmt.Sprintf("%d lost, %d duplicated, %d aborted, %d torn, %d reordered, %d changed, %d foreign",
		v.Lost, v.Duplicated, v.Aborted, v.Torn, v.Reordered, v.Changed, v.Foreign)
	return strings.Join(append([]string{s}, v.Examples...), "\n")
}

// found counts one fault in *n and keeps the first few of all in words.
func (v *Verdict) found(n *int, format string, args ...any) {
	*n++
	if len(v.Examples) < 20 {
		v.Examples = append(v.Examples, fmt.Sprintf(format, args...))
	}
}

// Check compares what was read with what was sent and what the clients told.
// A history of clients without transactions has duplicates, and records out of
// order behind them; only NoLoss is asked of it then.
func (h *History) Check() *Verdict {
	v := &Verdict{}
	final := map[[2]int64]string{}
	perAttempt := map[string]int{}
	next := make([]int, len(h.Sent)) // the record expected next, by partition
	seen := make([][]int, len(h.Sent))
	for p, n := range h.Sent {
		seen[p] = make([]int, n)
	}
	for _, r := range inOrder(h.Final) {
		final[[2]int64{int64(r.Partition), r.Offset}] = r.Value
		p, i, attempt, ok := r.parse()
		if !ok || p != r.Partition || p >= len(h.Sent) || i >= h.Sent[p] {
			v.found(&v.Foreign, "foreign: %v", r)
			continue
		}
		perAttempt[attempt]++
		if h.Attempts[attempt].Outcome == Aborted {
			v.found(&v.Aborted, "aborted and read: %v", r)
		}
		seen[p][i]++
		switch {
		case seen[p][i] > 1:
			v.found(&v.Duplicated, "read again: %v", r)
		case i < next[p]:
			v.found(&v.Reordered, "read behind %d-%d: %v", p, next[p]-1, r)
		}
		next[p] = max(next[p], i+1)
	}
	for p := range seen {
		for i, n := range seen[p] {
			if n == 0 {
				v.found(&v.Lost, "lost: %d-%d", p, i)
			}
		}
	}
	h.checkLive(v, final)
	h.checkWhole(v, perAttempt)
	return v
}

// checkLive holds what was seen on the way against what stands in the end.
func (h *History) checkLive(v *Verdict, final map[[2]int64]string) {
	for _, r := range h.Live {
		if _, _, attempt, _ := r.parse(); h.Attempts[attempt].Outcome == Aborted {
			v.found(&v.Aborted, "aborted and seen on the way: %v", r)
			continue
		}
		if got, ok := final[[2]int64{int64(r.Partition), r.Offset}]; !ok || got != r.Value {
			v.found(&v.Changed, "seen on the way: %v, in the end: %q", r, got)
		}
	}
}

// checkWhole wants each attempt as a whole or not at all, and committed ones as a whole.
func (h *History) checkWhole(v *Verdict, read map[string]int) {
	for name, a := range h.Attempts {
		got := read[name]
		switch {
		case a.Outcome == Committed && got != a.Records:
			v.found(&v.Torn, "attempt %s committed %d records, %d were read", name, a.Records, got)
		case a.Outcome == Unknown && got != 0 && got != a.Records:
			v.found(&v.Torn, "attempt %s of %d records was read in part: %d", name, a.Records, got)
		}
	}
}

// parse splits a value into partition, number and attempt.
func (r Read) parse() (partition, number int, attempt string, ok bool) {
	id, attempt, ok := strings.Cut(r.Value, "|")
	p, i, ok2 := strings.Cut(id, "-")
	partition, err1 := strconv.Atoi(p)
	number, err2 := strconv.Atoi(i)
	return partition, number, attempt, ok && ok2 && err1 == nil && err2 == nil && partition >= 0 && number >= 0
}

func inOrder(reads []Read) []Read {
	return slices.SortedStableFunc(slices.Values(reads), func(a, b Read) int {
		if a.Partition != b.Partition {
			return a.Partition - b.Partition
		}
		return int(a.Offset - b.Offset)
	})
}

// ParseAttempts reads the attempts that a client told, one "OUTCOME NAME
// RECORDS" a line; other lines are skipped.
func ParseAttempts(lines []string) map[string]Attempt {
	told := map[string]Attempt{}
	for _, l := range lines {
		f := strings.Fields(l)
		if len(f) != 3 {
			continue
		}
		n, err := strconv.Atoi(f[2])
		switch o := Outcome(f[0]); o {
		case Committed, Aborted, Unknown:
			if err == nil {
				told[f[1]] = Attempt{Outcome: o, Records: n}
			}
		}
	}
	return told
}
