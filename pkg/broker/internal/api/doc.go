// Package api answers Kafka requests: one handler an API, one API a file, and
// the table that says which versions of which API are served.
//
// In flow [Request] values from connections, header parsed, body raw. A handler
// reads the metadata image, calls partitions and the controller, and answers
// exactly once, from any goroutine, with [Request.Reply], [Request.ReplyChunks],
// [Request.NoReply] or [Request.Close]. Handlers run on the reader of their
// connection: what waits is parked as an object, never as a blocked handler.
//
// Errors of the packages below become Kafka's codes in errors.go and nowhere
// else.
//
// The package knows nothing of sockets. It must not import the broker, nor
// anything above it.
package api
