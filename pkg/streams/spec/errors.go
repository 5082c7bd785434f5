package spec

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"kq/pkg/streams/expr"
)

// partitionError is a partition: expression whose result is no partition.
type partitionError struct {
	value any
	of    int32
}

func (e *partitionError) Error() string {
	return fmt.Sprintf("partition: gave %v, which is none of the %d partitions", e.value, e.of)
}

// topicError is a topicExpr: whose result is no name.
type topicError struct{ value any }

func (e *topicError) Error() string {
	return fmt.Sprintf("topicExpr: gave %v, which is no name of a topic", e.value)
}

// word is a name in an expression.
var word = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\w+`) })

// wrongExpr notes an expression that does not compile, with the caret inside
// of the line of the file where the text of the file is the expression's.
func (c *compiler) wrongExpr(w *Where, key, src string, err error) {
	n := w.valueNode(key)
	var e *expr.Error
	if !errors.As(err, &e) {
		c.f.wrong(n, "", "%v", err)
		return
	}
	at, length := posOf(n), lengthOf(n)
	if e.Line > 0 {
		if p, ok := c.f.inside(n, src, e.Line, e.Column); ok {
			at, length = p, max(1, len(word().FindString(string([]rune(c.f.line(p.Line))[p.Column-1:]))))
		}
	}
	c.f.wrongAt(at, length, e.Hint, "%s", e.Message)
}

// inside is the place in the file of a character of a scalar's text, false
// where it cannot be told: the text was interpolated, or folded.
func (f *file) inside(n *yaml.Node, src string, line, column int) (Pos, bool) {
	if n.Value != src {
		return Pos{}, false
	}
	lines := strings.Split(src, "\n")
	if line > len(lines) {
		return Pos{}, false
	}
	switch {
	case n.Style&yaml.LiteralStyle != 0:
		return f.insideBlock(n, lines, line, column)
	case n.Style&yaml.FoldedStyle != 0 || len(lines) > 1:
		return Pos{}, false
	}
	text := []rune(f.line(n.Line))
	i := n.Column - 1
	if n.Style&quoted != 0 {
		i++ // the quote
	}
	for _, r := range []rune(src)[:min(column-1, utf8.RuneCountInString(src))] {
		switch {
		case i >= len(text):
			return Pos{}, false
		case text[i] == r && !(r == '\'' && n.Style&yaml.SingleQuotedStyle != 0):
			i++
		case r == '\'' && text[i] == r, text[i] == '\\' && n.Style&yaml.DoubleQuotedStyle != 0 && i+1 < len(text) && text[i+1] == r:
			i += 2 // '' or \"
		default:
			return Pos{}, false
		}
	}
	return Pos{n.Line, i + 1}, true
}

// insideBlock is inside for a scalar behind |.
func (f *file) insideBlock(n *yaml.Node, lines []string, line, column int) (Pos, bool) {
	text := f.line(n.Line + line)
	indent := strings.Index(text, lines[line-1])
	if indent < 0 || lines[line-1] == "" {
		return Pos{}, false
	}
	return Pos{n.Line + line, utf8.RuneCountInString(text[:indent]) + column}, true
}
