package spec

import (
	_ "embed"
)

//go:embed schema.json
var schema []byte

// Schema is the JSON Schema (2020-12) of a job file, made of the structs of
// this package and their comments.
func Schema() []byte { return append([]byte(nil), schema...) }
