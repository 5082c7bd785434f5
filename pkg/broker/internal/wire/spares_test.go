package wire

import (
	"testing"
	"testing/synctest"
	"time"
)

func first(b *Buf) *byte { return &b.data[:1][0] }

func TestSparesLastOutFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s Spares
		a, b := s.NewBuf(4<<20+1), s.NewBuf(5<<20)
		if len(a.Bytes()) != 4<<20+1 || a.Cap() != 8<<20 {
			t.Fatalf("a buffer of %d bytes in %d", len(a.Bytes()), a.Cap())
		}
		wantA, wantB := first(a), first(b)
		a.Retain()
		a.Release()
		b.Release()
		a.Release()
		if got := s.NewBuf(4 << 20); first(got) == wantA || first(got) == wantB {
			t.Error("a buffer of another class was handed out")
		}
		if got := s.NewBuf(6 << 20); first(got) != wantA {
			t.Error("not the buffer that came back last")
		}
		if got := s.NewBuf(7 << 20); first(got) != wantB {
			t.Error("not the other buffer")
		}
	})
}

// What is needed stays, what is not goes, and then nothing is left running.
func TestSparesSweep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s Spares
		bufs := []*Buf{s.NewBuf(1 << 20), s.NewBuf(1 << 20), s.NewBuf(1 << 20)}
		for _, b := range bufs {
			b.Release()
		}
		busy := first(bufs[2])
		free := func() int {
			s.mu.Lock()
			defer s.mu.Unlock()
			return len(s.free[bitsOf(1<<20)-minSpareBits])
		}
		for range 20 {
			b := s.NewBuf(1 << 20)
			if first(b) != busy {
				t.Fatal("not the buffer that is in use")
			}
			b.Release()
			time.Sleep(spareFor / 5)
		}
		if n := free(); n != 1 {
			t.Errorf("%d buffers are kept for one user", n)
		}
		time.Sleep(2*spareFor + 1)
		if n := free(); n != 0 {
			t.Errorf("%d buffers are kept for nobody", n)
		}
		s.mu.Lock()
		armed := s.armed
		s.mu.Unlock()
		if armed {
			t.Error("a sweep of nothing is to come")
		}
	})
}

func TestSparesOfNobody(t *testing.T) {
	var s *Spares
	for _, n := range []int{0, 1, 64 << 10, 1 << 20, 33 << 20} {
		b := s.NewBuf(n)
		if len(b.Bytes()) != n {
			t.Errorf("%d bytes, want %d", len(b.Bytes()), n)
		}
		b.Release()
	}
}
