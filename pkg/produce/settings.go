package produce

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"
)

// parseAcks reads Options.Acks. Only with all of them can the cluster tell a
// record that is sent again from a new one.
func parseAcks(s string) ([]kgo.Opt, error) {
	switch s {
	case "", "all", "-1":
		return []kgo.Opt{kgo.RequiredAcks(kgo.AllISRAcks())}, nil
	case "1":
		return []kgo.Opt{kgo.RequiredAcks(kgo.LeaderAck()), kgo.DisableIdempotentWrite()}, nil
	case "0":
		return []kgo.Opt{kgo.RequiredAcks(kgo.NoAck()), kgo.DisableIdempotentWrite()}, nil
	}
	return nil, fmt.Errorf("%w: acks %q, there are all, 1 and 0", ErrOptions, s)
}

// codecs are the names of Options.Compression, with their levels: least and most.
var codecs = map[string]struct {
	codec       kgo.CompressionCodec
	least, most int
}{
	"none":   {kgo.NoCompression(), 0, -1},
	"gzip":   {kgo.GzipCompression(), 1, 9},
	"snappy": {kgo.SnappyCompression(), 0, -1},
	"lz4":    {kgo.Lz4Compression(), 1, 9},
	"zstd":   {kgo.ZstdCompression(), 1, 22},
}

// parseCompression reads CODEC or CODEC:LEVEL.
func parseCompression(s string) (kgo.CompressionCodec, error) {
	if s == "" {
		s = "none"
	}
	name, level, hasLevel := strings.Cut(s, ":")
	c, ok := codecs[name]
	if !ok {
		return kgo.CompressionCodec{}, fmt.Errorf("%w: compression %q, there are none, gzip, snappy, lz4 and zstd", ErrOptions, s)
	}
	if !hasLevel {
		return c.codec, nil
	}
	n, err := strconv.Atoi(level)
	switch {
	case c.most < c.least:
		return c.codec, fmt.Errorf("%w: compression %q: %s has no levels", ErrOptions, s, name)
	case err != nil || n < c.least || n > c.most:
		return c.codec, fmt.Errorf("%w: compression %q: the levels of %s are %d to %d", ErrOptions, s, name, c.least, c.most)
	}
	return c.codec.WithLevel(n), nil
}
