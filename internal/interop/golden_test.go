package interop

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kq/pkg/broker/brokertest"
)

var (
	only     = flag.String("rows", "", "run only the rows whose name matches this pattern")
	updateKQ = flag.Bool("update-kq", false, "write kq's transcripts of the rows that differ from Kafka on purpose")
)

// TestTrapsKQ runs the trap table on kq in this process, against what Apache
// Kafka answered.
func TestTrapsKQ(t *testing.T) {
	RunTable(t, selected(t), startEmbedded, checkKQ)
}

// startEmbedded starts a broker in memory. Settings a row wants are broker configs.
func startEmbedded(t *testing.T, settings map[string]string) (string, int32) {
	t.Helper()
	options := []brokertest.Option{brokertest.Set("node.id", "1")}
	for k, v := range settings {
		options = append(options, brokertest.Set(k, v))
	}
	return brokertest.Start(t, options...).Addr(), 1
}

// checkKQ compares kq's transcript with Kafka's, or with its own where the row
// says why they differ.
func checkKQ(t *testing.T, row *Row, got []Event) {
	t.Helper()
	ours := row.Differs != ""
	if ours && *updateKQ {
		if err := SaveGolden(row, got, true); err != nil {
			t.Fatal(err)
		}
	}
	checkGolden(t, row, got, ours)
}

// selected filters the table by -rows.
func selected(t *testing.T) []Row {
	t.Helper()
	pattern, err := regexp.Compile(*only)
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(Rows(), func(r Row) bool { return !pattern.MatchString(r.Name) })
}

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

// TestTable checks the table itself: names are unique, every row has its
// goldens, and no golden is left without a row.
func TestTable(t *testing.T) {
	want := map[string]bool{}
	for _, r := range Rows() {
		if want[r.Name] || r.Name == "" || strings.ContainsAny(r.Name, " /") {
			t.Errorf("row name %q is taken or no file name", r.Name)
		}
		want[r.Name] = true
		if len(r.Traps) == 0 {
			t.Errorf("row %s names no trap", r.Name)
		}
		_, err := os.Stat(goldenPath(&r, true))
		if (err == nil) != (r.Differs != "") {
			t.Errorf("row %s: Differs is %q, but its golden %s: %v", r.Name, r.Differs, filepath.Base(goldenPath(&r, true)), err)
		}
	}
	for _, r := range Rows() {
		kafka, _ := os.ReadFile(goldenPath(&r, false))
		ours, err := os.ReadFile(goldenPath(&r, true))
		if err == nil && bytes.Equal(kafka, ours) {
			t.Errorf("row %s does not differ from Kafka any more", r.Name)
		}
	}
	have, err := Goldens()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range have {
		if !want[name] {
			t.Errorf("golden %s belongs to no row", name)
		}
		delete(want, name)
	}
	for name := range want {
		t.Errorf("row %s has no golden", name)
	}
}

// later says why a trap has no row yet.
var later = map[int]string{
	15: "there are no quotas", 17: "there is no SASL", 19: "nothing of it shows on the wire",
	24: "kq makes the topics of coordinators before it answers", 26: "one broker leads everything", 30: "there are no ACLs", 34: "it is never sent",
	66: "one broker leads everything", 68: "a hint names another broker, and there is none",
	76: "one broker coordinates everything, and loads before it is asked", 88: "a restart is a test of pkg/broker", 111: "compaction is a test of pkg/broker/logstore",
}

// TestCoverage wants a row for every trap, or the reason why there is none.
func TestCoverage(t *testing.T) {
	rows := map[int]string{}
	for _, r := range Rows() {
		for _, n := range r.Traps {
			rows[n] = r.Name
		}
	}
	for n := 1; n <= 127; n++ {
		switch {
		case rows[n] == "" && later[n] == "":
			t.Errorf("trap %d has no row", n)
		case rows[n] != "" && later[n] != "":
			t.Errorf("trap %d has the row %s, and the reason to have none: %s", n, rows[n], later[n])
		}
	}
}
