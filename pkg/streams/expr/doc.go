// Package expr compiles and runs the expressions of a job: one line of
// expr-lang (github.com/expr-lang/expr) over the fields of a record.
//
// In go the source, the variables with their static types and the type that is
// wanted; out comes a Program, or an Error with line, column and a caret. A
// program reads variables from slots (Vars), decodes a key or value only when
// it touches it, and gives int64, float64, string, bool, []byte, []any and
// map[string]any, nothing else.
//
// It knows values (package codec) and nothing of records, topics and steps.
package expr
