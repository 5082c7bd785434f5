package batch_test

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"

	"kq/pkg/broker/batch"
)

// vcase is one produce of one partition, for Validate and for Apache Kafka.
type vcase struct {
	name   string
	legacy bool
	rules  batch.Rules
	in     []byte
	// differs says why we answer otherwise than Kafka on purpose; empty if we
	// do not.
	differs string
}

func rules(change func(r *batch.Rules)) batch.Rules {
	r := batch.DefaultRules(now)
	r.Topic = "t"
	r.LeaderEpoch = 3
	r.Full = true // Kafka opens every batch
	if change != nil {
		change(&r)
	}
	return r
}

// rec is a record to build from.
type rec struct {
	ts         int64
	key, value []byte
	headers    []batch.Header
}

func build(o batch.BuilderOptions, recs ...rec) batch.Batch {
	b := batch.NewBuilder(o)
	for _, r := range recs {
		b.Add(r.ts, r.key, r.value, r.headers)
	}
	return b.Build()
}

// three is a plain batch of three records.
func three(codec batch.Codec) batch.Batch {
	return build(batch.BuilderOptions{Codec: codec},
		rec{ts: now, key: []byte("k0"), value: []byte("value 0")},
		rec{ts: now + 5, key: []byte("k1"), headers: []batch.Header{{Key: "h", Value: []byte("x")}, {Key: "null"}}},
		rec{ts: now - 5, key: []byte{}, value: []byte("value 2")})
}

// edit changes a copy of b and mends its CRC.
func edit(b batch.Batch, change func(b batch.Batch)) []byte {
	c := append(batch.Batch(nil), b...)
	change(c)
	binary.BigEndian.PutUint32(c[17:], crc32.Checksum(c[21:], crc32.MakeTable(crc32.Castagnoli)))
	return c
}

func put32(b batch.Batch, at int, v int32) { binary.BigEndian.PutUint32(b[at:], uint32(v)) }

// counts changes last offset delta and number of records.
func counts(b batch.Batch, delta, n int32) []byte {
	return edit(b, func(b batch.Batch) { put32(b, 23, delta); put32(b, 57, n) })
}

