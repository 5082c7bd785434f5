package docs

import (
	"embed"
	"io/fs"
)

//go:embed *.md
var pages embed.FS

// Pages is the documentation, a Markdown file a page.
func Pages() fs.FS { return pages }
