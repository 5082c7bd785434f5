package batch

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/s2"
	"github.com/klauspost/compress/zstd"
	"github.com/pierrec/lz4/v4"
)

// Levels are the topic configs compression.gzip.level, compression.lz4.level
// and compression.zstd.level (KIP-390). 0 means the default of the codec.
type Levels struct{ Gzip, LZ4, Zstd int }

// Of is the level for a codec; 0 where it has none.
func (l Levels) Of(c Codec) int {
	switch c {
	case CodecGzip:
		return l.Gzip
	case CodecLZ4:
		return l.LZ4
	case CodecZstd:
		return l.Zstd
	}
	return 0
}

// defaultLZ4Level is Kafka's, at which its Java client uses the fast compressor.
const defaultLZ4Level = 9

// Compressor compresses record bodies. It keeps what the codecs allocate for
// the next caller, and makes none of it before it is needed. The zero value is
// ready; it is safe for concurrent use.
type Compressor struct {
	mu    sync.Mutex
	pools map[compressorKey]*sync.Pool // guarded by mu; of the encoders of one codec and level
}

type compressorKey struct {
	codec Codec
	level int
}

// Compress appends src, compressed, to dst. The level is the codec's own scale;
// 0 is its default. The error is ErrUnsupportedCompression.
func (c *Compressor) Compress(dst, src []byte, codec Codec, level int) ([]byte, error) {
	switch codec {
	case CodecNone:
		return append(dst, src...), nil
	case CodecSnappy:
		return appendXerial(dst, src), nil
	case CodecGzip, CodecLZ4, CodecZstd:
	default:
		return dst, fmt.Errorf("compress with %s: %w", codec, ErrUnsupportedCompression)
	}
	pool := c.pool(compressorKey{codec, level})
	enc, ok := pool.Get().(encoder)
	if !ok {
		var err error
		if enc, err = newEncoder(codec, level); err != nil {
			return dst, fmt.Errorf("compress with %s at level %d: %w", codec, level, errors.Join(ErrUnsupportedCompression, err))
		}
	}
	out, err := enc.encode(dst, src)
	if err != nil {
		return dst, fmt.Errorf("compress with %s at level %d: %w", codec, level, err)
	}
	pool.Put(enc)
	return out, nil
}

func (c *Compressor) pool(key compressorKey) *sync.Pool {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.pools[key]
	if p == nil {
		if c.pools == nil {
			c.pools = map[compressorKey]*sync.Pool{}
		}
		p = new(sync.Pool)
		c.pools[key] = p
	}
	return p
}

type encoder interface {
	encode(dst, src []byte) ([]byte, error)
}

func newEncoder(codec Codec, level int) (encoder, error) {
	switch codec {
	case CodecGzip:
		if level == 0 {
			level = gzip.DefaultCompression
		}
		w, err := gzip.NewWriterLevel(nil, level)
		return &gzipEncoder{w: w}, err
	case CodecLZ4:
		w := lz4.NewWriter(nil)
		// What the Java client writes: 64 KiB blocks, no checksum but the header's.
		err := w.Apply(lz4.BlockSizeOption(lz4.Block64Kb), lz4.ChecksumOption(false),
			lz4.ConcurrencyOption(1), lz4.CompressionLevelOption(lz4Level(level)))
		return &lz4Encoder{w: w}, err
	default:
		speed := zstd.SpeedDefault
		if level != 0 {
			speed = zstd.EncoderLevelFromZstd(level)
		}
		w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(speed), zstd.WithEncoderConcurrency(1),
			zstd.WithLowerEncoderMem(true), zstd.WithZeroFrames(true))
		return zstdEncoder{w}, err
	}
}

// lz4Level maps Kafka's 1 to 17 to this library's scale.
func lz4Level(level int) lz4.CompressionLevel {
	if level == 0 || level == defaultLZ4Level {
		return lz4.Fast
	}
	return lz4.CompressionLevel(1 << (8 + min(9, max(1, level))))
}

type gzipEncoder struct{ w *gzip.Writer }

func (e *gzipEncoder) encode(dst, src []byte) ([]byte, error) {
	out := appendWriter{dst}
	e.w.Reset(&out)
	if _, err := e.w.Write(src); err != nil {
		return nil, err
	}
	err := e.w.Close()
	return out.p, err
}

type lz4Encoder struct{ w *lz4.Writer }

func (e *lz4Encoder) encode(dst, src []byte) ([]byte, error) {
	out := appendWriter{dst}
	e.w.Reset(&out)
	if _, err := e.w.Write(src); err != nil {
		return nil, err
	}
	err := e.w.Close()
	return out.p, err
}

type zstdEncoder struct{ w *zstd.Encoder }

func (e zstdEncoder) encode(dst, src []byte) ([]byte, error) { return e.w.EncodeAll(src, dst), nil }

type appendWriter struct{ p []byte }

func (w *appendWriter) Write(p []byte) (int, error) {
	w.p = append(w.p, p...)
	return len(p), nil
}

// The framing of snappy-java (xerial), which every Kafka client reads: a magic
// and two versions, then blocks of length and raw snappy.
var xerialHeader = [16]byte{0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0, 0, 0, 0, 1, 0, 0, 0, 1}

const xerialBlock = 32 << 10

func appendXerial(dst, src []byte) []byte {
	dst = append(dst, xerialHeader[:]...)
	for len(src) > 0 {
		block := src[:min(len(src), xerialBlock)]
		src = src[len(block):]
		at := len(dst)
		dst = append(dst, make([]byte, 4+s2.MaxEncodedLen(len(block)))...)
		n := len(s2.EncodeSnappy(dst[at+4:], block))
		binary.BigEndian.PutUint32(dst[at:], uint32(n))
		dst = dst[:at+4+n]
	}
	return dst
}
