package wire

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"testing"
	"testing/iotest"
)

// pollSource makes any reader a Poller.
type pollSource struct {
	io.Reader
	sizes []int // of the buffers that were taken
}

func (s *pollSource) ReadNew(size int) (*Buf, int, error) {
	b := NewBuf(size)
	n, err := s.Read(b.Bytes())
	if n == 0 {
		b.Release()
		if err == nil {
			err = io.ErrNoProgress
		}
		return nil, 0, err
	}
	s.sizes = append(s.sizes, size)
	return b, n, nil
}

func frameOf(p []byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(p))), p...)
}

// sources are all the ways in which bytes reach a FrameReader.
var sources = map[string]func(p []byte) io.Reader{
	"plain":          func(p []byte) io.Reader { return bytes.NewReader(p) },
	"plain, by byte": func(p []byte) io.Reader { return iotest.OneByteReader(bytes.NewReader(p)) },
	"poll":           func(p []byte) io.Reader { return &pollSource{Reader: bytes.NewReader(p)} },
	"poll, by byte": func(p []byte) io.Reader {
		return &pollSource{Reader: iotest.OneByteReader(bytes.NewReader(p))}
	},
	"poll, halves": func(p []byte) io.Reader {
		return &pollSource{Reader: iotest.HalfReader(bytes.NewReader(p))}
	},
	"poll, error with data": func(p []byte) io.Reader {
		return &pollSource{Reader: iotest.DataErrReader(bytes.NewReader(p))}
	},
}

func TestFrameReader(t *testing.T) {
	g := newGen(t)
	var stream []byte
	var frames [][]byte
	for _, size := range []int{0, 1, 3, 4, 100, 4091, 4092, 4093, 4096, 5000, 60000, 70000, 200000, 1, 2, 300000, 0} {
		p := make([]byte, size)
		for i := range p {
			p[i] = byte(g.Uint32())
		}
		frames = append(frames, p)
		stream = append(stream, frameOf(p)...)
	}
	for name, source := range sources {
		t.Run(name, func(t *testing.T) {
			r := NewFrameReader(source(stream), 1<<20, nil)
			var bufs []*Buf
			var got [][]byte
			for range frames {
				frame, b, err := r.Next()
				if err != nil {
					t.Fatal(err)
				}
				got, bufs = append(got, frame), append(bufs, b)
			}
			// Frames stay as they were while later ones are read.
			for i := range frames {
				if !bytes.Equal(got[i], frames[i]) {
					t.Fatalf("frame %d of %d bytes differs", i, len(frames[i]))
				}
				bufs[i].Release()
			}
			if _, _, err := r.Next(); !errors.Is(err, io.EOF) {
				t.Fatalf("error at the end = %v, want EOF", err)
			}
			r.Close()
		})
	}
}

func TestFrameReaderTruncated(t *testing.T) {
	stream := append(frameOf([]byte("whole")), frameOf(make([]byte, 9000))...)
	for name, source := range sources {
		t.Run(name, func(t *testing.T) {
			for _, cut := range []int{10, 12, 13, 14, 4000, len(stream) - 1} {
				r := NewFrameReader(source(stream[:cut]), 1<<20, nil)
				_, b, err := r.Next()
				if err != nil {
					t.Fatal(err)
				}
				b.Release()
				if _, _, err := r.Next(); !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Fatalf("cut at %d: error = %v, want unexpected EOF", cut, err)
				}
				r.Close()
			}
		})
	}
}

func TestFrameReaderSizes(t *testing.T) {
	for name, source := range sources {
		t.Run(name, func(t *testing.T) {
			for _, size := range []uint32{101, 1 << 30, 1<<31 - 1, 1 << 31, 1<<32 - 1} {
				p := binary.BigEndian.AppendUint32(nil, size)
				r := NewFrameReader(source(append(p, make([]byte, 200)...)), 100, nil)
				if _, _, err := r.Next(); !errors.Is(err, ErrFrameSize) {
					t.Fatalf("size %d: error = %v, want ErrFrameSize", size, err)
				}
				r.Close()
			}
		})
	}
}

