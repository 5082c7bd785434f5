// Package spec reads job files: the YAML in which a streams application is
// written down.
//
// In go the bytes of one file; out come Go structs that know where each of
// their keys stands, mistakes as FILE:LINE:COLUMN with the line, a caret and a
// suggestion (several at once), a JSON Schema of the file, and the topology that
// package dsl builds from it. It reads no broker and runs nothing.
package spec
