package codec

import (
	"fmt"
	"strings"
)

// UUID is the text of a UUID, 36 characters, as Kafka's UUIDSerializer writes
// it. It decodes to a Go string in lower case.
type UUID struct{}

// Name is uuid.
func (UUID) Name() string { return "uuid" }

// Append writes the text of a UUID.
func (UUID) Append(dst []byte, v any) ([]byte, error) {
	s, ok := v.(string)
	if !ok {
		return nil, fmt.Errorf("%T is not a uuid", v)
	}
	if !isUUID(s) {
		return nil, fmt.Errorf("%.40q is not a uuid", s)
	}
	return append(dst, strings.ToLower(s)...), nil
}

// Decode reads 36 characters.
func (UUID) Decode(b []byte) (any, error) {
	s := string(b)
	if !isUUID(s) {
		return nil, fmt.Errorf("%.40q is not a uuid", s)
	}
	return strings.ToLower(s), nil
}

func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case i == 8 || i == 13 || i == 18 || i == 23:
			if c != '-' {
				return false
			}
		case c >= '0' && c <= '9', c >= 'a' && c <= 'f', c >= 'A' && c <= 'F':
		default:
			return false
		}
	}
	return true
}