// validateCases are the traps of batches of magic 2.
func validateCases() []vcase {
	plain := three(batch.CodecNone)
	var cs []vcase
	add := func(name string, in []byte, change func(r *batch.Rules), differs ...string) {
		c := vcase{name: name, rules: rules(change), in: in}
		if len(differs) > 0 {
			c.differs = differs[0]
		}
		cs = append(cs, c)
	}
	flags := func(bits int16) []byte {
		return edit(plain, func(b batch.Batch) { binary.BigEndian.PutUint16(b[21:], uint16(bits)) })
	}

	add("nothing", nil, nil)
	add("sound", plain, nil)
	for n := range 20 { // Kafka drops what is no whole batch, and refuses what cannot be one
		add(fmt.Sprintf("%d zero bytes behind", n+1), append(append([]byte(nil), plain...), make([]byte, n+1)...), nil)
	}
	add("torn batch behind", append(append([]byte(nil), plain...), plain[:40]...), nil)
	add("two batches", append(append([]byte(nil), plain...), plain...), nil)
	add("message of magic 1 behind", append(append([]byte(nil), plain...), legacyMessage(1, 0, 0, now, nil, nil)...), nil)
	for n := range 64 {
		add(fmt.Sprintf("cut to %d", n), plain[:n], nil)
	}
	add("cut by one", plain[:len(plain)-1], nil)
	for _, n := range []int32{-1, 0, 13, 14, 40, 48, 49, int32(len(plain) - 13), int32(len(plain) - 11), math.MaxInt32} {
		c := append(batch.Batch(nil), plain...)
		put32(c, 8, n)
		add(fmt.Sprintf("length %d", n), c, nil,
			map[bool]string{true: "INVALID_RECORD, not UNKNOWN_SERVER_ERROR"}[n == math.MaxInt32])
	}
	for _, magic := range []byte{0, 1, 3, 0x80} {
		c := append(batch.Batch(nil), plain...)
		c[16] = magic
		add(fmt.Sprintf("magic %d", magic), c, nil)
	}
	flipped := append(batch.Batch(nil), plain...)
	flipped[len(flipped)-1] ^= 1
	add("flipped bit", flipped, nil)
	add("base offset", edit(plain, func(b batch.Batch) { b.SetBaseOffset(5) }), nil)
	add("negative base offset", edit(plain, func(b batch.Batch) { b.SetBaseOffset(-1) }), nil)
	add("leader epoch of a client", edit(plain, func(b batch.Batch) { b.SetLeaderEpoch(77) }), nil)
	add("control", flags(0x20), nil)
	add("transactional", flags(0x10), nil)
	add("delete horizon", flags(0x40), nil)
	add("unknown flags", flags(0x7f80), nil)
	add("unknown flags, time changes", edit(plain, func(b batch.Batch) { b[21] = 1; b[42]++ }), nil)
	for id := int16(5); id < 8; id++ {
		add(fmt.Sprintf("codec %d", id), flags(id), nil, "UNSUPPORTED_COMPRESSION_TYPE, not UNKNOWN_SERVER_ERROR")
	}
	add("count 0", counts(plain, 2, 0), nil)
	add("count 0, delta -1", counts(plain, -1, 0), nil)
	add("count -1", counts(plain, 2, -1), nil)
	add("count 2 of delta 2", counts(plain, 2, 2), nil)
	add("delta max", counts(plain, math.MaxInt32, math.MinInt32), nil)
	for codec := batch.CodecNone; codec <= batch.CodecZstd; codec++ {
		cs = append(cs, codecCases(codec)...)
		cs = append(cs, contentCases(codec)...)
	}
	big := make([]byte, 4000)
	add("too large after decompression", build(batch.BuilderOptions{Codec: batch.CodecGzip}, rec{ts: now, value: big}),
		func(r *batch.Rules) { r.Compression, r.MaxMessageBytes = batch.CodecNone, 4000 })
	idem := batch.BuilderOptions{ProducerID: 9, ProducerEpoch: 1, BaseSequence: 4, Transactional: true}
	add("idempotent", build(idem, rec{ts: now}), nil)
	add("idempotent to zstd", build(idem, rec{ts: now}), func(r *batch.Rules) { r.Compression = batch.CodecZstd })
	idem.BaseSequence = -1
	add("no sequence", build(idem, rec{ts: now}), nil)
	return cs
}

// codecCases are the traps that depend on how a sound batch is compressed.
func codecCases(codec batch.Codec) []vcase {
	var cs []vcase
	add := func(name string, in []byte, change func(r *batch.Rules)) {
		cs = append(cs, vcase{name: name, rules: rules(change), in: in})
	}
	b := three(codec)
	add("sound "+codec.String(), b, nil)
	add("one record too many "+codec.String(), counts(b, 1, 2), nil)
	add("one record too few "+codec.String(), counts(b, 3, 4), nil)
	add("log append time "+codec.String(), b, func(r *batch.Rules) { r.LogAppendTime = true })
	for target := batch.CodecNone; target <= batch.CodecZstd; target++ {
		add(fmt.Sprintf("%s to %s", codec, target), b, func(r *batch.Rules) { r.Compression = target })
		add(fmt.Sprintf("%s to %s, log append time", codec, target), b, func(r *batch.Rules) {
			r.Compression, r.LogAppendTime = target, true
		})
	}
	add("max timestamp of the header "+codec.String(), edit(b, func(b batch.Batch) { b[42]++ }), nil)
	add("log append time from the client "+codec.String(), edit(b, func(b batch.Batch) { b[22] |= 8 }), nil)
	add("log append time twice "+codec.String(), edit(b, func(b batch.Batch) { b[22] |= 8 }),
		func(r *batch.Rules) { r.LogAppendTime = true })
	add("too large "+codec.String(), b, func(r *batch.Rules) { r.MaxMessageBytes = len(b) - 1 })
	add("just fits "+codec.String(), b, func(r *batch.Rules) { r.MaxMessageBytes = len(b) })
	return cs
}

