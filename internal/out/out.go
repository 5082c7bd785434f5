package out

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Format is how a result is printed.
type Format string

// The formats of -o.
const (
	TableFormat Format = "table" // aligned columns, the default
	WideFormat  Format = "wide"  // the same with more columns
	JSONFormat  Format = "json"  // one document
	YAMLFormat  Format = "yaml"  // the same document as YAML
	TSVFormat   Format = "tsv"   // the first table, tab-separated, all columns
	NameFormat  Format = "name"  // the first column of the first table
)

// ErrFormat is a -o that does not exist.
var ErrFormat = errors.New("unknown output format")

// Formats lists the formats, for help and completion; beside them there is
// TemplatePrefix with a template after it.
func Formats() []string {
	return []string{string(TableFormat), string(WideFormat), string(JSONFormat), string(YAMLFormat), string(TSVFormat), string(NameFormat)}
}

// ParseFormat reads the value of -o. The error is ErrFormat or ErrTemplate.
func ParseFormat(s string) (Format, error) {
	if text, ok := strings.CutPrefix(s, TemplatePrefix); ok {
		_, err := parseTemplate(text)
		return Format(s), err
	}
	if !slices.Contains(Formats(), s) {
		return "", fmt.Errorf("%w %q", ErrFormat, s)
	}
	return Format(s), nil
}

// Structured tells that a format shows the value itself and not its tables, so
// that an empty one is worth printing.
func (f Format) Structured() bool {
	return f == JSONFormat || f == YAMLFormat || strings.HasPrefix(string(f), TemplatePrefix)
}

// Printer prints results in one format.
type Printer struct {
	W         io.Writer
	Format    Format // the zero value is table
	NoHeaders bool   // leave the header line out of tables and tsv
}

// Table is what people see of a result. The first column holds the name of the
// thing on each row.
type Table struct {
	Title   string // a line above the table, when a result has several
	Columns []Column
	Rows    [][]string // as long as Columns each
}

// Column describes a column.
type Column struct {
	Name  string // upper case
	Right bool   // numbers
	Wide  bool   // left out unless asked for
}

// Cols makes columns of a list of names: ">NAME" is aligned to the right, "+NAME"
// only shown when wide; both may be there, "+>NAME".
func Cols(names ...string) []Column {
	cols := make([]Column, len(names))
	for i, n := range names {
		c := &cols[i]
		n, c.Wide = strings.CutPrefix(n, "+")
		c.Name, c.Right = strings.CutPrefix(n, ">")
	}
	return cols
}

// Print writes a result: v for programs, the tables for people.
func (p Printer) Print(v any, tables ...Table) error {
	switch p.Format {
	case JSONFormat:
		return printJSON(p.W, v)
	case YAMLFormat:
		return printYAML(p.W, v)
	case TSVFormat:
		return p.printTSV(tables[0])
	case NameFormat:
		return p.printNames(tables[0])
	}
	if text, ok := strings.CutPrefix(string(p.Format), TemplatePrefix); ok {
		return printTemplate(p.W, text, v)
	}
	for i, t := range tables {
		if i > 0 {
			if _, err := io.WriteString(p.W, "\n"); err != nil {
				return err
			}
		}
		if err := p.printTable(t); err != nil {
			return err
		}
	}
	return nil
}

func (p Printer) printTSV(t Table) error {
	var b strings.Builder
	if !p.NoHeaders {
		for i, c := range t.Columns {
			if i > 0 {
				b.WriteByte('\t')
			}
			b.WriteString(c.Name)
		}
		b.WriteByte('\n')
	}
	for _, row := range t.Rows {
		for i, cell := range row {
			if i > 0 {
				b.WriteByte('\t')
			}
			b.WriteString(shown(cell))
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(p.W, b.String())
	return err
}

func (p Printer) printNames(t Table) error {
	var b strings.Builder
	for i, row := range t.Rows {
		if i > 0 && row[0] == t.Rows[i-1][0] {
			continue // one thing on several rows, as the partitions of a topic
		}
		b.WriteString(shown(row[0]))
		b.WriteByte('\n')
	}
	_, err := io.WriteString(p.W, b.String())
	return err
}

// shown is a cell as it is printed: never empty, on one line, and without the
// control characters that would move a terminal's cursor.
func shown(cell string) string {
	if cell == "" {
		return "-"
	}
	if !strings.ContainsFunc(cell, isControl) {
		return cell
	}
	var b strings.Builder
	for _, r := range cell {
		switch {
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case isControl(r):
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func isControl(r rune) bool { return r < 0x20 || r >= 0x7f && r < 0xa0 }
