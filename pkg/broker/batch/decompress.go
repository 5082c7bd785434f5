package batch

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// DefaultMaxDecompressed is how many bytes the records of one batch may become
// if Decompressor.Max does not say otherwise.
const DefaultMaxDecompressed = 128 << 20

// maxZstdWindow is the largest window that the zstd library accepts by default.
const maxZstdWindow = 128 << 20

// Decompressor opens record bodies. Memory grows with what is really
// decompressed, never with what a header claims, and stops at Max. What the
// codecs allocate is kept for the next caller, and not made before it is
// needed. The zero value is ready; it is safe for concurrent use.
type Decompressor struct {
	// Max is the most bytes that one body may become; 0 is DefaultMaxDecompressed.
	Max int

	gzip, lz4, zstd sync.Pool
	scratch         sync.Pool // of *[]byte
}

func (d *Decompressor) max() int {
	if d.Max > 0 {
		return d.Max
	}
	return DefaultMaxDecompressed
}

// Decompress appends the records of b, uncompressed, to dst. The error is
// ErrTooLarge past Max, ErrUnsupportedCompression for a codec that does not
// exist, and ErrCorrupt for bytes that are not of the codec.
func (d *Decompressor) Decompress(dst []byte, b Batch) ([]byte, error) {
	return d.open(dst, b.Codec(), b.Body(), b.Magic())
}

// open is Decompress for the value of a wrapper message, too.
func (d *Decompressor) open(dst []byte, codec Codec, src []byte, magic int8) (out []byte, err error) {
	switch codec {
	case CodecNone:
		if len(src) > d.max() {
			return dst, d.tooLarge(codec)
		}
		return append(dst, src...), nil
	case CodecGzip:
		out, err = d.openGzip(dst, src)
	case CodecSnappy:
		out, err = d.openSnappy(dst, src)
	case CodecLZ4:
		out, err = d.openLZ4(dst, src, magic)
	case CodecZstd:
		out, err = d.openZstd(dst, src)
	default:
		return dst, fmt.Errorf("decompress %s: %w", codec, ErrUnsupportedCompression)
	}
	if err != nil && !errors.Is(err, ErrTooLarge) {
		return dst, fmt.Errorf("decompress %s: %w: %w", codec, ErrCorrupt, err)
	}
	return out, err
}

func (d *Decompressor) tooLarge(codec Codec) error {
	return fmt.Errorf("decompress %s: %w: more than %d bytes", codec, ErrTooLarge, d.max())
}

type gzipDecoder struct {
	in bytes.Reader
	r  gzip.Reader
}

func (d *Decompressor) openGzip(dst, src []byte) ([]byte, error) {
	g, ok := d.gzip.Get().(*gzipDecoder)
	if !ok {
		g = new(gzipDecoder)
	}
	defer d.gzip.Put(g)
	defer g.in.Reset(nil) // so as not to keep src
	g.in.Reset(src)
	if err := g.r.Reset(&g.in); err != nil {
		return dst, err
	}
	return d.readAll(dst, &g.r, CodecGzip)
}

// openLZ4 reads the LZ4 frame format. Clients of the time of magic 0 computed
// the checksum of the frame header wrongly; it is not looked at there.
func (d *Decompressor) openLZ4(dst, src []byte, magic int8) ([]byte, error) {
	var in io.Reader = bytes.NewReader(src)
	if magic == 0 {
		fixed, n, err := fixLZ4Header(src)
		if err != nil {
			return dst, err
		}
		in = io.MultiReader(bytes.NewReader(fixed[:n]), bytes.NewReader(src[n:]))
	}
	r, ok := d.lz4.Get().(*lz4.Reader)
	if !ok {
		r = lz4.NewReader(nil)
	}
	r.Reset(in)
	out, err := d.readAll(dst, r, CodecLZ4)
	r.Reset(nil)
	d.lz4.Put(r)
	return out, err
}

// readAll appends what r gives to dst, up to Max bytes.
func (d *Decompressor) readAll(dst []byte, r io.Reader, codec Codec) ([]byte, error) {
	start := len(dst)
	for idle := 0; idle < 100; {
		if len(dst) == cap(dst) {
			dst = append(dst, 0)[:len(dst)]
		}
		n, err := r.Read(dst[len(dst):cap(dst)])
		dst = dst[:len(dst)+n]
		if idle++; n > 0 {
			idle = 0
		}
		if len(dst)-start > d.max() {
			return dst, d.tooLarge(codec)
		}
		if err == io.EOF {
			return dst, nil
		}
		if err != nil {
			return dst, err
		}
	}
	return dst, io.ErrNoProgress
}

