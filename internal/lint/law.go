package lint

import (
	"path"
	"slices"
	"strings"
)

// brokerLayers is the order of DESIGN: a package may import those of lower
// layers. Packages of one layer never import each other: coordinators reach
// each other through interfaces.
var brokerLayers = map[string]int{
	"pkg/broker/batch":          0,
	"pkg/broker/vfs":            0,
	"pkg/broker/logstore":       1,
	"pkg/broker/internal/meta":  2,
	"pkg/broker/internal/topic": 3,
	// what coordinators stand on
	"pkg/broker/internal/statelog":        4,
	"pkg/broker/internal/group/machine":   4,
	"pkg/broker/internal/group/assign":    4,
	"pkg/broker/internal/group/classic":   5,
	"pkg/broker/internal/group/grouptest": 5,
	"pkg/broker/internal/group/consumer":  6,
	"pkg/broker/internal/group/share":     6,
	"pkg/broker/internal/group":           7,
	"pkg/broker/internal/txn":             7,
	"pkg/broker/internal/share":           7,
	"pkg/broker/internal/replica":         7,
	"pkg/broker/internal/cluster":         7,
	"pkg/broker/internal/auth":            7,
	"pkg/broker/internal/quota":           7,
	"pkg/broker/internal/api":             8,
	"pkg/broker":                          9,
	"pkg/broker/brokertest":               10,
}

// staterec's users: the coordinators write the records, kq consume shows them.
var stateRecordUsers = []string{"pkg/broker/internal/group", "pkg/broker/internal/group/classic", "pkg/broker/internal/group/consumer", "pkg/broker/internal/group/share", "pkg/broker/internal/txn", "pkg/broker/internal/share", "internal/format"}

// sideRooms stand alone, and only the packages named may import them.
var sideRooms = map[string][]string{
	"internal/staterec":             stateRecordUsers,
	"internal/gather":               {"pkg/broker/logstore", "pkg/broker/ingest"},
	"internal/newtopic":             {"pkg/produce", "pkg/broker/ingest"},
	"internal/properties":           {"internal/conf", "pkg/broker"}, // one format, for clients and brokers alike
	"pkg/broker/internal/wire":      {"pkg/broker/internal/api", "pkg/broker"},
	"pkg/broker/internal/memconn":   {"pkg/broker"},
	"pkg/broker/internal/configdef": {"pkg/broker/internal/meta", "pkg/broker/internal/topic", "pkg/broker/internal/group", "pkg/broker/internal/group/classic", "pkg/broker/internal/group/consumer", "pkg/broker/internal/group/share", "pkg/broker/internal/txn", "pkg/broker/internal/share", "pkg/broker/internal/replica", "pkg/broker/internal/cluster", "pkg/broker/internal/auth", "pkg/broker/internal/quota", "pkg/broker/internal/api", "pkg/broker"},
}

// onTop are pkg/broker's neighbours that sit on a client: they see no broker
// package, and only cmd/kq sees them.
var onTop = map[string][]string{
	"pkg/broker/registry": {"internal/serde"},
	"pkg/broker/ingest":   {"internal/format", "internal/gather", "internal/newtopic"},
}

// clientLibraries are the public libraries, each with the module packages it
// may import beside its own and internalForLibraries.
var clientLibraries = map[string][]string{
	"pkg/admin":            {"pkg/broker/logstore"},
	"pkg/produce":          {"internal/newtopic"},
	"pkg/consume":          nil,
	"pkg/consume/transfer": {"pkg/produce"},
	"pkg/streams":          nil,
}

// streamsLayers is the order inside pkg/streams: a package imports those of
// lower layers only.
var streamsLayers = map[string]int{
	"pkg/streams/codec":         0,
	"pkg/streams/state":         0,
	"pkg/streams/expr":          1,
	"pkg/streams/topology":      1,
	"pkg/streams/dsl":           2,
	"pkg/streams/graph":         3,
	"pkg/streams/task":          2,
	"pkg/streams/driver":        3,
	"pkg/streams/query":         3,
	"pkg/streams/spec":          4,
	"pkg/streams/run":           4,
	"pkg/streams/spec/spectest": 5,
	"pkg/streams":               6,
}

