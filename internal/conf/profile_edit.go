package conf

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"kq/internal/nearest"
)

// Change is one setting of a profile: a key of the file or a property.
type Change struct {
	Key, Value string // an empty Value removes
}

// ParseChange reads KEY=VALUE and checks both, as far as a value with ${NAME} in
// it can be.
func ParseChange(text string) (Change, error) {
	key, value, ok := strings.Cut(text, "=")
	c := Change{Key: strings.TrimSpace(key), Value: value}
	if !ok || c.Key == "" {
		return c, errorf("it is given as: kq profile set NAME bootstrap=HOST:PORT sasl.username=me; an empty value removes", "%q is not KEY=VALUE", text)
	}
	keys := slices.DeleteFunc(profileKeys(), func(k string) bool { return k == keyProperties })
	if p, ok := Find(c.Key); ok && p.Unused == "" {
		c.Key = p.Name
	} else if !ok && !contains(keys, c.Key) {
		hint := "a profile has " + strings.Join(keys, ", ") + " and all properties: kq -X list prints them"
		if near := nearest.Name(c.Key, append(keys, names()...)); near != "" {
			hint = "did you mean " + near + "?"
		}
		return c, errorf(hint, "a profile has no %q", c.Key)
	}
	if value == "" || strings.Contains(value, "${") {
		return c, nil
	}
	return c, c.check()
}

func (c Change) check() error {
	var err error
	switch c.Key {
	case keyBootstrap:
		_, err = ParseBootstrap(c.Value)
	case keyDialMap:
		_, err = ParseDialMap(strings.Split(c.Value, ","))
	case keyProtected:
		_, err = parseBool(c.Value)
	case keyTimeout:
		if d, parseErr := time.ParseDuration(c.Value); parseErr != nil || d < 0 {
			err = fmt.Errorf("%q is not a duration as 10s", c.Value)
		}
	case keyOutput: // package out knows the formats
	default:
		return new(Values).Set("a profile", c.Key, c.Value)
	}
	if err != nil {
		return errorf("", "%s: %w", c.Key, err)
	}
	return nil
}

// Set makes or changes a profile.
func (f *File) Set(name string, changes []Change) error {
	if err := ProfileName(name); err != nil {
		return errorf("letters, digits, dots and dashes are fine", "%w", err)
	}
	profile := child(child(f.root(), "profiles"), name)
	for _, c := range changes {
		switch {
		case contains(profileKeys(), c.Key) && c.Value == "":
			remove(profile, c.Key)
		case c.Key == keyProtected:
			on, err := parseBool(c.Value)
			if err != nil {
				return errorf("", "%s: %w", c.Key, err)
			}
			put(profile, c.Key, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: fmt.Sprint(on != 0)})
		case c.Key == keyDialMap:
			list := &yaml.Node{Kind: yaml.SequenceNode}
			for rule := range strings.SplitSeq(c.Value, ",") {
				list.Content = append(list.Content, scalar(rule))
			}
			put(profile, c.Key, list)
		case contains(profileKeys(), c.Key):
			put(profile, c.Key, scalar(c.Value))
		default:
			setProperty(profile, c)
		}
	}
	return f.again()
}

// setProperty writes a property under the name it has in the profile already,
// which may be an alias.
func setProperty(profile *yaml.Node, c Change) {
	properties := child(profile, keyProperties)
	key := c.Key
	p, _ := Find(c.Key)
	for _, alias := range p.Aliases {
		if _, there := find(properties, alias); there {
			key = alias
		}
	}
	if c.Value == "" {
		remove(properties, key)
	} else {
		put(properties, key, scalar(c.Value))
	}
	if len(properties.Content) == 0 {
		remove(profile, keyProperties)
	}
}

// Use makes a profile the current one, "" none.
func (f *File) Use(name string) error {
	if name == "" {
		remove(f.root(), "current")
	} else {
		putFirst(f.root(), "current", scalar(name))
	}
	return f.again()
}

// Delete takes a profile out; were it the current one, there is none then.
func (f *File) Delete(name string) error {
	remove(child(f.root(), "profiles"), name)
	if f.Current == name {
		remove(f.root(), "current")
	}
	return f.again()
}

