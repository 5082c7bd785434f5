package configdef

import "strings"

// Suggest returns the known config name nearest to name, over topics, brokers, groups and client-metrics, or "" when
// none is near. An exact name is its own suggestion.
func Suggest(name string) string {
	best, cost := "", maxCost(name)+1
	for _, t := range [...]*Table{Topic(), Broker(), Group(), ClientMetrics()} {
		if s, c := t.nearest(name, cost-1); s != "" {
			best, cost = s, c
		}
	}
	return best
}

// Suggest returns the name in this table nearest to name, or "" when none is near.
func (t *Table) Suggest(name string) string {
	s, _ := t.nearest(name, maxCost(name))
	return s
}

// maxCost is how many edits still count as a slip of the pen: a quarter of the name, at least two.
func maxCost(name string) int { return max(2, len(name)/4) }

// nearest returns the name with the fewest edits, of equal ones the first, at most limit; internal names are not offered.
// The same name in other letters, with _ or - for the dots, or without its unit counts as one or two edits.
func (t *Table) nearest(name string, limit int) (string, int) {
	name = javaTrim(name)
	if name == "" || len(name) > 200 {
		return "", 0
	}
	plain := strings.NewReplacer("_", ".", "-", ".").Replace(strings.ToLower(name))
	best := ""
	for _, d := range t.defs {
		if d.Internal {
			continue
		}
		cost := 0
		switch {
		case d.Name == name:
		case d.Name == plain || d.Name == plain+".ms":
			cost = 1
		case d.Name == plain+".bytes":
			cost = 2
		default:
			cost = edits(plain, d.Name, limit)
		}
		if cost <= limit {
			best, limit = d.Name, cost-1
		}
		if limit < 0 {
			break
		}
	}
	return best, limit + 1
}

// edits returns the Levenshtein distance of a and b, or limit+1 when it is larger than limit.
func edits(a, b string, limit int) int {
	if limit < 0 || len(a)-len(b) > limit || len(b)-len(a) > limit {
		return limit + 1
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal, smallest := row[0], i+1
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
			smallest = min(smallest, cost)
		}
		if smallest > limit {
			return limit + 1
		}
	}
	return min(row[len(b)], limit+1)
}
