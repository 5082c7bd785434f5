package main

import (
	"html"
	"io"
	"strings"

	"kq/pkg/admin"
)

// printDocs shows configs with what they are for, as text: a table has no room
// for sentences.
func (a *app) printDocs(configs []admin.Config) error {
	var b strings.Builder
	for i, c := range configs {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(printable(c.Name + " = " + shownValue(c.Value, c.Sensitive)))
		b.WriteString("  (" + shownSource(c.Source))
		if c.Type != "" {
			b.WriteString(", " + strings.ToLower(c.Type))
		}
		if c.ReadOnly {
			b.WriteString(", read-only")
		}
		b.WriteString(")\n")
		for _, line := range wrap(plainText(c.Docs), helpWidth-4) {
			if line != "" {
				b.WriteString("    " + printable(line) + "\n")
			}
		}
	}
	_, err := io.WriteString(a.env.Out, b.String())
	return err
}

// plainText is text without the HTML that Kafka's documentation is written in.
func plainText(s string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, "<")
		b.WriteString(before)
		if !found {
			return html.UnescapeString(b.String())
		}
		tag, after, closed := strings.Cut(rest, ">")
		name := strings.TrimLeft(tag, "/")
		switch {
		case !closed || name == "" || !isLetter(name[0]) || strings.Contains(tag, "<"):
			b.WriteByte('<') // a comparison
			s = rest
			continue
		case tag == "li":
			b.WriteString(" - ")
		case tag == "p" || strings.HasPrefix(tag, "br") || tag == "/li" || tag == "/ul":
			b.WriteByte(' ')
		}
		s = after
	}
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// printable leaves out what would move a terminal's cursor.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 || r >= 0x7f && r < 0xa0 {
			return -1
		}
		return r
	}, s)
}
