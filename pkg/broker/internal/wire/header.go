package wire

import (
	"encoding/binary"
	"fmt"
)

// Keys of the APIs that this package knows by name.
const (
	KeyProduce     = 0
	KeyFetch       = 1
	KeyApiVersions = 18
)

// Header is what precedes the body of every request.
type Header struct {
	Key           int16
	Version       int16
	CorrelationID int32
	ClientID      string
	NullClientID  bool // no client id was sent, as opposed to an empty one
}

// never is the first flexible version of an API that has none.
const never = 1 << 14

// flexibleFrom[key] is the first version of the API in the flexible format
// (KIP-482), which also selects its header versions. Keys that this table does
// not have are unknown.
var flexibleFrom = [...]int16{
	0: 9, 1: 12, 2: 6, 3: 9, 4: 4, 5: 2, 6: 6, 7: 3, 8: 8, 9: 6,
	10: 3, 11: 6, 12: 4, 13: 4, 14: 4, 15: 5, 16: 3, 17: never, 18: 3, 19: 5,
	20: 4, 21: 2, 22: 2, 23: 4, 24: 3, 25: 3, 26: 3, 27: 1, 28: 3, 29: 2,
	30: 2, 31: 2, 32: 4, 33: 2, 34: 2, 35: 2, 36: 2, 37: 2, 38: 2, 39: 2,
	40: 2, 41: 2, 42: 2, 43: 2, 44: 1, 45: 0, 46: 0, 47: never, 48: 1, 49: 1,
	50: 0, 51: 0, 52: 0, 53: 1, 54: 1, 55: 0, 56: 0, 57: 0, 58: 0, 59: 0,
	60: 0, 61: 0, 62: 0, 63: 0, 64: 0, 65: 0, 66: 0, 67: 0, 68: 0, 69: 0,
	70: 0, 71: 0, 72: 0, 73: 0, 74: 0, 75: 0, 76: 0, 77: 0, 78: 0, 79: 0,
	80: 0, 81: 0, 82: 0, 83: 0, 84: 0, 85: 0, 86: 0, 87: 0, 88: 0, 89: 0,
	90: 0, 91: 0, 92: 0,
}

// Flexible says whether a version of an API is in the flexible format. Unknown
// keys are not.
func Flexible(key, version int16) bool {
	return key >= 0 && int(key) < len(flexibleFrom) && version >= flexibleFrom[key]
}

// ParseHeader splits a frame into its header and its body, which aliases frame.
// The header is of version 1 or, for flexible requests, version 2: a client id
// in the old encoding and then tagged fields. A key that nobody knows is an
// error, since the shape of its header is not known either; so is a negative
// version, but of ApiVersions, which is answered whatever its version.
func ParseHeader(frame []byte) (h Header, body []byte, err error) {
	d := decoder{p: frame}
	h.Key = d.int16()
	h.Version = d.int16()
	h.CorrelationID = d.int32()
	if d.bad {
		return h, nil, fmt.Errorf("parse request header: %w", ErrMalformed)
	}
	if h.Key < 0 || int(h.Key) >= len(flexibleFrom) || h.Version < 0 && h.Key != KeyApiVersions {
		return h, nil, fmt.Errorf("parse request header: api key %d version %d: %w", h.Key, h.Version, ErrMalformed)
	}
	id := d.nullStr(false)
	h.ClientID, h.NullClientID = string(id), id == nil
	if Flexible(h.Key, h.Version) {
		d.tags(nil)
	}
	if d.bad {
		return h, nil, fmt.Errorf("parse request header of api key %d: %w", h.Key, ErrMalformed)
	}
	return h, d.p, nil
}

// MaxResponseHeader is the most bytes AppendResponseHeader appends.
const MaxResponseHeader = 5

// AppendResponseHeader appends the header of the answer to a request. Flexible
// answers have an (empty) list of tagged fields in it, but for ApiVersions,
// which a client must be able to read before it knows anything of the broker.
func AppendResponseHeader(dst []byte, key, version int16, corr int32) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(corr))
	if key != KeyApiVersions && Flexible(key, version) {
		dst = append(dst, 0)
	}
	return dst
}