// contentCases are the traps of single records.
func contentCases(codec batch.Codec) []vcase {
	var cs []vcase
	add := func(name string, in []byte, change func(r *batch.Rules), differs string) {
		cs = append(cs, vcase{name: name + " " + codec.String(), rules: rules(change), in: in, differs: differs})
	}
	compact := func(r *batch.Rules) { r.Compacted = true }
	o := batch.BuilderOptions{Codec: codec}
	hour := int64(3_600_000)
	add("keys on a compacted topic", three(codec), compact, "")
	add("null keys", build(o, rec{ts: now, key: []byte("k")}, rec{ts: now}, rec{ts: now},
		rec{ts: now, key: []byte("k")}, rec{ts: now}, rec{ts: now}), compact, "")
	add("null key and time", build(o, rec{ts: now + hour + 1}, rec{ts: now + hour + 1, key: []byte("k")}), compact, "")
	add("an hour ahead", build(o, rec{ts: now + hour}), nil, "")
	add("more than an hour ahead", build(o, rec{ts: now}, rec{ts: now + hour + 1}, rec{ts: now + 9*hour}), nil, "")
	before := func(r *batch.Rules) { r.BeforeMaxMs = 1000 }
	add("a second behind", build(o, rec{ts: now - 1000}), before, "")
	add("more than a second behind", build(o, rec{ts: now - 1001}, rec{ts: now}), before, "")
	add("behind, log append time", build(o, rec{ts: now - 1001}), func(r *batch.Rules) {
		before(r)
		r.LogAppendTime = true
	}, "")
	add("no timestamp", build(o, rec{ts: -1}, rec{ts: -1}), before, "")
	add("no timestamp and one", build(o, rec{ts: -1}, rec{ts: now}), before, "")
	add("one and no timestamp", build(o, rec{ts: now}, rec{ts: -1}), before, "")
	add("negative time", build(o, rec{ts: -5}), nil, "")
	add("negative time, recompressed", build(o, rec{ts: -5}), func(r *batch.Rules) { r.Compression = batch.CodecGzip },
		map[bool]string{true: "INVALID_TIMESTAMP, not UNKNOWN_SERVER_ERROR"}[codec != batch.CodecGzip])
	add("least time", build(o, rec{ts: math.MinInt64}), nil, "")
	add("greatest time", build(o, rec{ts: math.MaxInt64}), nil, "")
	add("a delta that wraps", build(o, rec{ts: math.MaxInt64}, rec{ts: math.MinInt64 + 5}), nil, "")
	add("extremes, log append time", build(o, rec{ts: math.MaxInt64}, rec{ts: math.MinInt64}),
		func(r *batch.Rules) { r.LogAppendTime = true }, "")

	nb := batch.NewBuilder(o)
	for _, delta := range []int32{0, 0, 2} {
		nb.AddAt(delta, now, []byte("k"), nil, nil)
	}
	add("offset deltas off", nb.Build(), nil, "renumbered: Kafka keeps them uncompressed, and fails compressed")
	nb = batch.NewBuilder(o)
	for _, delta := range []int32{0, 0, 2} {
		nb.AddAt(delta, now, []byte("k"), []byte("v"), nil)
	}
	add("offset deltas off, recompressed", nb.Build(), func(r *batch.Rules) {
		r.Compression = batch.CodecZstd - codec
	}, map[bool]string{true: "renumbered where Kafka fails"}[codec == batch.CodecSnappy])
	return cs
}
