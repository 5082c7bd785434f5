package broker

import "net"

// writeMore writes bufs: there is no way to announce that more follows.
func (s *socket) writeMore(bufs *net.Buffers) error {
	_, err := bufs.WriteTo(s.nc)
	return err
}
