//go:build !linux && !darwin

package broker

import (
	"net"
	"syscall"
)

func (s *socket) canSendfile() bool { return false }

func (s *socket) sendfile(syscall.RawConn, int64, int) error { return errNoSendfile }

func (s *socket) writeMore(bufs *net.Buffers) error {
	_, err := bufs.WriteTo(s.nc)
	return err
}
