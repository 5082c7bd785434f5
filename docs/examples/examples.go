package examples

import (
	"embed"
	"io/fs"
)

//go:embed *.yaml
var files embed.FS

// Files are the examples, each NAME.yaml.
func Files() fs.FS { return files }
