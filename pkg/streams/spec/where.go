package spec

import (
	"go.yaml.in/yaml/v3"

	"kq/internal/nearest"
)

// Pos is a place in a job file: line and column count from 1, columns in
// characters. The zero Pos is nowhere.
type Pos struct{ Line, Column int }

// Where is the place of a map of the file and of its keys.
type Where struct {
	node *yaml.Node
	keys map[string]mark
}

// mark is a key of a map and its value; key is nil where a bare scalar stands for the map.
type mark struct{ key, value *yaml.Node }

func (w *Where) where() *Where { return w }

// At is where the map begins.
func (w *Where) At() Pos { return posOf(w.node) }

// Has says whether the key was given.
func (w *Where) Has(key string) bool { _, ok := w.keys[key]; return ok }

// KeyAt is where the key stands, the map's own place where it was not given.
func (w *Where) KeyAt(key string) Pos { return posOf(w.keyNode(key)) }

// ValueAt is where the value of the key begins, the map's own place where it was not given.
func (w *Where) ValueAt(key string) Pos { return posOf(w.valueNode(key)) }

// misspelt says that a key was most likely meant to be this one.
func (w *Where) misspelt(key string) bool {
	for k := range w.keys {
		if nearest.Name(k, []string{key}) == key {
			return true
		}
	}
	return false
}

func (w *Where) keyNode(key string) *yaml.Node {
	m, ok := w.keys[key]
	switch {
	case ok && m.key != nil:
		return m.key
	case ok:
		return m.value
	}
	return w.node
}

func (w *Where) valueNode(key string) *yaml.Node {
	m, ok := w.keys[key]
	switch {
	case ok && m.value != nil && m.value.Line > 0:
		return m.value
	case ok && m.key != nil:
		return m.key
	}
	return w.node
}

// item is the i-th entry of the list under key, the value itself where it is no list.
func (w *Where) item(key string, i int) *yaml.Node {
	n := w.valueNode(key)
	if n != nil && n.Kind == yaml.SequenceNode && i < len(n.Content) {
		return n.Content[i]
	}
	return n
}

func posOf(n *yaml.Node) Pos {
	if n == nil {
		return Pos{}
	}
	return Pos{n.Line, n.Column}
}
