package spec

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Error is a mistake in a job file.
type Error struct {
	// File is the name of the file, as given.
	File string
	// Pos is where the mistake begins; Length is how many characters of the line it covers, at least 1.
	Pos
	Length int
	// Message says what is wrong, in one line, Hint what to do about it, "" where nothing is known.
	Message, Hint string
	// Source is the line of the file.
	Source string
}

// Error is the mistake with its line and a caret below it, without the hint.
func (e *Error) Error() string {
	if x := e.Excerpt(); x != "" {
		return e.Place() + "\n" + x
	}
	return e.Place()
}

// Place is FILE:LINE:COLUMN: MESSAGE, in one line.
func (e *Error) Place() string {
	if e.Line == 0 {
		return e.File + ": " + e.Message
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
}

// Excerpt is the line of the file and a caret below the mistake: two lines,
// "" where the file has no such line.
func (e *Error) Excerpt() string {
	if e.Source == "" {
		return ""
	}
	line, column := window(e.Source, e.Column)
	number := fmt.Sprint(e.Line)
	caret := strings.Repeat("^", max(1, min(e.Length, utf8.RuneCountInString(line)-column+1)))
	return fmt.Sprintf("  %s | %s\n  %s | %s%s", number, line, strings.Repeat(" ", len(number)), blank(line, column-1), caret)
}

// shown is how much of a long line is printed, in characters.
const shown = 160

// window cuts a long line around the column, and returns the column in what is left.
func window(line string, column int) (string, int) {
	r := []rune(line)
	if len(r) <= shown {
		return line, min(column, len(r)+1)
	}
	from := max(0, min(column-shown/2, len(r)-shown))
	return string(r[from : from+shown]), min(column-from, shown+1)
}

// blank is n characters of white space as wide as the line's first ones: tabs stay tabs.
func blank(line string, n int) string {
	var b strings.Builder
	for _, r := range line {
		if n--; n < 0 {
			break
		}
		if r == '\t' {
			b.WriteByte('\t')
		} else {
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// Errors are the mistakes of one file, in its order; there is at least one.
type Errors []*Error

func (e Errors) Error() string {
	var b strings.Builder
	for i, x := range e {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(x.Error())
		if x.Hint != "" {
			b.WriteString("\n  hint: " + x.Hint)
		}
	}
	return b.String()
}

// mostErrors is how many mistakes are told at once: the others are most often
// the same one again.
const mostErrors = 20

// sorted is e in the order of the file, each place once.
func (e Errors) sorted() Errors {
	slices.SortStableFunc(e, func(a, b *Error) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	e = slices.CompactFunc(e, func(a, b *Error) bool { return a.Pos == b.Pos && a.Message == b.Message })
	return e[:min(len(e), mostErrors)]
}