// again reads f anew from its changed text.
func (f *File) again() error {
	if f.doc != nil {
		spellNulls(f.doc, false)
	}
	text, err := f.render()
	if err != nil {
		return err
	}
	changed, err := ParseFile(f.Path, text)
	if err != nil && f.doc != nil {
		// The library puts some comments where they cannot be read again.
		dropComments(f.doc)
		if text, err = f.render(); err == nil {
			changed, err = ParseFile(f.Path, text)
		}
	}
	if err != nil {
		return err
	}
	*f = *changed
	return nil
}

// spellNulls gives the nulls between braces a word: without one they would be
// written as empty texts.
func spellNulls(n *yaml.Node, flow bool) {
	flow = flow || n.Style&yaml.FlowStyle != 0
	if flow && n.Kind == yaml.ScalarNode && n.Tag == "!!null" && n.Value == "" {
		n.Value = "null"
	}
	for _, c := range n.Content {
		spellNulls(c, flow)
	}
}

func dropComments(n *yaml.Node) {
	n.HeadComment, n.LineComment, n.FootComment = "", "", ""
	for _, c := range n.Content {
		dropComments(c)
	}
}

func (f *File) render() ([]byte, error) {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if f.doc != nil {
		if err := e.Encode(f.doc); err != nil {
			return nil, fmt.Errorf("write profiles: %w", err)
		}
	}
	return b.Bytes(), e.Close()
}

// Write writes the file in one step, for its owner alone to read.
func (f *File) Write() error {
	text, err := f.render()
	if err != nil {
		return err
	}
	path := f.Path
	if path == "" {
		return errorf("KQ_CONFIG=FILE names one", "there is no place for a file of profiles: the environment has no home directory")
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("write profiles: %w", err)
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".config-*.yaml") // it is made with mode 0600
	if err != nil {
		return fmt.Errorf("write profiles: %w", err)
	}
	defer os.Remove(tmp.Name()) // gone already when all went well
	_, err = tmp.Write(text)
	if err == nil {
		err = tmp.Sync()
	}
	if closeErr := tmp.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write profiles: %w", err)
	}
	return nil
}

// root is the outermost mapping of the file, made where there is none.
func (f *File) root() *yaml.Node {
	if f.doc == nil {
		f.doc = &yaml.Node{Kind: yaml.DocumentNode, Content: []*yaml.Node{{Kind: yaml.MappingNode, HeadComment: f.comment}}}
	}
	root := f.doc.Content[0]
	if root.Kind == yaml.ScalarNode { // null
		*root = yaml.Node{Kind: yaml.MappingNode, HeadComment: root.HeadComment}
	}
	return root
}

// scalar is a text; a number needs no quotes, since all is text to the reader.
func scalar(s string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Value: s}
	if s != "" && strings.Trim(s, "0123456789") == "" || s == "true" || s == "false" {
		return n
	}
	n.SetString(s)
	return n
}

func find(m *yaml.Node, key string) (int, bool) {
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == key {
			return i, true
		}
	}
	return 0, false
}

// child is the mapping below a key, made where there is none.
func child(m *yaml.Node, key string) *yaml.Node {
	if i, ok := find(m, key); ok {
		c := m.Content[i+1]
		if c.Kind == yaml.AliasNode {
			// What is said once for several is said here on its own now.
			c = &yaml.Node{Kind: yaml.MappingNode, Content: slices.Clone(c.Alias.Content)}
			m.Content[i+1] = c
		}
		if c.Kind != yaml.MappingNode {
			*c = yaml.Node{Kind: yaml.MappingNode, HeadComment: c.HeadComment, LineComment: c.LineComment, FootComment: c.FootComment}
		}
		return c
	}
	c := &yaml.Node{Kind: yaml.MappingNode}
	m.Content = append(m.Content, scalar(key), c)
	return c
}

func put(m *yaml.Node, key string, value *yaml.Node) {
	if i, ok := find(m, key); ok {
		old := m.Content[i+1]
		value.HeadComment, value.LineComment, value.FootComment = old.HeadComment, old.LineComment, old.FootComment
		m.Content[i+1] = value
		return
	}
	m.Content = append(m.Content, scalar(key), value)
}

func putFirst(m *yaml.Node, key string, value *yaml.Node) {
	if _, ok := find(m, key); ok {
		put(m, key, value)
		return
	}
	m.Content = append([]*yaml.Node{scalar(key), value}, m.Content...)
}

func remove(m *yaml.Node, key string) {
	if i, ok := find(m, key); ok {
		m.Content = slices.Delete(m.Content, i, i+2)
	}
}
