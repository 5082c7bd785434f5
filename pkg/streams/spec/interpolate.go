package spec

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

// reference is ${NAME}, ${NAME:-default}, ${vars.NAME}, or $${ for a plain ${.
var reference = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_.-]*?)(:-([^}]*))?\}|\$\{`)
})

// interpolate is the text of a scalar with what ${…} names in it.
func (f *file) interpolate(n *yaml.Node) string {
	if !strings.Contains(n.Value, "${") {
		return n.Value
	}
	return reference().ReplaceAllStringFunc(n.Value, func(s string) string {
		m := reference().FindStringSubmatch(s)
		switch {
		case s == "$${":
			return "${"
		case m[1] == "":
			f.wrong(n, "it is ${NAME}, ${NAME:-default} or ${vars.NAME}; write $${ for a plain ${", "a ${ that names no variable")
			return ""
		}
		if name, ok := strings.CutPrefix(m[1], "vars."); ok {
			return f.variable(n, name, m[2] != "", m[3])
		}
		v, ok := f.getenv(m[1])
		if m[2] != "" && (!ok || v == "") {
			return m[3]
		}
		if !ok {
			f.wrong(n, "set it, or give a default: ${"+m[1]+":-default}", "the environment has no %s", m[1])
		}
		return v
	})
}

func (f *file) variable(n *yaml.Node, name string, has bool, otherwise string) string {
	v, ok := f.vars[name]
	switch {
	case ok:
		return v
	case has:
		return otherwise
	}
	f.wrong(n, suggest(name, slices.Sorted(maps.Keys(f.vars))), "vars has no %q", name)
	return ""
}
