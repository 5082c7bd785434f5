package cli

import (
	"errors"
	"fmt"

	"kq/internal/nearest"
)

// Exit codes; see the package comment.
const (
	CodeOK          = 0
	CodeFailed      = 1
	CodeUsage       = 2
	CodeCondition   = 3
	CodeConnect     = 4
	CodeInterrupted = 130
)

var (
	// ErrClosedPipe is a write to a standard output that nobody reads any more.
	ErrClosedPipe = errors.New("write to closed pipe")

	// ErrReported is returned by a command that has already told what failed,
	// item by item: it exits with 1 and says no more.
	ErrReported = errors.New("already reported")
)

// Error is an error with what kq needs beyond its text. Errors of packages
// that cannot import this one offer the same by having the methods Hint() string
// and ExitCode() int.
type Error struct {
	Err  error
	Next string // the hint line; empty for none
	Code int    // the exit code; 0 keeps the one of Err, or 1
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// Hint is what to do next.
func (e *Error) Hint() string { return e.Next }

// Usagef is a mistake in the command line: exit code 2.
func Usagef(format string, args ...any) *Error {
	return &Error{Err: fmt.Errorf(format, args...), Code: CodeUsage}
}

// WithHint adds what to do next; it keeps the exit code of err.
func WithHint(err error, format string, args ...any) *Error {
	return &Error{Err: err, Next: fmt.Sprintf(format, args...), Code: codeOf(err)}
}

// WithCode sets the exit code.
func WithCode(err error, code int) *Error {
	return &Error{Err: err, Next: hintOf(err), Code: code}
}

// codeOf is the code that the outermost error in the chain asks for, 0 for none.
func codeOf(err error) int {
	var own *Error
	if errors.As(err, &own) && own.Code != 0 {
		return own.Code
	}
	var coded interface{ ExitCode() int }
	if errors.As(err, &coded) {
		return coded.ExitCode()
	}
	return 0
}

func hintOf(err error) string {
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		return hinted.Hint()
	}
	return ""
}

// Nearest returns the candidate that name was most likely meant to be, or "":
// see package nearest.
func Nearest(name string, candidates []string) string { return nearest.Name(name, candidates) }
