package api

import (
	"errors"
	"sync"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Decoding with kmsg trusts the length of an array up to one byte an element,
// and an element takes about a hundred bytes of memory. So the bodies of cold
// requests are bounded, and large ones are decoded one at a time.
const (
	maxColdBody   = 8 << 20
	largeColdBody = 128 << 10
)

var errColdTooLarge = errors.New("request of this api is larger than 8 MiB")

// coldGate lets one large request be decoded at a time.
type coldGate struct{ mu sync.Mutex }

// decode reads the body of r into q.
func (s *Service) decode(r *Request, q kmsg.Request) error {
	if len(r.Body) > maxColdBody {
		return errColdTooLarge
	}
	if len(r.Body) > largeColdBody {
		s.coldGate.mu.Lock()
		defer s.coldGate.mu.Unlock()
	}
	return q.ReadFrom(r.Body)
}
