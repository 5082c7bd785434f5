package expr

import (
	"errors"
	"fmt"
	"strings"

	"github.com/expr-lang/expr/file"
)

// Error says what is wrong with an expression, or what went wrong when it ran,
// and where. Line and Column count from 1, columns in characters; both are 0
// where no place is known.
type Error struct {
	Src          string
	Line, Column int
	Message      string
	Hint         string // what to do, "" for nothing to say
	Err          error  // the cause, where there is one
}

// Error is the message, the place, and the line with a caret below.
func (e *Error) Error() string {
	switch {
	case e.Line == 0 && e.Src == "":
		return e.Message
	case e.Line == 0:
		return e.Message + " in " + e.Src
	}
	line := strings.Split(e.Src, "\n")[e.Line-1]
	cut, col := window(line, e.Column)
	return fmt.Sprintf("%s (%d:%d)\n | %s\n | %s^", e.Message, e.Line, e.Column, cut, strings.Repeat(".", col-1))
}

// window is the part of a long line that is shown around a column.
func window(line string, column int) (string, int) {
	const wide = 72
	r := []rune(strings.ReplaceAll(line, "\t", " "))
	column = min(max(column, 1), len(r)+1)
	from := 0
	if len(r) > wide {
		from = max(0, min(column-1-wide/2, len(r)-wide))
		r = r[from:min(len(r), from+wide)]
	}
	return string(r), column - from
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// located brings an error of the language into ours.
func located(src string, err error) *Error {
	out := &Error{Src: src, Message: err.Error()}
	var fe *file.Error
	if errors.As(err, &fe) {
		out.Message, out.Line, out.Column, out.Err = fe.Message, fe.Line, fe.Column+1, fe.Prev
		if lines := strings.Count(src, "\n") + 1; out.Line > lines || out.Line < 1 {
			out.Line, out.Column = 0, 0
		}
	} else {
		out.Err = err
	}
	out.Message = strings.TrimSpace(inOurWords(out.Message))
	return out
}

// conversion is what Go says of a value of another type than the one needed.
func conversion(s string) string {
	if rest, ok := strings.CutPrefix(s, "interface conversion: any is "); ok {
		if got, want, ok := strings.Cut(rest, ", not "); ok {
			return "this is " + got + ", but " + want + " is needed"
		}
	}
	return s
}

// inOurWords replaces the names of Go's types by those of Type.
func inOurWords(s string) string {
	return conversion(strings.NewReplacer(
		"map[string]interface {}", "map", "[]interface {}", "list", "interface {}", "any",
		"float64", "double", "int64", "int", "[]uint8", "bytes", "<nil>", "null",
	).Replace(s))
}
