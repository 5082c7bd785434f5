package out

import (
	"bytes"
	"io"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// printTable writes aligned columns, two spaces apart, without lines around
// them and without spaces at the end of a line.
func (p Printer) printTable(t Table) error {
	t = t.narrow(p.Format == WideFormat)
	var b bytes.Buffer
	if t.Title != "" {
		b.WriteString(t.Title + "\n")
	}
	align := make([]tw.Align, len(t.Columns))
	header := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		header[i], align[i] = c.Name, tw.AlignLeft
		if c.Right {
			align[i] = tw.AlignRight
		}
	}
	cells := tw.CellConfig{
		Formatting: tw.CellFormatting{AutoWrap: tw.WrapNone, AutoFormat: tw.Off},
		Alignment:  tw.CellAlignment{PerColumn: align},
		Padding:    tw.CellPadding{Global: tw.Padding{Right: "  ", Overwrite: true}},
	}
	w := tablewriter.NewTable(&b,
		tablewriter.WithConfig(tablewriter.Config{Header: cells, Row: cells, Behavior: tw.Behavior{TrimSpace: tw.Off}}),
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders: tw.BorderNone,
			Settings: tw.Settings{
				Separators: tw.SeparatorsNone,
				Lines:      tw.LinesNone,
			},
		})),
	)
	if !p.NoHeaders {
		w.Header(header)
	}
	for _, row := range t.Rows {
		if err := w.Append(row); err != nil {
			return err
		}
	}
	if len(t.Rows) > 0 || !p.NoHeaders {
		if err := w.Render(); err != nil {
			return err
		}
	}
	return trimLines(p.W, b.Bytes())
}

// narrow leaves out the wide columns unless they are asked for, and makes the
// cells printable.
func (t Table) narrow(wide bool) Table {
	out := Table{Title: t.Title, Rows: make([][]string, len(t.Rows))}
	for _, c := range t.Columns {
		if wide || !c.Wide {
			out.Columns = append(out.Columns, c)
		}
	}
	for i, row := range t.Rows {
		for j, cell := range row {
			if wide || !t.Columns[j].Wide {
				out.Rows[i] = append(out.Rows[i], shown(cell))
			}
		}
	}
	return out
}

// trimLines writes text without spaces at the end of its lines.
func trimLines(w io.Writer, text []byte) error {
	var b bytes.Buffer
	for line := range bytes.Lines(text) {
		b.Write(bytes.TrimRight(line, " \n"))
		b.WriteByte('\n')
	}
	_, err := w.Write(b.Bytes())
	return err
}
