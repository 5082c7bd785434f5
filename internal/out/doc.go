// Package out prints the results of commands on standard output: as tables for
// people, as JSON, YAML, tab-separated values or bare names for programs, or through a Go template.
//
// What flows in: a result (a struct or slice with json tags) and the tables that
// show it. What flows out: bytes, nothing when nothing was found but the header
// or []. It must not import pkg/broker, cobra or internal/cli, and is the only
// package that imports tablewriter.
//
// Its promises to scripts: JSON is one document, an empty list is [] and never
// null, keys come in the order of the struct; YAML is the same document; tsv has a fixed set of columns and
// "-" where a cell is empty; nothing depends on the width of a terminal.
package out
