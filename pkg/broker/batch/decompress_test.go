package batch_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"

	"kq/pkg/broker/batch"
)

// TestBomb opens bodies that become far more than the limit, and checks that
// they are refused without the memory they claim.
func TestBomb(t *testing.T) {
	const limit, size = 1 << 20, 64 << 20
	zeros := make([]byte, size)
	for codec := batch.CodecGzip; codec <= batch.CodecZstd; codec++ {
		t.Run(codec.String(), func(t *testing.T) {
			packed, err := new(batch.Compressor).Compress(nil, zeros, codec, 1)
			if err != nil {
				t.Fatal(err)
			}
			d := batch.Decompressor{Max: limit}
			allocated := allocating(func() {
				_, err = d.Decompress(nil, rawBatch(codec, packed))
			})
			if !errors.Is(err, batch.ErrTooLarge) {
				t.Errorf("%d bytes of %d: %v", len(packed), size, err)
			}
			if allocated > 12*limit+16*uint64(len(packed)) {
				t.Errorf("allocated %d bytes for a limit of %d", allocated, limit)
			}
			d.Max = size
			if out, err := d.Decompress(nil, rawBatch(codec, packed)); err != nil || len(out) != size {
				t.Errorf("at the limit: %d, %v", len(out), err)
			}
		})
	}
}

func allocating(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestClaims gives headers that claim much and hold nothing.
func TestClaims(t *testing.T) {
	snappyBlock := append(binary.AppendUvarint(nil, 1<<31-1), 0, 0)
	xerial := append([]byte("\x82SNAPPY\x00\x00\x00\x00\x01\x00\x00\x00\x01"), 0, 0, 0, byte(len(snappyBlock)))
	zstdFrame := []byte{0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0x07, 0, 0, 0, 0, 0x01, 0, 0} // single segment of 112 MiB
	lz4Frame := []byte{0x04, 0x22, 0x4d, 0x18, 0x70, 0x70, 0x72, 0xff, 0xff, 0x3f, 0, 1}     // blocks of 4 MiB
	for name, b := range map[string]batch.Batch{
		"raw snappy":    rawBatch(batch.CodecSnappy, snappyBlock),
		"framed snappy": rawBatch(batch.CodecSnappy, append(xerial, snappyBlock...)),
		"zstd":          rawBatch(batch.CodecZstd, zstdFrame),
		"lz4":           rawBatch(batch.CodecLZ4, lz4Frame),
		"nothing":       rawBatch(batch.CodecZstd, nil),
		"count":         edit(rawBatch(batch.CodecNone, []byte{2, 0}), func(b batch.Batch) { put32(b, 57, 1<<31-1) }),
		"headers":       edit(rawBatch(batch.CodecNone, []byte{20, 0, 0, 0, 1, 1, 0xfe, 0xff, 0xff, 0xff, 0x0f}), func(b batch.Batch) { put32(b, 57, 1) }),
	} {
		t.Run(name, func(t *testing.T) {
			allocated := allocating(func() {
				for _, err := range b.Records(nil) {
					if err == nil {
						t.Error("a record out of nothing")
					}
				}
			})
			if allocated > 9<<20 { // a decoder's own tables, and one LZ4 block twice
				t.Errorf("allocated %d bytes", allocated)
			}
		})
	}
}

// TestDecompressorAfterErrors checks that a pooled reader forgets what broke it.
func TestDecompressorAfterErrors(t *testing.T) {
	var d batch.Decompressor
	var c batch.Compressor
	text := []byte(strings.Repeat("text ", 10_000))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for codec := batch.CodecGzip; codec <= batch.CodecZstd; codec++ {
				packed, err := c.Compress(nil, text, codec, 0)
				if err != nil {
					t.Error(err)
				}
				for cut := 1; cut < len(packed); cut += 1 + len(packed)/7 {
					if out, err := d.Decompress(nil, rawBatch(codec, packed[:cut])); err == nil && len(out) >= len(text) {
						t.Errorf("%s cut to %d of %d bytes decompressed", codec, cut, len(packed))
					}
					out, err := d.Decompress(nil, rawBatch(codec, packed))
					if err != nil || !bytes.Equal(out, text) {
						t.Errorf("%s after an error: %d bytes, %v", codec, len(out), err)
					}
				}
			}
		})
	}
	wg.Wait()
}

func TestCodecs(t *testing.T) {
	for codec := batch.CodecProducer; codec <= batch.CodecZstd; codec++ {
		if got, err := batch.ParseCodec(codec.String()); got != codec || err != nil {
			t.Errorf("%s: %v, %v", codec, got, err)
		}
	}
	if c, err := batch.ParseCodec("uncompressed"); c != batch.CodecNone || err != nil {
		t.Errorf("uncompressed: %v, %v", c, err)
	}
	if _, err := batch.ParseCodec("lzma"); !errors.Is(err, batch.ErrUnsupportedCompression) {
		t.Errorf("lzma: %v", err)
	}
	if _, err := new(batch.Compressor).Compress(nil, nil, 6, 0); !errors.Is(err, batch.ErrUnsupportedCompression) {
		t.Errorf("codec 6: %v", err)
	}
	if _, err := new(batch.Decompressor).Decompress(nil, rawBatch(6, nil)); !errors.Is(err, batch.ErrUnsupportedCompression) {
		t.Errorf("codec 6: %v", err)
	}
	// Two gzip members, raw snappy and an LZ4 frame with its content checksum.
	if out, err := new(batch.Decompressor).Decompress(nil, rawBatch(batch.CodecGzip, gzipped([]byte("two parts")))); string(out) != "two parts" || err != nil {
		t.Errorf("gzip: %q, %v", out, err)
	}
	if out, err := new(batch.Decompressor).Decompress(nil, rawBatch(batch.CodecSnappy, []byte{3, 8, 'r', 'a', 'w'})); string(out) != "raw" || err != nil {
		t.Errorf("snappy: %q, %v", out, err)
	}
}
