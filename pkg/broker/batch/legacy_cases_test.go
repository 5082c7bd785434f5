package batch_test

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"kq/pkg/broker/batch"
)

// legacyMessage encodes one message of magic 0 or 1.
func legacyMessage(magic, attrs int8, offset, ts int64, key, value []byte) []byte {
	m := binary.BigEndian.AppendUint64(nil, uint64(offset))
	m = append(m, make([]byte, 8)...) // length, crc
	m = append(m, byte(magic), byte(attrs))
	if magic > 0 {
		m = binary.BigEndian.AppendUint64(m, uint64(ts))
	}
	for _, p := range [][]byte{key, value} {
		n := int32(len(p))
		if p == nil {
			n = -1
		}
		m = append(binary.BigEndian.AppendUint32(m, uint32(n)), p...)
	}
	return mendMessage(m)
}

// mendMessage sets length and CRC.
func mendMessage(m []byte) []byte {
	binary.BigEndian.PutUint32(m[8:], uint32(len(m)-12))
	binary.BigEndian.PutUint32(m[12:], crc32.ChecksumIEEE(m[16:]))
	return m
}

func cat(ps ...[]byte) []byte { return bytes.Join(ps, nil) }

// pack compresses as the clients of these formats do.
func pack(codec batch.Codec, magic int8, p []byte) []byte {
	out, err := new(batch.Compressor).Compress(nil, p, codec, 0)
	if err != nil {
		panic(err) // a test cannot go on
	}
	if codec == batch.CodecLZ4 && magic == 0 {
		out[6] ^= 0x55 // the checksum that old clients got wrong
	}
	return out
}

// innerSet is what a wrapper holds: three messages, with relative offsets for
// magic 1.
func innerSet(magic int8) []byte {
	return cat(
		legacyMessage(magic, 0, 0, now, []byte("k0"), []byte("v0")),
		legacyMessage(magic, 0, 1, now-7, nil, []byte("v1")),
		legacyMessage(magic, 0, 2, now+7, []byte("k2"), nil))
}

// legacyCases are the traps of message sets.
func legacyCases() []vcase {
	var cs []vcase
	add := func(name string, in []byte, change func(r *batch.Rules), differs ...string) {
		c := vcase{name: "legacy " + name, legacy: true, rules: rules(change), in: in}
		if len(differs) > 0 {
			c.differs = differs[0]
		}
		cs = append(cs, c)
	}
	add("magic 2", three(batch.CodecNone), nil)
	add("mixed magic", cat(innerSet(1), innerSet(0)), nil)
	add("magic 1, then 2", cat(innerSet(1), edit(three(batch.CodecNone), func(batch.Batch) {})), nil)
	for magic := range int8(2) {
		in := innerSet(magic)
		name := func(s string) string { return fmt.Sprintf("%d: %s", magic, s) }
		add(name("plain"), in, nil)
		add(name("to gzip"), in, func(r *batch.Rules) { r.Compression = batch.CodecGzip })
		add(name("log append time"), in, func(r *batch.Rules) { r.LogAppendTime = true })
		add(name("null keys"), in, func(r *batch.Rules) { r.Compacted = true })
		add(name("before"), in, func(r *batch.Rules) { r.BeforeMaxMs = 5 })
		add(name("too large"), in, func(r *batch.Rules) { r.MaxMessageBytes = 30 })
		add(name("too large together"), in, func(r *batch.Rules) { r.MaxMessageBytes = 70 })
		add(name("torn tail"), cat(in, in[:20]), nil)
		add(name("torn"), in[:20], nil)
		crc := cat(in)
		crc[len(crc)-1] ^= 1
		add(name("crc"), crc, nil)
		add(name("negative time"), legacyMessage(magic, 0, 0, -5, nil, nil), nil,
			[]string{"", "INVALID_TIMESTAMP, not UNKNOWN_SERVER_ERROR"}[magic])
		add(name("log append time from the client"), legacyMessage(magic, 8, 0, now, nil, nil), nil)
		add(name("the same twice"), legacyMessage(magic, 8, 0, now, nil, nil),
			func(r *batch.Rules) { r.LogAppendTime = true })
		add(name("the same without a time"), legacyMessage(magic, 8, 0, -1, nil, nil), nil)
		for at := 14; at < 30; at++ {
			m := legacyMessage(magic, 0, 0, now, nil, nil)
			differs := ""
			if magic == 1 && at >= 22 {
				differs = "INVALID_RECORD, not UNKNOWN_SERVER_ERROR"
			}
			add(name(fmt.Sprintf("cut to %d", at)), mendMessage(append([]byte(nil), m[:min(at+4, len(m))]...)), nil, differs)
		}
		long := legacyMessage(magic, 0, 0, now, []byte("key"), []byte("value"))
		put32(long, []int{18, 26}[magic], 1000)
		add(name("key beyond the end"), mendMessage(long), nil, "INVALID_RECORD, not UNKNOWN_SERVER_ERROR")
		add(name("bytes behind the value"), mendMessage(cat(legacyMessage(magic, 0, 0, now, nil, nil), make([]byte, 9))), nil)
		for codec := batch.CodecGzip; codec <= batch.CodecLZ4; codec++ {
			cs = append(cs, wrapperCases(magic, codec)...)
		}
		add(name("zstd"), legacyMessage(magic, 4, 2, now, nil, pack(batch.CodecZstd, magic, in)), nil)
		add(name("codec 6"), legacyMessage(magic, 6, 2, now, nil, in), nil, "INVALID_RECORD, not UNKNOWN_SERVER_ERROR")
	}
	return cs
}