// A peer that claims a large frame and sends little of it pins little.
func TestFrameReaderSlowDrip(t *testing.T) {
	head := binary.BigEndian.AppendUint32(nil, 100<<20)
	pr, pw := io.Pipe()
	r := NewFrameReader(pr, 100<<20, nil)
	if got := r.grant(100<<20, 0); got != firstGrant {
		t.Errorf("first grant = %d, want %d", got, firstGrant)
	}
	if got := r.grant(100<<20, 1<<20); got != 4<<20 {
		t.Errorf("grant after 1 MiB = %d, want 4 MiB", got)
	}
	done := make(chan error)
	go func() {
		_, _, err := r.Next()
		done <- err
	}()
	for _, p := range [][]byte{head, make([]byte, 1000)} {
		if _, err := pw.Write(p); err != nil {
			t.Fatal(err)
		}
	}
	if err := pw.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatalf("error = %v, want unexpected EOF", err)
	}
}

// Reads grow with the traffic and shrink again.
func TestFrameReaderReadSizes(t *testing.T) {
	small := bytes.Repeat(frameOf(make([]byte, 96)), 4000)
	src := &pollSource{Reader: bytes.NewReader(small)}
	r := NewFrameReader(src, 1<<20, nil)
	for range 4000 {
		_, b, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		b.Release()
	}
	if last := src.sizes[len(src.sizes)-1]; last != maxRead || len(src.sizes) > 12 {
		t.Errorf("read sizes = %v, want doubling up to %d", src.sizes, maxRead)
	}
	one := iotest.OneByteReader(bytes.NewReader(bytes.Repeat(frameOf(nil), 10)))
	src.Reader = one
	for range 10 {
		_, b, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		b.Release()
	}
	if last := src.sizes[len(src.sizes)-1]; last != minRead {
		t.Errorf("read sizes = %v, want back to %d", src.sizes, minRead)
	}
}

func TestBuf(t *testing.T) {
	for _, n := range []int{0, 1, 4096, 4097, 1 << 20, 1<<20 + 1, 8 << 20, 8<<20 + 1} {
		b := NewBuf(n)
		want(t, "length", len(b.Bytes()), n)
		b.Retain()
		b.Release()
		want(t, "length while referenced", len(b.Bytes()), n)
		b.Release()
	}
	b := NewBuf(100)
	p := append(b.Bytes()[:0], "kept"...)
	b.Adopt(p)
	want(t, "adopted in place", string(b.Bytes()), "kept")
	want(t, "class", b.class, 0)
	p = append(b.Bytes()[:0], make([]byte, 10000)...)
	b.Adopt(p)
	want(t, "adopted elsewhere", len(b.Bytes()), 10000)
	want(t, "class", b.class, unpooled)
	b.Release()
}

func FuzzFrame(f *testing.F) {
	f.Add(frameOf([]byte("hello")), uint8(3))
	f.Add(append(frameOf(make([]byte, 5000)), 1, 2, 3), uint8(200))
	f.Add([]byte{255, 255, 255, 255}, uint8(1))
	f.Fuzz(func(t *testing.T, p []byte, step uint8) {
		read := func(src io.Reader) (frames []string, err error) {
			r := NewFrameReader(src, 1<<16, nil)
			defer r.Close()
			for {
				frame, b, err := r.Next()
				if err != nil {
					return frames, err
				}
				frames = append(frames, string(frame))
				b.Release()
			}
		}
		plain, plainErr := read(bytes.NewReader(p))
		poll, pollErr := read(&pollSource{Reader: &stepReader{p: p, step: int(step) + 1}})
		if plainErr.Error() != pollErr.Error() || len(plain) != len(poll) {
			t.Fatalf("plain: %d frames, %v; poll: %d frames, %v", len(plain), plainErr, len(poll), pollErr)
		}
		for i := range plain {
			if plain[i] != poll[i] {
				t.Fatalf("frame %d differs", i)
			}
		}
	})
}

// stepReader returns at most step bytes a read.
type stepReader struct {
	p    []byte
	step int
}

func (r *stepReader) Read(p []byte) (int, error) {
	if len(r.p) == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.p[:min(r.step, len(r.p))])
	r.p = r.p[n:]
	return n, nil
}
