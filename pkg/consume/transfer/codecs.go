package transfer

import (
	"bytes"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"
)

// codecs packs and unpacks the records of batches.
type codecs struct {
	unpack kgo.Decompressor
	pack   map[int8]kgo.Compressor // made when they are needed
}

func newCodecs() *codecs {
	return &codecs{unpack: kgo.DefaultDecompressor(), pack: map[int8]kgo.Compressor{}}
}

// records returns the records of a batch, not compressed.
func (c *codecs) records(b batch) ([]byte, error) {
	if b.codec() == 0 {
		return b[recordsAt:], nil
	}
	return c.unpack.Decompress(b[recordsAt:], kgo.CompressionCodecType(b.codec()))
}

func (c *codecs) compress(codec int8, src []byte) ([]byte, error) {
	p := c.pack[codec]
	if p == nil {
		named := map[int8]kgo.CompressionCodec{1: kgo.GzipCompression(), 2: kgo.SnappyCompression(), 3: kgo.Lz4Compression(), 4: kgo.ZstdCompression()}
		as, ok := named[codec]
		if !ok {
			return nil, fmt.Errorf("%w: compression %d is not known", errBatch, codec)
		}
		var err error
		if p, err = kgo.DefaultCompressor(as); err != nil {
			return nil, fmt.Errorf("compress with codec %d: %w", codec, err)
		}
		c.pack[codec] = p
	}
	packed, as := p.Compress(new(bytes.Buffer), src)
	if as != kgo.CompressionCodecType(codec) {
		return nil, fmt.Errorf("compress with codec %d: it failed", codec)
	}
	return packed, nil
}
