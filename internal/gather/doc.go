// Package gather tells a group commit how long to wait for those who are about to
// come: the log's syncs and the HTTP door's transactions serve many calls at once.
//
// In flow calls and commits as they happen; out flows when to begin the next. It
// imports nothing of kq.
package gather
