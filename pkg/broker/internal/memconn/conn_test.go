package memconn

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

var _ net.Conn = (*Conn)(nil)

// What goes in at one end comes out at the other, in any pieces, also when both
// write more than fits before either reads.
func TestBothWays(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	a, b := Pair()
	var wg sync.WaitGroup
	for i, ends := range [][2]*Conn{{a, b}, {b, a}} {
		g := rand.New(rand.NewPCG(seed, uint64(i)))
		sent := make([]byte, 3*Capacity+g.IntN(Capacity))
		for i := range sent {
			sent[i] = byte(g.Uint32())
		}
		sizes := rand.New(rand.NewPCG(seed, uint64(i+2)))
		wg.Go(func() {
			for p := sent; len(p) > 0; {
				n := min(len(p), 1+g.IntN(2*Capacity))
				if g.IntN(2) == 0 {
					if _, err := ends[0].Write(p[:n]); err != nil {
						t.Error(err)
					}
				} else {
					cut := g.IntN(n + 1)
					if sent, err := ends[0].WriteBuffers(&net.Buffers{p[:cut], nil, p[cut:n]}); err != nil || sent != int64(n) {
						t.Errorf("%d of %d bytes: %v", sent, n, err)
					}
				}
				p = p[n:]
			}
		})
		wg.Go(func() {
			var got []byte
			for buf := make([]byte, 100_000); len(got) < len(sent); {
				n, err := ends[1].Read(buf[:1+sizes.IntN(len(buf))])
				if err != nil {
					t.Error(err)
					return
				}
				got = append(got, buf[:n]...)
			}
			if !bytes.Equal(got, sent) {
				t.Error("other bytes than were sent")
			}
		})
	}
	wg.Wait()
}

// A write that does not fit waits for the reader, and not before.
func TestWritesWaitForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pair()
		defer a.Close()
		if n, err := a.Write(make([]byte, Capacity)); n != Capacity || err != nil {
			t.Fatal(n, err)
		}
		done := make(chan error, 1)
		go func() {
			_, err := a.Write([]byte("more"))
			done <- err
		}()
		synctest.Wait()
		select {
		case <-done:
			t.Fatal("more was written than fits")
		default:
		}
		if _, err := b.Read(make([]byte, 3)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if _, err := io.CopyN(io.Discard, b, Capacity+1); err != nil {
			t.Fatal(err)
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	})
}

func TestClose(t *testing.T) {
	a, b := Pair()
	if _, err := a.Write([]byte("last words")); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(b); string(got) != "last words" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := b.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("write to who closed: %v", err)
	}
	for what, f := range map[string]func([]byte) (int, error){"read": a.Read, "write": a.Write} {
		if _, err := f(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
			t.Errorf("%s after close: %v", what, err)
		}
	}
}

// Those who wait end with the connection.
func TestCloseWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, c := range []struct {
			what  string
			other bool // the other end closes
			do    func(*Conn) error
			want  error
		}{
			{"read", false, readOne, net.ErrClosed},
			{"read", true, readOne, io.EOF},
			{"write", false, fill, net.ErrClosed},
			{"write", true, fill, io.ErrClosedPipe},
		} {
			a, b := Pair()
			done := make(chan error, 1)
			go func() { done <- c.do(a) }()
			synctest.Wait()
			if c.other {
				_ = b.Close()
			} else {
				_ = a.Close()
			}
			if err := <-done; !errors.Is(err, c.want) {
				t.Errorf("%s, closed by the other %v: %v, want %v", c.what, c.other, err, c.want)
			}
		}
	})
}

func readOne(c *Conn) error {
	_, err := c.Read(make([]byte, 1))
	return err
}

func fill(c *Conn) error {
	_, err := c.Write(make([]byte, Capacity+1))
	return err
}

func TestDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pair()
		defer a.Close()
		defer b.Close()
		began := time.Now()
		timeOut := func(what string, err error, after time.Duration) {
			t.Helper()
			var as net.Error
			if !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &as) || !as.Timeout() || time.Since(began) != after {
				t.Errorf("%s: %v after %v, want a timeout after %v", what, err, time.Since(began), after)
			}
		}
		_ = a.SetReadDeadline(began.Add(time.Second))
		timeOut("read", readOne(a), time.Second)
		timeOut("read again", readOne(a), time.Second)
		_ = a.SetDeadline(began.Add(time.Minute))
		_ = a.SetDeadline(began.Add(2 * time.Second)) // the earlier one is forgotten, and the later
		timeOut("read", readOne(a), 2*time.Second)
		timeOut("write", fill(a), 2*time.Second)
		_ = a.SetDeadline(time.Time{})
		go func() {
			time.Sleep(time.Hour)
			_, _ = b.Write([]byte("x"))
		}()
		if err := readOne(a); err != nil || time.Since(began) != time.Hour+2*time.Second {
			t.Errorf("without a deadline: %v after %v", err, time.Since(began))
		}
	})
}
