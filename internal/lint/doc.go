// Package lint checks the house rules on the source text alone: the import
// law, size budgets, package docs, formatting, and the habits that
// docs/STYLE.md names. `go test ./internal/lint` runs every rule on the
// repository; each rule has a test that shows a source it refuses.
//
// In flows a file tree (fs.FS), out flow problems with a position. It uses
// go/parser and go/format only, so that it stays fast; types are staticcheck's
// business (`go run ./internal/task lint`). It imports nothing of the module.
package lint
