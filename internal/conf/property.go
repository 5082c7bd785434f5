package conf

import (
	"slices"
	"sync"

	"kq/internal/nearest"
)

// Kind is what the value of a property looks like.
type Kind string

// The kinds of values.
const (
	Text   Kind = "text"
	Bool   Kind = "bool"
	Int    Kind = "number"
	Bytes  Kind = "bytes"
	Millis Kind = "ms" // a number of milliseconds, or a duration with its unit
	Choice Kind = "choice"
	Path   Kind = "file"
)

// Property is one setting of a client, under the name that Kafka's Java client
// has for it; librdkafka's names are among the aliases.
type Property struct {
	Name    string
	Aliases []string
	Kind    Kind
	Doc     string   // a phrase
	Choices []string // of kind Choice, lower case where Fold
	Least   int64    // of the kinds with numbers
	Most    int64    // as Least; 0 for no bound but that of the kind
	Secret  bool     // never shown
	Upper   bool     // choices are told apart, and kept, in upper case

	// Unused says why kq does not take a property that others know. Such a
	// property may stand in a .properties file, which serves several programs, and
	// nowhere else.
	Unused string
}

// Env is the environment variable of a property: KQ_ and its name, upper case,
// with _ for dots.
func Env(name string) string {
	b := append(make([]byte, 0, 48), "KQ_"...)
	for _, c := range []byte(name) {
		switch {
		case c == '.':
			c = '_'
		case c >= 'a' && c <= 'z':
			c -= 'a' - 'A'
		}
		b = append(b, c)
	}
	return string(b)
}

// index is the table, made when it is first asked.
type index struct {
	used   []Property
	byName map[string]Property // and by alias
	names  []string            // of those used, with their aliases
}

var known = sync.OnceValue(func() *index {
	x := &index{byName: map[string]Property{}}
	for _, p := range table() {
		for _, name := range append([]string{p.Name}, p.Aliases...) {
			x.byName[name] = p
			if p.Unused == "" {
				x.names = append(x.names, name)
			}
		}
		if p.Unused == "" {
			x.used = append(x.used, p)
		}
	}
	return x
})

// Properties are all that kq knows and uses, in the order of the table.
func Properties() []Property { return slices.Clone(known().used) }

// Find returns the property that has name as its name or one of its aliases.
func Find(name string) (Property, bool) {
	p, ok := known().byName[name]
	return p, ok
}

// names are the names and aliases of all properties that can be set.
func names() []string { return slices.Clone(known().names) }

// unknown is the error of a name that is no property.
func unknown(where, name string) error {
	hint := "kq -X list prints all properties"
	if near := nearest.Name(name, names()); near != "" {
		hint = "did you mean " + near + "? " + hint
	}
	return errorf(hint, "%s: unknown property %q", where, name)
}
