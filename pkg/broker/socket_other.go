//go:build !unix

package broker

import "io"

func (s *socket) init() {}

// pollReader does not exist where a read needs its buffer in advance.
type pollReader struct{ io.Reader }
