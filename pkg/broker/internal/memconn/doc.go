// Package memconn is a connection inside of the process: what a client of the
// embedded broker uses in place of a socket, without system calls.
//
// In and out flow bytes. It imports nothing of kq.
package memconn
