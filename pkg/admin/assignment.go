package admin

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ParseAssignment reads the replicas of a topic's partitions: partitions are
// separated by commas, from number 0, and their brokers' ids by colons, the
// preferred leader first. "1:2,2:3" puts partition 0 on brokers 1 and 2. All
// partitions have as many replicas. The error is ErrOptions.
func ParseAssignment(s string) ([][]int32, error) {
	if s == "" {
		return nil, fmt.Errorf("%w: no partition in the assignment", ErrOptions)
	}
	partitions := strings.Split(s, ",")
	out := make([][]int32, len(partitions))
	for i, p := range partitions {
		for _, word := range strings.Split(p, ":") {
			id, err := strconv.ParseUint(word, 10, 31)
			if err != nil || word[0] == '0' && len(word) > 1 {
				return nil, fmt.Errorf("%w: partition %d of the assignment: %q is not the id of a broker", ErrOptions, i, word)
			}
			out[i] = append(out[i], int32(id))
		}
	}
	return out, checkAssignment(out)
}

// FormatAssignment is the inverse of ParseAssignment.
func FormatAssignment(a [][]int32) string {
	var b strings.Builder
	for i, replicas := range a {
		if i > 0 {
			b.WriteByte(',')
		}
		for j, id := range replicas {
			if j > 0 {
				b.WriteByte(':')
			}
			b.WriteString(strconv.Itoa(int(id)))
		}
	}
	return b.String()
}

// checkAssignment finds what no cluster would take.
func checkAssignment(a [][]int32) error {
	for i, replicas := range a {
		switch {
		case len(replicas) == 0:
			return fmt.Errorf("%w: partition %d of the assignment has no replica", ErrOptions, i)
		case len(replicas) != len(a[0]):
			return fmt.Errorf("%w: partition %d of the assignment has %d replicas and partition 0 has %d", ErrOptions, i, len(replicas), len(a[0]))
		}
		for j, id := range replicas {
			if slices.Contains(replicas[:j], id) {
				return fmt.Errorf("%w: partition %d of the assignment has broker %d twice", ErrOptions, i, id)
			}
		}
	}
	return nil
}