// internalForLibraries may be used by the client libraries (not in their exported signatures).
// nearest serves the suggestions of pkg/streams/spec.
var internalForLibraries = []string{"internal/format", "internal/serde", "internal/client", "internal/conf", "internal/when", "internal/nearest"}

// internals lists what each package of internal/ may import of the module. cmd/kq and internal/compat see everything.
var internals = map[string][]string{
	"internal/nearest": {},
	"internal/cli":     {"internal/conf", "internal/client", "internal/nearest"},
	"internal/conf":    {"internal/nearest", "internal/properties"},
	"internal/client":  {"internal/conf"},
	"internal/out":     {},
	"internal/format":  {"internal/serde", "internal/staterec"},
	"internal/serde":   {},
	"internal/when":    {},
	"internal/golden":  {},
	"internal/lint":    {},
	"internal/task":    {"internal/golden", "internal/interop"},
	"internal/interop": {"internal/golden"},
	"docs":             {},
	"docs/examples":    {},
}

// seeEverything may import any package of the module.
var seeEverything = []string{"cmd/kq", "internal/compat"}

// Law is the import law.
var Law = Rule{Name: "law", Check: func(t *Tree, report func(string, int, string, ...any)) {
	for _, f := range t.Files {
		if f.Nested || f.Dir == "completions" {
			continue
		}
		for _, spec := range f.AST.Imports {
			p, ok := strings.CutPrefix(strings.Trim(spec.Path.Value, `"`), Module+"/")
			if !ok {
				continue
			}
			if why := breaks(f.Dir, p, f.Test); why != "" {
				report(f.Path, t.line(spec.Pos()), "%s may not import %s: %s", f.Dir, p, why)
			}
		}
		if !known(f.Dir) {
			report(f.Path, 1, "package %s has no place in the import law: give it one in internal/lint/law.go", f.Dir)
		}
	}
}}

// breaks says why the package at from may not import the one at to, "" when it may.
func breaks(from, to string, test bool) string {
	if from == to || slices.Contains(seeEverything, from) {
		return ""
	}
	if test && slices.Contains([]string{"pkg/broker/brokertest", "pkg/streams/driver", "internal/golden", "docs/examples"}, to) {
		return ""
	}
	if rooms, ok := sideRooms[to]; ok && !slices.Contains(rooms, from) {
		return "only " + strings.Join(rooms, ", ") + " do"
	}
	if _, ok := onTop[to]; ok {
		return "only cmd/kq does"
	}
	switch {
	case strings.HasPrefix(from, "pkg/broker"):
		return brokerBreaks(from, to, test)
	case strings.HasPrefix(from, "pkg/"):
		return libraryBreaks(from, to)
	case strings.HasPrefix(from, "internal/"):
		if !slices.Contains(internals[from], to) {
			return "internal packages import what the law lists for them"
		}
	}
	return ""
}

func brokerBreaks(from, to string, test bool) string {
	if allowed, ok := onTop[from]; ok {
		if slices.Contains(allowed, to) {
			return ""
		}
		return "it sits on top of a client"
	}
	if rooms, ok := sideRooms[from]; ok {
		return "it stands alone (its users: " + strings.Join(rooms, ", ") + ")"
	}
	if _, ok := sideRooms[to]; ok {
		return "" // asked before: it is one of the room's users
	}
	if !strings.HasPrefix(to, "pkg/broker") {
		return "the broker imports no other package of the module"
	}
	if test && to == "pkg/broker" {
		return "" // an example or an external test of a lower layer
	}
	lower, higher := brokerLayers[to], brokerLayers[from]
	if lower >= higher {
		return "the arrow points the other way"
	}
	return ""
}

func libraryBreaks(from, to string) string {
	lower, inStreams := streamsLayers[to]
	if higher, ok := streamsLayers[from]; ok && inStreams && lower >= higher {
		return "the arrow points the other way"
	}
	own := strings.Join(strings.SplitN(from, "/", 3)[:2], "/")
	if slices.Contains(clientLibraries[from], to) || strings.HasPrefix(to+"/", own+"/") || slices.Contains(internalForLibraries, to) {
		return ""
	}
	return "client libraries stand beside each other, away from the broker and the command line"
}

