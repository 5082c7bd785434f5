package expr

import (
	"crypto/md5"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/fnv"

	"kq/pkg/streams/codec"
)

// bytesOf are the bytes that hashes are made of: those of text and bytes,
// those of JSON for everything else.
func bytesOf(v any) ([]byte, error) {
	switch x := v.(type) {
	case string:
		return []byte(x), nil
	case []byte:
		return x, nil
	}
	n, err := normal(v)
	if err != nil {
		return nil, err
	}
	return codec.AppendJSON(nil, n)
}

// hashFunc is FNV-1a of 64 bits without the sign: stable over versions and
// machines, for sampling and spreading.
func hashFunc(args ...any) (any, error) {
	b, err := bytesOf(args[0])
	if err != nil {
		return nil, err
	}
	h := fnv.New64a()
	_, _ = h.Write(b)
	return int64(h.Sum64() &^ (1 << 63)), nil
}

// murmur2Func is the hash of Kafka's default partitioner, made positive: the
// partition of a key is murmur2(key) % partitions.
func murmur2Func(args ...any) (any, error) {
	b, err := bytesOf(args[0])
	if err != nil {
		return nil, err
	}
	return int64(codec.Murmur2(b) & 0x7fffffff), nil
}

func sha256Func(args ...any) (any, error) {
	b, err := bytesOf(args[0])
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:]), nil
}

func md5Func(args ...any) (any, error) {
	b, err := bytesOf(args[0])
	if err != nil {
		return nil, err
	}
	sum := md5.Sum(b)
	return hex.EncodeToString(sum[:]), nil
}

// uuidFunc is a random UUID (version 4), or of one argument the UUID that
// always belongs to it, as Java's UUID.nameUUIDFromBytes (version 3).
func uuidFunc(args ...any) (any, error) {
	var id [16]byte
	version := byte(4)
	if len(args) == 0 {
		if _, err := rand.Read(id[:]); err != nil {
			return nil, fmt.Errorf("uuid: %w", err)
		}
	} else {
		b, err := bytesOf(args[0])
		if err != nil {
			return nil, err
		}
		id, version = md5.Sum(b), 3
	}
	id[6] = id[6]&0x0f | version<<4
	id[8] = id[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:]), nil
}
