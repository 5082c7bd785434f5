package nearest

// Name returns the candidate that name was most likely meant to be, or ""
// when none is near: within a third of its length in single-character edits, a
// swap of neighbours counting as one, or one being the beginning of the other.
// Ties go to the earlier candidate.
func Name(name string, candidates []string) string {
	if len(name) < 2 {
		return ""
	}
	best, bestCost := "", max(len(name)/3+1, 2)
	for _, c := range candidates {
		if c == name {
			continue
		}
		if cost := editDistance(name, c, bestCost); cost < bestCost {
			best, bestCost = c, cost
		}
	}
	if best != "" {
		return best
	}
	for _, c := range candidates {
		if len(name) >= 3 && c != name && (hasPrefix(c, name) || len(c) >= 3 && hasPrefix(name, c)) {
			return c
		}
	}
	return ""
}

func hasPrefix(s, prefix string) bool { return len(s) >= len(prefix) && s[:len(prefix)] == prefix }

// editDistance is the optimal string alignment distance between a and b, or
// limit when it is not below it.
func editDistance(a, b string, limit int) int {
	if d := len(a) - len(b); d >= limit || -d >= limit {
		return limit
	}
	older, prev, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], older[j-2]+1)
			}
		}
		older, prev, cur = prev, cur, older
	}
	return min(prev[len(b)], limit)
}
