package spec

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"kq/internal/nearest"
)

// file is a job file that is being read: its lines and the mistakes so far.
type file struct {
	name   string
	lines  []string
	vars   map[string]string
	getenv func(string) (string, bool)
	errs   Errors
	left   int // nodes that may still be read: aliases can multiply them
}

func newFile(name string, src []byte, o Options) *file {
	return &file{
		name: name, lines: strings.Split(strings.ReplaceAll(string(src), "\r\n", "\n"), "\n"),
		getenv: o.Getenv, vars: map[string]string{}, left: mostNodes,
	}
}

// mostNodes is how many values a file may hold, aliases counted as often as they are used.
const mostNodes = 200_000

// line is a line of the file, counted from 1.
func (f *file) line(n int) string {
	if n < 1 || n > len(f.lines) {
		return ""
	}
	return strings.TrimRight(f.lines[n-1], "\r")
}

// wrong notes a mistake at a node.
func (f *file) wrong(n *yaml.Node, hint, format string, a ...any) {
	f.wrongAt(posOf(n), lengthOf(n), hint, format, a...)
}

func (f *file) wrongAt(at Pos, length int, hint, format string, a ...any) {
	f.errs = append(f.errs, &Error{
		File: f.name, Pos: at, Length: length, Source: f.line(at.Line), Hint: hint,
		Message: strings.ToValidUTF8(fmt.Sprintf(format, a...), "\uFFFD"),
	})
}

// lengthOf is how many characters of its line a node covers: its text for a scalar, 1 else.
func lengthOf(n *yaml.Node) int {
	if n == nil || n.Kind != yaml.ScalarNode {
		return 1
	}
	text, _, more := strings.Cut(n.Value, "\n")
	length := utf8.RuneCountInString(text)
	switch {
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 || more:
		return 1
	case n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0:
		length += 2
	}
	return max(1, length)
}

// suggest is the hint of a name that is not among those there are.
func suggest(name string, there []string) string {
	if near := nearest.Name(name, there); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	switch len(there) {
	case 0:
		return ""
	case 1:
		return "it is " + there[0]
	}
	if len(there) > 14 {
		return ""
	}
	return "it is one of " + strings.Join(there, ", ")
}
