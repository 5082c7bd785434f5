package conf

import "fmt"

// Error is a mistake in what was given: a flag, the environment, a file.
type Error struct {
	Err  error
	Next string // what to do about it
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// Hint is what to do next.
func (e *Error) Hint() string { return e.Next }

// ExitCode is that of wrong usage.
func (e *Error) ExitCode() int { return 2 }

func errorf(hint, format string, args ...any) *Error {
	return &Error{Err: fmt.Errorf(format, args...), Next: hint}
}
