package dsl

import (
	"encoding/binary"
	"errors"
	"fmt"

	"kq/pkg/streams/codec"
)

// errForeign is matched by bytes of a foreign-key join's topics that are not in their layout.
var errForeign = errors.New("not a record of a foreign-key join")

// instruction tells the right side of a foreign-key join what to do with a
// subscription (SubscriptionWrapper.Instruction).
type instruction byte

const (
	// deleteSilently ends a subscription.
	deleteSilently instruction = 0
	// deleteAndAnswer ends a subscription and answers with null.
	deleteAndAnswer instruction = 1
	// answerAlways subscribes and answers, with null where the foreign key has no value.
	answerAlways instruction = 2
	// answerIfThere subscribes and answers only where the foreign key has a value.
	answerIfThere instruction = 3
)

// nullHash in the version byte says that no hash follows.
const nullHash = 0x80

// subscriptionVersion is the version that is written; 0 has no partition and is read too.
const subscriptionVersion = 1

// noPartition stands for the partition that version 0 does not carry.
const noPartition = -1

// subscription is the value of a registration: a row of the left table that
// waits for its foreign key.
type subscription struct {
	version   byte
	do        instruction
	hashed    bool     // false: the left row was deleted
	hash      [16]byte // of the left value's bytes
	key       []byte   // of the left row, as its table's codec writes it
	partition int32    // of the left row
}

// subscriptionCodec is the layout of SubscriptionWrapperSerde: version (and
// nullHash), instruction, hash, primary key, partition in 4 bytes.
type subscriptionCodec struct{}

func (subscriptionCodec) Name() string { return "foreignKeySubscription" }

func (subscriptionCodec) Append(dst []byte, v any) ([]byte, error) {
	s, ok := v.(subscription)
	if !ok {
		return nil, fmt.Errorf("%w: %T", errForeign, v)
	}
	if s.hashed {
		dst = append(append(dst, s.version, byte(s.do)), s.hash[:]...)
	} else {
		dst = append(dst, s.version|nullHash, byte(s.do))
	}
	dst = append(dst, s.key...)
	if s.version == 0 {
		return dst, nil
	}
	return binary.BigEndian.AppendUint32(dst, uint32(s.partition)), nil
}

func (subscriptionCodec) Decode(b []byte) (any, error) {
	if len(b) < 2 {
		return nil, fmt.Errorf("%w: %d bytes", errForeign, len(b))
	}
	s := subscription{version: b[0] &^ nullHash, hashed: b[0]&nullHash == 0, do: instruction(b[1]), partition: noPartition}
	if s.version > subscriptionVersion {
		return nil, fmt.Errorf("%w: version %d", errForeign, s.version)
	}
	if s.do > answerIfThere {
		return nil, fmt.Errorf("%w: instruction %d", errForeign, s.do)
	}
	b = b[2:]
	if s.hashed {
		if len(b) < len(s.hash) {
			return nil, fmt.Errorf("%w: a hash of %d bytes", errForeign, len(b))
		}
		b = b[copy(s.hash[:], b):]
	}
	if s.version > 0 {
		if len(b) < 4 {
			return nil, fmt.Errorf("%w: a partition of %d bytes", errForeign, len(b))
		}
		s.partition = int32(binary.BigEndian.Uint32(b[len(b)-4:]))
		b = b[:len(b)-4]
	}
	s.key = b[:len(b):len(b)]
	return s, nil
}

// response is the right side's answer to a subscription.
type response struct {
	hashed    bool
	hash      [16]byte
	value     codec.Value // of the right row; null where there is none
	partition int32       // where to send it; not in the bytes
}

// responseCodec is the layout of SubscriptionResponseWrapperSerde: version 0
// (and nullHash), hash, right value. A value of no bytes reads as null.
type responseCodec struct{ right codec.Codec }

func (c responseCodec) Name() string { return "foreignKeyResponse(" + c.right.Name() + ")" }

func (c responseCodec) Append(dst []byte, v any) ([]byte, error) {
	r, ok := v.(response)
	if !ok {
		return nil, fmt.Errorf("%w: %T", errForeign, v)
	}
	if r.hashed {
		dst = append(append(dst, 0), r.hash[:]...)
	} else {
		dst = append(dst, nullHash)
	}
	b, err := r.value.Bytes(c.right)
	return append(dst, b...), err
}

func (c responseCodec) Decode(b []byte) (any, error) {
	if len(b) < 1 || b[0]&^nullHash != 0 {
		return nil, fmt.Errorf("%w: response %x", errForeign, b[:min(1, len(b))])
	}
	r := response{hashed: b[0]&nullHash == 0, partition: noPartition}
	b = b[1:]
	if r.hashed {
		if len(b) < len(r.hash) {
			return nil, fmt.Errorf("%w: a hash of %d bytes", errForeign, len(b))
		}
		b = b[copy(r.hash[:], b):]
	}
	if len(b) > 0 {
		r.value = codec.Encoded(b[:len(b):len(b)], c.right)
	}
	return r, nil
}

// foreignPrefix starts the keys of all subscriptions of a foreign key in the
// subscription store: its length in 4 bytes, then its bytes (CombinedKeySchema).
// The primary key follows.
func foreignPrefix(dst, foreign []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(foreign)))
	return append(dst, foreign...)
}
