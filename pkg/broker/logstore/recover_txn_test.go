package logstore

import (
	"testing"

	"kq/pkg/broker/batch"
	"kq/pkg/broker/vfs"
)

// A transaction whose marker lies below the high watermark of the checkpoint is
// over, also when recovery finds it anew and the high watermark stays where it is.
func TestRecoveredMarkersAreCommitted(t *testing.T) {
	fs := vfs.NewMem(0)
	s := openStore(t, fs)
	l := openLog(t, s, Config{})
	mustAppend(t, l, records(2, 10, 1, idempotent(7, 0, 0), transactional), AppendOptions{})
	mustAppend(t, l, batch.EndTxnMarker(batch.MarkerOptions{Type: batch.MarkerCommit, ProducerID: 7}), AppendOptions{Origin: OriginCoordinator})
	l.SetHighWatermark(3)
	for _, clean := range []bool{true, false, false} {
		if err := s.Close(clean); err != nil {
			t.Fatal(err)
		}
		s = openStore(t, fs)
		l = openLog(t, s, Config{})
		if stable, hw := l.LastStableOffset(), l.HighWatermark(); stable != 3 || hw != 3 {
			t.Errorf("after a stop (clean: %v) the last stable offset is %d, the high watermark %d; want 3", clean, stable, hw)
		}
	}
}
