package broker

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"

	"kq/internal/properties"
	"kq/pkg/broker/internal/configdef"
)

// Properties is a server.properties of Apache Kafka.
type Properties struct {
	// Path is the name of the file.
	Path string
	// Warnings are about keys that do nothing here, one line each, with the
	// name of the file and the line of the key.
	Warnings []string

	values map[string]string
	lines  map[string]int
}

// ReadProperties reads a server.properties of Kafka. What the file says must be
// valid; keys that Kafka does not have, or that do nothing here, are warned of.
func ReadProperties(path string) (*Properties, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, &Error{Message: "read properties", Err: err, Next: "give the path of a server.properties of Kafka, or leave it out"}
	}
	return ParseProperties(path, data)
}

// ParseProperties is ReadProperties for the content of a file.
func ParseProperties(path string, data []byte) (*Properties, error) {
	list, err := properties.Parse(bytes.NewReader(data), properties.Options{})
	if err != nil {
		return nil, &Error{Message: path, Err: err, Next: "each line is key=value; a backslash at the end of a line continues it"}
	}
	p := &Properties{Path: path, lines: make(map[string]int, len(list))}
	values, replaced := properties.LastWins(list)
	p.values = values
	for _, l := range list {
		p.lines[l.Key] = l.Line
	}
	for _, r := range replaced {
		p.warn(r.Line, "%s is set again in line %d, which counts", r.Key, p.lines[r.Key])
	}
	for _, l := range list {
		if p.lines[l.Key] == l.Line {
			p.classify(l)
		}
	}
	slices.SortStableFunc(p.Warnings, func(a, b string) int { return p.lineOf(a) - p.lineOf(b) })
	if problems := configdef.ValidateStatic(values); len(problems) > 0 {
		return nil, p.invalid(problems)
	}
	return p, nil
}

func (p *Properties) warn(line int, format string, args ...any) {
	p.Warnings = append(p.Warnings, fmt.Sprintf("%s:%d: ", p.Path, line)+fmt.Sprintf(format, args...))
}

// lineOf reads the line number that a warning begins with.
func (p *Properties) lineOf(warning string) (line int) {
	_, _ = fmt.Sscanf(strings.TrimPrefix(warning, p.Path), ":%d:", &line)
	return line
}

// classify warns of a key that does not do what it says.
func (p *Properties) classify(l properties.Property) {
	v := configdef.Classify(l.Key)
	if v.Effect == configdef.Honoured || v.Effect == configdef.NotNeeded {
		return
	}
	text := fmt.Sprintf("%s is %s", l.Key, v.Effect)
	if v.Note != "" {
		text += ": " + v.Note
	}
	if v.Try != "" {
		text += " (try " + v.Try + ")"
	}
	p.warn(l.Line, "%s", text)
}

// invalid turns what is wrong with the values into one error.
func (p *Properties) invalid(problems []*configdef.Error) error {
	slices.SortStableFunc(problems, func(a, b *configdef.Error) int { return p.lines[a.Name] - p.lines[b.Name] })
	first := problems[0]
	msg := p.where(first.Name) + first.Message
	if n := len(problems) - 1; n > 0 {
		var more []string
		for _, e := range problems[1:] {
			more = append(more, strings.TrimSuffix(p.where(e.Name), ": "))
		}
		msg += fmt.Sprintf(" (and %d more: %s)", n, strings.Join(more, ", "))
	}
	return &Error{Message: msg, Next: "correct the file, or override a value with --set key=value"}
}

// where returns the place of a key, as a prefix for what is wrong with it.
func (p *Properties) where(key string) string {
	if p == nil {
		return ""
	}
	if line, ok := p.lines[key]; ok {
		return fmt.Sprintf("%s:%d: ", p.Path, line)
	}
	return p.Path + ": "
}

// Get returns the value of a key.
func (p *Properties) Get(key string) (string, bool) {
	if p == nil {
		return "", false
	}
	v, ok := p.values[key]
	return v, ok
}
