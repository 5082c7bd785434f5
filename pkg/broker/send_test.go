package broker

import (
	"bytes"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"

	"kq/pkg/broker/internal/api"
	"kq/pkg/broker/internal/wire"
)

// countedRegion is a region in memory that counts its releases.
type countedRegion struct {
	*bytes.Reader
	extra    int // bytes that Len claims and the reader does not have
	released atomic.Int32
}

func (r *countedRegion) Len() int { return int(r.Size()) + r.extra }
func (r *countedRegion) Release() { r.released.Add(1) }

// osRegion is a region of a file.
type osRegion struct {
	countedRegion
	file *os.File
	off  int64
}

func (r *osRegion) RawRegion() (syscall.RawConn, int64, bool) {
	raw, err := r.file.SyscallConn()
	return raw, r.off, err == nil
}

// testRegion returns the region [off, off+n) of data, in a file or in memory.
func testRegion(t testing.TB, file *os.File, data []byte, off, n, extra int) (wire.FileRegion, *atomic.Int32) {
	mem := countedRegion{Reader: bytes.NewReader(data[off : off+n]), extra: extra}
	if file == nil {
		r := &mem
		return r, &r.released
	}
	r := &osRegion{countedRegion: countedRegion{Reader: mem.Reader, extra: extra}, file: file, off: int64(off)}
	return r, &r.released
}

func testFile(t testing.TB, data []byte) *os.File {
	t.Helper()
	name := filepath.Join(t.TempDir(), "data")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func randomBytes(n int) []byte {
	rng := rand.New(rand.NewPCG(1, 2))
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(rng.Uint32())
	}
	return p
}

func TestRegions(t *testing.T) {
	data := randomBytes(3 << 20)
	file := testFile(t, data)
	sizes := []int{0, 1, 1000, smallRegion, smallRegion + 1, copyPiece, copyPiece + 1, 2 << 20}
	for _, kind := range []struct {
		name string
		file *os.File
	}{{"memory", nil}, {"file", file}} {
		t.Run(kind.name, func(t *testing.T) {
			var released []*atomic.Int32
			s := startServer(t, func(r *api.Request) {
				var chunks []wire.Chunk
				for i, n := range sizes {
					region, count := testRegion(t, kind.file, data, i*7, n, 0)
					released = append(released, count)
					chunks = append(chunks, text("before ")[0], wire.Chunk{Region: region})
				}
				buf := wire.NewBuf(5)
				chunks = append(chunks, wire.Chunk{Bytes: append(buf.Bytes()[:0], "after"...), Buf: buf})
				r.ReplyChunks(chunks)
			})
			c := s.dial()
			var wantBody []byte
			for i, n := range sizes {
				wantBody = append(append(wantBody, "before "...), data[i*7:i*7+n]...)
			}
			wantBody = append(wantBody, "after"...)
			for corr := range int32(3) {
				c.write(request(corr, nil))
				got, body := c.read()
				if got != corr || !bytes.Equal(body, wantBody) {
					t.Fatalf("answer %d of %d bytes, want %d of %d", got, len(body), corr, len(wantBody))
				}
			}
			_ = c.Close()
			s.close()
			for i, count := range released {
				if n := count.Load(); n != 1 {
					t.Errorf("region %d of %d bytes released %d times", i, sizes[i%len(sizes)], n)
				}
			}
		})
	}
}

// A file that ends before the region does ends the connection: the length of the
// answer has left already.
func TestShortRegionCloses(t *testing.T) {
	data := randomBytes(1 << 20)
	file := testFile(t, data)
	for _, c := range []struct {
		name string
		file *os.File
		size int
	}{
		{"memory, small", nil, 100},
		{"memory, large", nil, 500 << 10},
		{"file, small", file, 100},
		{"file, large", file, 500 << 10},
	} {
		t.Run(c.name, func(t *testing.T) {
			var count *atomic.Int32
			s := startServer(t, func(r *api.Request) {
				var region wire.FileRegion
				region, count = testRegion(t, c.file, data, len(data)-c.size, c.size, 10)
				r.ReplyChunks([]wire.Chunk{{Bytes: []byte("x")}, {Region: region}, {Bytes: []byte("y")}})
			})
			client := s.dial()
			client.write(request(1, nil))
			if _, err := io.Copy(io.Discard, client); err != nil && !isReset(err) {
				t.Fatal(err)
			}
			s.close()
			if n := count.Load(); n != 1 {
				t.Errorf("region released %d times", n)
			}
		})
	}
}

// A client that goes away while a large answer is sent does not leak it.
func TestRegionReleasedWhenClientLeaves(t *testing.T) {
	data := randomBytes(8 << 20)
	for name, file := range map[string]*os.File{"memory": nil, "file": testFile(t, data)} {
		t.Run(name, func(t *testing.T) {
			var first, second *atomic.Int32
			s := startServer(t, func(r *api.Request) {
				a, ca := testRegion(t, file, data, 0, len(data), 0)
				b, cb := testRegion(t, file, data, 0, len(data), 0)
				first, second = ca, cb
				r.ReplyChunks([]wire.Chunk{{Region: a}, {Region: b}})
			})
			c := s.dial()
			c.write(request(1, nil))
			if _, err := io.ReadFull(c, make([]byte, 1000)); err != nil {
				t.Fatal(err)
			}
			_ = c.Close()
			s.server.close()
			if a, b := first.Load(), second.Load(); a != 1 || b != 1 {
				t.Errorf("regions released %d and %d times", a, b)
			}
		})
	}
}

func isReset(err error) bool {
	return errorsIsAny(err, syscall.ECONNRESET, syscall.EPIPE, io.ErrUnexpectedEOF)
}
