package interop

import "testing"

// checkGolden fails t with every difference between got and the row's golden.
func checkGolden(t *testing.T, row *Row, got []Event, ours bool) {
	t.Helper()
	diffs, err := CheckGolden(row, got, ours)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range diffs {
		t.Error(d)
	}
	if len(diffs) > 0 {
		t.Logf("whole transcript: %s", encode(got))
	}
}