func known(dir string) bool {
	_, layer := brokerLayers[dir]
	_, side := sideRooms[dir]
	_, top := onTop[dir]
	_, internal := internals[dir]
	if layer || side || top || internal || slices.Contains(seeEverything, dir) {
		return true
	}
	for d := dir; d != "." && d != "pkg"; d = path.Dir(d) {
		if _, ok := clientLibraries[d]; ok {
			return true
		}
	}
	return false
}

// libraries says which packages may import a module that is not ours; a
// package not covered here may not be imported at all. Tests may use them everywhere.
var libraries = map[string][]string{
	"github.com/spf13/cobra":                {"cmd/kq", "internal/cli", "internal/compat"},
	"github.com/spf13/pflag":                {"cmd/kq", "internal/cli", "internal/compat"},
	"github.com/olekukonko/tablewriter":     {"internal/out"},
	"github.com/prometheus/client_golang":   {"pkg/broker"},
	"github.com/klauspost/compress":         {"pkg/broker/batch", "internal/interop"},
	"github.com/pierrec/lz4/v4":             {"pkg/broker/batch", "internal/interop"},
	"golang.org/x/sys":                      {"pkg/broker", "pkg/broker/vfs", "internal/cli", "cmd/kq"},
	"golang.org/x/term":                     {"internal/cli", "cmd/kq"},
	"github.com/cockroachdb/pebble/v2":      {"pkg/streams/state"},
	"github.com/tidwall/btree":              {"pkg/streams/state"},
	"github.com/expr-lang/expr":             {"pkg/streams/expr"},
	"go.yaml.in/yaml/v3":                    {"internal/conf", "internal/out", "pkg/streams", "pkg/admin"},
	"github.com/twmb/franz-go/pkg/sasl":     {"internal/client"},
	"github.com/twmb/franz-go/pkg/kmsg":     {"*"},
	"github.com/twmb/franz-go/pkg/kerr":     {"*"},
	"github.com/twmb/franz-go/pkg/kgo":      {"pkg/admin", "pkg/produce", "pkg/consume", "pkg/streams", "pkg/broker/registry", "pkg/broker/ingest", "internal/client", "internal/cli", "internal/format", "internal/serde", "internal/compat", "cmd/kq"},
	"github.com/twmb/franz-go/pkg/kversion": {"cmd/kq", "internal/compat", "pkg/admin", "pkg/consume/transfer", "pkg/streams/run/sender"},
	"github.com/twmb/franz-go/pkg/kadm":     {"pkg/admin", "pkg/produce", "pkg/consume", "pkg/streams", "internal/client", "internal/cli", "internal/compat", "cmd/kq"},
	"github.com/rogpeppe/go-internal":       {},
	"github.com/hamba/avro/v2":              {"internal/serde"},
}

// Libraries keeps each outside module in its room.
var Libraries = Rule{Name: "libraries", Check: func(t *Tree, report func(string, int, string, ...any)) {
	for _, f := range t.Files {
		if f.Nested {
			continue
		}
		for _, spec := range f.AST.Imports {
			p := strings.Trim(spec.Path.Value, `"`)
			if first, _, _ := strings.Cut(p, "/"); !strings.Contains(first, ".") {
				continue // the standard library, or ours
			}
			users, ok := users(p)
			switch {
			case !ok:
				report(f.Path, t.line(spec.Pos()), "no package may import %s: internal/lint/law.go does not list it", p)
			case !f.Test && !slices.Contains(users, "*") && !slices.Contains(users, f.Dir) && !slices.ContainsFunc(users, func(u string) bool {
				return !strings.HasPrefix(u, "pkg/broker") && strings.HasPrefix(f.Dir, u+"/")
			}):
				report(f.Path, t.line(spec.Pos()), "%s may not import %s: only %s do", f.Dir, p, strings.Join(users, ", "))
			}
		}
	}
}}

// users finds who may import p, by the longest module prefix.
func users(p string) ([]string, bool) {
	for m := p; m != "." && m != "/"; m = path.Dir(m) {
		if u, ok := libraries[m]; ok {
			return u, true
		}
	}
	return nil, false
}
