package conf

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"kq/internal/nearest"
)

// The keys of a profile beside properties.
const (
	keyBootstrap  = "bootstrap"
	keyDialMap    = "dial-map"
	keyTimeout    = "timeout"
	keyOutput     = "output"
	keyProtected  = "protected"
	keyProperties = "properties"
)

func profileKeys() []string {
	return []string{keyBootstrap, keyProperties, keyOutput, keyTimeout, keyDialMap, keyProtected}
}

// ParseFile reads the text of a file of profiles. Errors say FILE:LINE:COLUMN.
func ParseFile(path string, text []byte) (*File, error) {
	f := &File{Path: path}
	if err := f.encoding(text); err != nil {
		return nil, err
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, f.syntax(err, text)
	}
	if len(doc.Content) == 0 {
		f.comment = strings.TrimSpace(string(text)) // or nothing
		return f, nil
	}
	f.doc = &doc
	err := f.fields(doc.Content[0], "the file", []string{"current", "profiles"}, func(key, value *yaml.Node) error {
		if key.Value == "current" {
			f.current = value
			return f.text(key, value, &f.Current)
		}
		return f.fields(value, "profiles", nil, func(key, value *yaml.Node) error {
			p := Profile{Name: key.Value, file: path, at: key}
			if err := ProfileName(p.Name); err != nil {
				return f.wrong(key, "", "%w", err)
			}
			if err := f.profile(&p, value); err != nil {
				return err
			}
			f.Profiles = append(f.Profiles, p)
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	return f, nil
}

// encoding finds bytes that are not UTF-8: what an edit writes again has to be.
func (f *File) encoding(text []byte) error {
	if utf8.Valid(text) {
		return nil
	}
	line := 1
	for l := range bytes.Lines(text) {
		for column := 1; len(l) > 0; column++ {
			r, n := utf8.DecodeRune(l)
			if r == utf8.RuneError && n == 1 {
				return errorf("save the file as UTF-8", "%s:%d:%d: not UTF-8 text", f.Path, line, column)
			}
			l = l[n:]
		}
		line++
	}
	return nil
}

// ProfileName checks the name of a profile.
func ProfileName(name string) error {
	if name == "" || name == "-" || strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune("=/\\${}\"'", r) }) {
		return fmt.Errorf("%q cannot be the name of a profile", name)
	}
	return nil
}

func (f *File) profile(p *Profile, n *yaml.Node) error {
	return f.fields(n, "profile "+p.Name, profileKeys(), func(key, value *yaml.Node) error {
		switch key.Value {
		case keyBootstrap:
			return f.text(key, value, &p.Bootstrap)
		case keyOutput:
			return f.text(key, value, &p.Output)
		case keyProtected:
			if value.Tag != "!!bool" {
				return f.wrong(value, "", "%s is true or false", key.Value)
			}
			p.Protected = strings.EqualFold(value.Value, "true")
			return nil
		case keyTimeout:
			var text string
			if err := f.text(key, value, &text); err != nil {
				return err
			}
			var err error
			if p.Timeout, err = time.ParseDuration(text); err != nil || p.Timeout < 0 {
				return f.wrong(value, "", "%s: %q is not a duration as 10s", key.Value, text)
			}
			return nil
		case keyDialMap:
			return f.dialMap(p, key, value)
		}
		return f.fields(value, keyProperties, nil, func(key, value *yaml.Node) error {
			s := Setting{Name: key.Value, Line: value.Line, Column: value.Column}
			prop, ok := Find(s.Name)
			switch {
			case !ok:
				return unknown(f.place(key), s.Name)
			case prop.Unused != "":
				return f.wrong(key, "", "kq does not use the property %s: %s", s.Name, prop.Unused)
			}
			if err := f.text(key, value, &s.Value); err != nil {
				return err
			}
			if !strings.Contains(s.Value, "${") {
				if err := new(Values).Set(f.place(value), s.Name, s.Value); err != nil {
					return err
				}
			}
			p.Properties = append(p.Properties, s)
			return nil
		})
	})
}

func (f *File) dialMap(p *Profile, key, value *yaml.Node) error {
	if value.Kind != yaml.SequenceNode {
		value = &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{value}}
	}
	for _, item := range value.Content {
		var rule string
		if err := f.text(key, item, &rule); err != nil {
			return err
		}
		p.DialMap = append(p.DialMap, rule)
	}
	return nil
}

// fields visits the keys of a mapping; known are those it may have, nil for any.
func (f *File) fields(n *yaml.Node, what string, known []string, visit func(key, value *yaml.Node) error) error {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return nil // a key with nothing after it
	}
	if n.Kind != yaml.MappingNode {
		return f.wrong(n, "", "%s: KEY: VALUE lines are needed here", what)
	}
	lines := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode {
			return f.wrong(key, "", "a key is a word")
		}
		if line, twice := lines[key.Value]; twice {
			return f.wrong(key, "", "key %q is there twice, first in line %d", key.Value, line)
		}
		lines[key.Value] = key.Line
		if known != nil && !contains(known, key.Value) {
			return f.unknownKey(key, what, known)
		}
		if value.Kind == yaml.AliasNode {
			value = value.Alias
		}
		if err := visit(key, value); err != nil {
			return err
		}
	}
	return nil
}

func (f *File) unknownKey(key *yaml.Node, what string, known []string) error {
	hint := "there are " + strings.Join(known, ", ")
	if near := nearest.Name(key.Value, known); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
	} else if _, ok := Find(key.Value); ok && contains(known, keyProperties) {
		hint = "properties stand below " + keyProperties + ":"
	}
	return f.wrong(key, hint, "%s: unknown key %q", what, key.Value)
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}

// text takes a scalar as it is written: a number is text too.
func (f *File) text(key, value *yaml.Node, to *string) error {
	switch {
	case value.Kind != yaml.ScalarNode:
		return f.wrong(value, "", "%s: one value is needed here", key.Value)
	case value.Tag == "!!null":
		return f.wrong(value, `"" is the empty text`, "%s has no value", key.Value)
	}
	*to = value.Value
	return nil
}

// place is where a node stands in the file.
func (f *File) place(n *yaml.Node) string {
	return fmt.Sprintf("%s:%d:%d", f.Path, max(n.Line, 1), max(n.Column, 1))
}

func (f *File) wrong(n *yaml.Node, hint, format string, args ...any) error {
	return errorf(hint, "%s: %w", f.place(n), fmt.Errorf(format, args...))
}

// syntax makes an error of the YAML reader one with a place. The reader gives
// the line alone; the column is that where its text begins.
func (f *File) syntax(err error, text []byte) error {
	line, message := 1, strings.TrimPrefix(err.Error(), "yaml: ")
	if m := regexp.MustCompile(`^line (\d+): `).FindStringSubmatch(message); m != nil {
		line, _ = strconv.Atoi(m[1]) // digits
		message = message[len(m[0]):]
	}
	if strings.HasPrefix(message, "did not find expected") {
		line++ // the reader's grammar counts lines from 0, its scanner from 1
	}
	column := 1
	if lines := strings.Split(string(text), "\n"); line >= 1 && line <= len(lines) {
		column += len(lines[line-1]) - len(strings.TrimLeft(lines[line-1], " "))
	}
	hint := ""
	if strings.Contains(string(text), "${") {
		hint = `between { and } write "${NAME}" with its quotes`
	}
	return errorf(hint, "%s:%d:%d: %s", f.Path, line, column, message)
}
