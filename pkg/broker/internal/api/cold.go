package api

import (
	"errors"
	"runtime/debug"
	"sync"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Decoding with kmsg trusts the length of an array up to one byte an element,
// and an element takes about a hundred bytes of memory. So the bodies of cold
// requests are bounded, and large ones are decoded one at a time.
const (
	maxColdBody   = 8 << 20
	largeColdBody = 128 << 10
	hugeColdBody  = 1 << 20
)

var errColdTooLarge = errors.New("request of this api is larger than 8 MiB")

// coldGate lets one large request be decoded at a time.
type coldGate struct{ mu sync.Mutex }

// decode reads the body of a request into q. On an error q is left empty.
func decode[T any, Q interface {
	*T
	kmsg.Request
}](g *coldGate, body []byte, q Q,
) error {
	if len(body) > maxColdBody {
		return errColdTooLarge
	}
	if len(body) > largeColdBody {
		g.mu.Lock()
		defer g.mu.Unlock()
	}
	err := q.ReadFrom(body)
	if err != nil && len(body) > hugeColdBody {
		// What was allocated for elements that are not there goes back before
		// the next request is decoded.
		var empty T
		*q = empty
		debug.FreeOSMemory()
	}
	return err
}
