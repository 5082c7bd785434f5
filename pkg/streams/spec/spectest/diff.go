package spectest

// diff compares two lists of records: the longest list of records that both have,
// in order, stands without a sign. differ is false where nothing else is there.
func diff(want, got []line) (lines []string, differ bool) {
	// common[i][j] is how many of want[i:] and got[j:] are alike.
	common := make([][]int, len(want)+1)
	for i := range common {
		common[i] = make([]int, len(got)+1)
	}
	for i := len(want) - 1; i >= 0; i-- {
		for j := len(got) - 1; j >= 0; j-- {
			if want[i].accepts(&got[j]) {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	i, j := 0, 0
	for i < len(want) || j < len(got) {
		switch {
		case i < len(want) && j < len(got) && want[i].accepts(&got[j]):
			lines = append(lines, "  "+want[i].show())
			i, j = i+1, j+1
		case j == len(got) || i < len(want) && common[i+1][j] >= common[i][j+1]:
			lines, differ = append(lines, "- "+want[i].show()), true
			i++
		default:
			lines, differ = append(lines, "+ "+got[j].show()), true
			j++
		}
	}
	return lines, differ
}
