package spec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Options are what a job file is read with.
type Options struct {
	// Getenv looks a variable of ${NAME} up (os.LookupEnv).
	Getenv func(name string) (string, bool)
	// Vars go before the file's own vars.
	Vars map[string]string
}

// Validate fills the defaults in.
func (o *Options) Validate() error {
	if o.Getenv == nil {
		o.Getenv = os.LookupEnv
	}
	return nil
}

// mostBytes is how long a job file may be.
const mostBytes = 4 << 20

// ErrTooLong is a job file of more than 4 MiB.
var ErrTooLong = errors.New("a job file has at most 4 MiB")

// Load reads the job file at path, and checks it as Parse does.
func Load(path string, o Options) (*Job, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open job file: %w", err)
	}
	defer f.Close()
	src, err := io.ReadAll(io.LimitReader(f, mostBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read job file: %w", err)
	}
	return Parse(path, src, o)
}

// Parse reads a job file; name stands in its errors, which are Errors. It
// checks what a schema can: keys, types of values, required keys, choices.
// Validate checks the rest.
func Parse(name string, src []byte, o Options) (*Job, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if len(src) > mostBytes {
		return nil, fmt.Errorf("%s: %w", name, ErrTooLong)
	}
	f := newFile(name, src, o)
	root := f.root(src)
	if root == nil {
		return nil, f.errs.sorted()
	}
	f.readVars(root, o.Vars)
	job := &Job{file: f}
	f.decode(root, reflect.ValueOf(job).Elem(), fieldTag{})
	if len(f.errs) > 0 {
		return nil, f.errs.sorted()
	}
	return job, nil
}

// root is the map that the file is, nil after a mistake.
func (f *file) root(src []byte) *yaml.Node {
	if !utf8.Valid(src) {
		f.wrongAt(Pos{}, 1, "", "the file is not UTF-8")
		return nil
	}
	dec := yaml.NewDecoder(bytes.NewReader(src))
	var doc, more yaml.Node
	if err := dec.Decode(&doc); err != nil && !errors.Is(err, io.EOF) {
		f.syntax(err)
		return nil
	}
	switch err := dec.Decode(&more); {
	case err == nil:
		f.wrongAt(Pos{max(1, more.Line), 1}, 3, "put it into a file of its own", "a second document: a job file holds one application")
		return nil
	case !errors.Is(err, io.EOF):
		f.syntax(err)
		return nil
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) == 0 || doc.Content[0].Kind != yaml.MappingNode {
		f.wrongAt(Pos{1, 1}, 1, "kq streams init writes one", "a job file is a map with app: and pipelines:")
		return nil
	}
	return doc.Content[0]
}

// syntax notes what the YAML reader says: "yaml: line 3: did not find expected key".
func (f *file) syntax(err error) {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 1
	if m := regexp.MustCompile(`^line (\d+): `).FindStringSubmatch(text); m != nil {
		line, _ = strconv.Atoi(m[1])
		text = text[len(m[0]):]
	}
	if strings.HasPrefix(text, "did not find expected") {
		line++ // the reader counts from 0 in what its parser finds, from 1 in what its scanner finds
	}
	s := f.line(line)
	indent := len(s) - len(strings.TrimLeft(s, " \t"))
	hint := ""
	switch {
	case strings.Contains(s, "\t"):
		hint = "YAML is indented with spaces, not with tabs"
	case strings.Contains(s, "${"):
		hint = "put a text with ${…} between quotes where it stands inside of { } or [ ]"
	case strings.Contains(text, "mapping values are not allowed"), strings.Contains(text, "did not find expected"):
		hint = "put an expression that holds : { } [ ] # or quotes between single quotes"
	}
	f.wrongAt(Pos{line, indent + 1}, max(1, len(strings.TrimSpace(s))), hint, "not YAML: %s", text)
}

// readVars takes the texts of vars, before anything that may use them is read.
func (f *file) readVars(root *yaml.Node, over map[string]string) {
	for i := 0; i+1 < len(root.Content); i += 2 {
		n := resolve(root.Content[i+1])
		if root.Content[i].Value != "vars" || n.Kind != yaml.MappingNode {
			continue
		}
		for j := 0; j+1 < len(n.Content); j += 2 {
			if v := resolve(n.Content[j+1]); v.Kind == yaml.ScalarNode {
				f.vars[n.Content[j].Value] = f.interpolate(v)
			}
		}
	}
	for k, v := range over {
		f.vars[k] = v
	}
}
