//go:build interop

package interop

import (
	"flag"
	"testing"
)

var update = flag.Bool("update", false, "write Apache Kafka's transcripts as goldens")

func startKafka(t *testing.T, settings map[string]string) (string, int32) {
	t.Helper()
	k, err := StartKafka(t.Context(), installed.jars, t.TempDir(), settings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := k.Kill(); err != nil {
			t.Error(err)
		}
	})
	return k.Addr, 1
}

// TestTrapsApache runs the trap table on a live Apache Kafka: its answers are
// the goldens, or, with -update, become them.
func TestTrapsApache(t *testing.T) {
	RunTable(t, selected(t), startKafka, func(t *testing.T, row *Row, got []Event) {
		if *update {
			if err := SaveGolden(row, got, false); err != nil {
				t.Fatal(err)
			}
			return
		}
		checkGolden(t, row, got, false)
	})
}
