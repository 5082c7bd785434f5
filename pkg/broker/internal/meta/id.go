package meta

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
)

// ID is Kafka's 128-bit identifier of topics, directories, incarnations and
// clusters.
type ID = [16]byte

// NewID returns a random version 4 UUID. Like Kafka it never returns one whose
// text starts with a dash, which would read as a command line flag.
func NewID() ID {
	for {
		var id ID
		rand.Read(id[:])
		id[6] = id[6]&0x0f | 0x40
		id[8] = id[8]&0x3f | 0x80
		if FormatID(id)[0] != '-' {
			return id
		}
	}
}

// FormatID is the 22 characters of URL-safe base64 in which Kafka prints ids.
func FormatID(id ID) string { return base64.RawURLEncoding.EncodeToString(id[:]) }

// ParseID reads what FormatID wrote.
func ParseID(s string) (ID, error) {
	p, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return ID{}, fmt.Errorf("parse id %q: %w", s, err)
	}
	if len(p) != len(ID{}) {
		return ID{}, fmt.Errorf("parse id %q: %d bytes instead of 16", s, len(p))
	}
	return ID(p), nil
}
