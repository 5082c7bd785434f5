package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Report says on standard error what went wrong and what to do next, and
// returns the exit code. A nil error, a closed pipe, an error already told and
// an interrupt print nothing.
func Report(env *Env, err error) int {
	switch {
	case err == nil, errors.Is(err, ErrClosedPipe):
		return CodeOK
	case errors.Is(err, ErrInterrupted):
		return CodeInterrupted
	case errors.Is(err, ErrReported):
		if code := codeOf(err); code != 0 {
			return code
		}
		return CodeFailed
	}
	Say(env, err)
	if code := codeOf(err); code != 0 {
		return code
	}
	return CodeFailed
}

// Say prints an error and its hint: the lines of one failed item, or of the
// whole command.
func Say(env *Env, err error) {
	text := err.Error()
	if errors.Is(err, context.DeadlineExceeded) && text == context.DeadlineExceeded.Error() {
		text = "timed out"
	}
	line(env.Err, "kq: ", text)
	if hint := hintOf(err); hint != "" {
		line(env.Err, "hint: ", hint)
	}
}

// Notef prints a line of talk that is not an error.
func Notef(env *Env, format string, args ...any) {
	line(env.Err, "kq: ", fmt.Sprintf(format, args...))
}

// line prints one line. A text with line ends in it keeps to its line, and
// control characters, which may come from a broker, do not reach a terminal.
func line(w io.Writer, prefix, text string) {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case r < 0x20 || r >= 0x7f && r < 0xa0:
			return -1
		}
		return r
	}, strings.TrimSpace(text))
	// Nothing can be done where standard error cannot be written.
	_, _ = io.WriteString(w, prefix+text+"\n")
}