func wrapperCases(magic int8, codec batch.Codec) []vcase {
	var cs []vcase
	add := func(name string, in []byte, change func(r *batch.Rules), differs ...string) {
		c := vcase{name: fmt.Sprintf("legacy %d %s: %s", magic, codec, name), legacy: true, rules: rules(change), in: in}
		if len(differs) > 0 {
			c.differs = differs[0]
		}
		cs = append(cs, c)
	}
	wrap := func(attrs int8, offset int64, inner []byte) []byte {
		return legacyMessage(magic, int8(codec)|attrs, offset, now, nil, pack(codec, magic, inner))
	}
	in := innerSet(magic)
	add("wrapped", wrap(0, 2, in), nil)
	add("offset 0", wrap(0, 0, in), nil)
	add("offset too low", wrap(0, 1, in), nil)
	add("to none", wrap(0, 2, in), func(r *batch.Rules) { r.Compression = batch.CodecNone })
	add("to zstd", wrap(0, 2, in), func(r *batch.Rules) { r.Compression = batch.CodecZstd })
	add("log append time", wrap(0, 2, in), func(r *batch.Rules) { r.LogAppendTime = true })
	add("log append time from the client", wrap(8, 2, in), nil)
	add("the same twice", wrap(8, 2, in), func(r *batch.Rules) { r.LogAppendTime = true })
	add("null keys", wrap(0, 2, in), func(r *batch.Rules) { r.Compacted = true })
	add("before", wrap(0, 2, in), func(r *batch.Rules) { r.BeforeMaxMs = 5 })
	add("two", cat(wrap(0, 2, in), wrap(0, 2, in)), nil)
	add("one and a plain one", cat(wrap(0, 2, in), in), nil)
	add("a plain one before", cat(in, wrap(0, 2, in)), nil)
	add("null value", legacyMessage(magic, int8(codec), 2, now, nil, nil), nil)
	add("nothing inside", wrap(0, 0, nil), nil)
	add("torn inside", wrap(0, 2, in[:len(in)-3]), nil)
	bad := cat(in)
	bad[len(bad)-1] ^= 1
	add("inner crc", wrap(0, 2, bad), nil)
	small := cat(in)
	put32(small, 8, 5)
	add("inner length", wrap(0, 2, small), nil)
	add("inner magic", wrap(0, 2, innerSet(1-magic)), nil)
	add("a wrapper inside", wrap(0, 2, wrap(0, 2, in)), nil)
	add("garbage", legacyMessage(magic, int8(codec), 2, now, nil, []byte("this is not compressed at all")), nil,
		"CORRUPT_MESSAGE, not UNKNOWN_SERVER_ERROR")
	return cs
}

// gzipped is gzip as any other program writes it, in two members.
func gzipped(p []byte) []byte {
	var out bytes.Buffer
	for _, part := range [][]byte{p[:len(p)/2], p[len(p)/2:]} {
		w := gzip.NewWriter(&out)
		_, _ = w.Write(part) // to memory
		_ = w.Close()
	}
	return out.Bytes()
}
