//go:build linux || darwin

package broker

import (
	"errors"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// maxSendfile is the most one call is asked to send.
const maxSendfile = 1 << 30

func (s *socket) canSendfile() bool {
	_, tcp := s.nc.(*net.TCPConn)
	return tcp && s.raw != nil
}

// sendfile sends n bytes of a file from offset off, with no use of the position
// of the file, which other connections read at the same time.
func (s *socket) sendfile(file syscall.RawConn, off int64, n int) error {
	var sendErr, waitErr error
	sent := 0
	err := file.Control(func(src uintptr) {
		waitErr = s.raw.Write(func(dst uintptr) bool {
			for sent < n {
				at := off + int64(sent)
				m, err := unix.Sendfile(int(dst), int(src), &at, min(n-sent, maxSendfile))
				sent += max(m, 0)
				s.progress()
				switch {
				case err == unix.EINTR:
				case err == unix.EAGAIN:
					return false
				case err != nil:
					sendErr = os.NewSyscallError("sendfile", err)
					return true
				case m == 0:
					sendErr = errRegionShort
					return true
				}
			}
			return true
		})
	})
	if sent == 0 && (errors.Is(sendErr, unix.EINVAL) || errors.Is(sendErr, unix.ENOSYS) || errors.Is(sendErr, unix.ENOTSUP)) {
		return errNoSendfile
	}
	if err == nil {
		err = waitErr
	}
	if err == nil {
		err = sendErr
	}
	return err
}
