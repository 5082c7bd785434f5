package spec

import (
	"reflect"

	"go.yaml.in/yaml/v3"
)

func (g *Given) read(f *file, n *yaml.Node) {
	g.node, g.keys = n, map[string]mark{}
	if n.Kind != yaml.MappingNode || len(n.Content) != 2 {
		f.wrong(n, "write STREAM: [{key: …, value: …}] or advance: 10s, each with its own dash", "a step of given: is %s, not a map of one key", kindOf(n))
		return
	}
	f.eachKey(n, func(key, value *yaml.Node) {
		g.keys[key.Value] = mark{key, value}
		if value = resolve(value); key.Value == "advance" && value.Kind == yaml.ScalarNode {
			f.decode(value, reflect.ValueOf(&g.Advance).Elem(), fieldTag{name: "advance"})
			return
		}
		g.Source = key.Value
		f.decode(value, reflect.ValueOf(&g.Records).Elem(), fieldTag{name: key.Value, one: true})
	})
}

// read takes a map of keys and values, or a list of records.
func (s *ExpectedStore) read(f *file, n *yaml.Node) {
	s.node, s.keys = n, map[string]mark{}
	if n.Kind != yaml.MappingNode {
		f.decode(n, reflect.ValueOf(&s.Entries).Elem(), fieldTag{name: "stores"})
		return
	}
	f.eachKey(n, func(key, value *yaml.Node) {
		r := &Record{Key: f.any(key), Value: f.any(value)}
		r.node, r.keys = key, map[string]mark{"key": {key, key}, "value": {key, value}}
		s.Entries = append(s.Entries, r)
	})
}
