package broker

import (
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// maxIov is the most buffers that one call takes.
const maxIov = 1024

// writeMore writes bufs and tells the kernel that more follows, so that a small
// header and the file behind it do not leave as packets of their own.
func (s *socket) writeMore(bufs *net.Buffers) error {
	var sendErr error
	err := s.raw.Write(func(fd uintptr) bool {
		for len(*bufs) > 0 {
			n, err := unix.SendmsgBuffers(int(fd), (*bufs)[:min(len(*bufs), maxIov)], nil, nil, unix.MSG_MORE)
			switch err {
			case nil:
				consume(bufs, n)
			case unix.EINTR:
			case unix.EAGAIN:
				return false
			default:
				sendErr = os.NewSyscallError("sendmsg", err)
				return true
			}
		}
		return true
	})
	if err == nil {
		err = sendErr
	}
	return err
}

// consume removes the first n bytes of bufs.
func consume(bufs *net.Buffers, n int) {
	for len(*bufs) > 0 && n >= len((*bufs)[0]) {
		n -= len((*bufs)[0])
		*bufs = (*bufs)[1:]
	}
	if n > 0 {
		(*bufs)[0] = (*bufs)[0][n:]
	}
}