// openSnappy reads the framing of snappy-java and, without its magic, one raw
// snappy block.
func (d *Decompressor) openSnappy(dst, src []byte) ([]byte, error) {
	if !bytes.HasPrefix(src, xerialHeader[:8]) {
		return d.snappyBlock(dst, src, d.max())
	}
	if len(src) < len(xerialHeader) {
		return dst, io.ErrUnexpectedEOF
	}
	start := len(dst)
	for src = src[len(xerialHeader):]; len(src) > 0; {
		if len(src) < 4 {
			return dst, io.ErrUnexpectedEOF
		}
		if bytes.HasPrefix(src, xerialHeader[:8]) && len(src) >= len(xerialHeader) {
			src = src[len(xerialHeader):] // streams may be concatenated
			continue
		}
		n := int32(binary.BigEndian.Uint32(src))
		if n < 0 || int(n) > len(src)-4 {
			return dst, io.ErrUnexpectedEOF
		}
		var err error
		if dst, err = d.snappyBlock(dst, src[4:4+n], d.max()-(len(dst)-start)); err != nil {
			return dst, err
		}
		src = src[4+n:]
	}
	return dst, nil
}

// maxSnappyRatio bounds what a snappy block can become: its densest element
// makes 64 bytes of 3.
const maxSnappyRatio = 22

func (d *Decompressor) snappyBlock(dst, src []byte, limit int) ([]byte, error) {
	n, err := s2.DecodedLen(src)
	if err != nil {
		return dst, err
	}
	if n > maxSnappyRatio*len(src) {
		return dst, s2.ErrCorrupt
	}
	if n > limit {
		return dst, d.tooLarge(CodecSnappy)
	}
	at := len(dst)
	dst = grow(dst, n)
	if _, err := s2.Decode(dst[at:at+n], src); err != nil {
		return dst[:at], err
	}
	return dst[:at+n], nil
}

// grow makes room for n more bytes behind dst.
func grow(dst []byte, n int) []byte {
	if cap(dst)-len(dst) >= n {
		return dst[:len(dst)+n]
	}
	return append(dst, make([]byte, n)...)
}

// openZstd decodes into a buffer of a fixed size, and again into a larger one
// where that is not enough: the decoder would trust the size in a frame.
func (d *Decompressor) openZstd(dst, src []byte) ([]byte, error) {
	bound, claim, err := zstdBound(src)
	if err != nil {
		return dst, err
	}
	if min(claim, bound) > d.max() {
		return dst, d.tooLarge(CodecZstd)
	}
	dec, ok := d.zstd.Get().(*zstd.Decoder)
	if !ok {
		dec, err = zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(maxZstdWindow), zstd.WithDecodeAllCapLimit(true))
		if err != nil {
			return dst, err
		}
	}
	defer d.zstd.Put(dec)
	start, limit := len(dst), min(d.max(), bound)
	room := max(cap(dst)-start, 8*len(src)+1024)
	if claim > 0 {
		room = max(cap(dst)-start, claim)
	}
	for ; ; room *= 4 {
		room = min(room, limit)
		dst = grow(dst[:start], room)[:start]
		out, err := dec.DecodeAll(src, dst[:start:start+room])
		switch {
		case err == nil:
			return out, nil
		case errors.Is(err, zstd.ErrDecoderSizeExceeded) && room < limit:
		case errors.Is(err, zstd.ErrDecoderSizeExceeded) && limit < bound:
			return dst, d.tooLarge(CodecZstd)
		default:
			return dst, err
		}
	}
}

// borrow gives a buffer for the time of one validation.
func (d *Decompressor) borrow() *[]byte {
	if p, ok := d.scratch.Get().(*[]byte); ok {
		*p = (*p)[:0]
		return p
	}
	return new([]byte)
}

// maxKeptScratch is the largest buffer that is kept for the next caller.
const maxKeptScratch = 4 << 20

func (d *Decompressor) giveBack(p *[]byte) {
	if cap(*p) <= maxKeptScratch {
		d.scratch.Put(p)
	}
}
