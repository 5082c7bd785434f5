// Package cli is the frame every kq command runs in: the streams and the
// environment it may touch (Env), the errors that carry an exit code or a next
// step, and the one place that turns an error into a line on standard error
// and a process exit code.
//
// What flows in: argv's environment, an error a command returned. What flows
// out: "kq: …" and "hint: …" lines, a code. It must not import any other
// package of this module, nor cobra: libraries and printers do not know it.
//
// Exit codes, kept by every command:
//
//	0    done
//	1    the operation, or any item of it, failed
//	2    usage: an unknown command, a bad flag or argument
//	3    a condition that was asked for is not met
//	4    cannot connect or authenticate
//	130  interrupted
//
// A closed pipe on standard output is silent and 0.
package cli
