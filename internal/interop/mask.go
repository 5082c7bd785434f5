package interop

import (
	"encoding/base64"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"sort"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// masker turns decoded answers into trees of JSON values in which everything
// that differs from run to run is replaced. Ids keep their identity: the first
// topic id of a row is "topic-id#1" wherever it shows up again, in texts too.
type masker struct {
	row    *Row
	tokens map[string]string // raw id -> token
	counts map[string]int    // kind -> tokens handed out
	texts  []string          // old, new pairs for a strings.Replacer over messages
	now    time.Time
}

func newMasker(row *Row) *masker {
	return &masker{row: row, tokens: map[string]string{}, counts: map[string]int{}, now: time.Now()}
}

// tree renders resp, an answer to api, as a masked tree.
func (m *masker) tree(api string, resp kmsg.Response) map[string]any {
	out, _ := m.value("", reflect.ValueOf(resp)).(map[string]any)
	delete(out, "Version")
	if m.row.Edit != nil {
		m.row.Edit(api, out)
	}
	m.mask("", out)
	if api == "Produce" { // the order of the answers means nothing
		byOrder(out["Topics"])
		for _, t := range asList(out["Topics"]) {
			if t, ok := t.(map[string]any); ok {
				byOrder(t["Partitions"])
			}
		}
	}
	return out
}

// value renders v, which stands at the dotted path.
func (m *masker) value(path string, v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return m.value(path, v.Elem())
	case reflect.Struct:
		return m.fields(path, v)
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return m.bytes(path, v)
		}
		if v.IsNil() {
			return nil
		}
		list := make([]any, v.Len())
		for i := range list {
			list[i] = m.value(path, v.Index(i))
		}
		return list
	case reflect.Array:
		return m.id("topic-id", v.Interface().([16]byte))
	case reflect.String:
		return m.text(path, v.String())
	case reflect.Int64:
		return m.number(path, v.Int())
	case reflect.Int8, reflect.Int16, reflect.Int32:
		return m.number(path, v.Int())
	case reflect.Uint8, reflect.Uint16, reflect.Uint32:
		return v.Uint()
	case reflect.Bool:
		return v.Bool()
	case reflect.Float64:
		return v.Float()
	default:
		return fmt.Sprint(v.Interface())
	}
}

func (m *masker) fields(path string, v reflect.Value) any {
	out := map[string]any{}
	plain := reflect.New(v.Type())
	if d, ok := plain.Interface().(interface{ Default() }); ok {
		d.Default()
	}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() || f.Type == reflect.TypeFor[kmsg.Tags]() {
			continue
		}
		if f.Name != "ErrorCode" && reflect.DeepEqual(v.Field(i).Interface(), plain.Elem().Field(i).Interface()) {
			continue // goldens name only what differs from the schema's default
		}
		p := f.Name
		if path != "" {
			p = path + "." + f.Name
		}
		out[f.Name] = m.value(p, v.Field(i))
	}
	return out
}

func (m *masker) bytes(path string, v reflect.Value) any {
	if v.IsNil() {
		return nil
	}
	b := v.Bytes()
	switch last(path) {
	case "RecordBatches", "Records":
		return describeRecords(b, m)
	}
	if utf8.Valid(b) {
		return string(b)
	}
	return fmt.Sprintf("%x", b)
}

// id returns the token of a 16-byte id.
func (m *masker) id(kind string, id [16]byte) any {
	if id == ([16]byte{}) {
		return "zero"
	}
	_, known := m.tokens[string(id[:])]
	tok := m.token(kind, string(id[:]))
	if !known {
		m.texts = append(m.texts, base64.RawURLEncoding.EncodeToString(id[:]), tok)
	}
	return tok
}

func (m *masker) token(kind, raw string) string {
	if t, ok := m.tokens[raw]; ok {
		return t
	}
	m.counts[kind]++
	t := fmt.Sprintf("%s#%d", kind, m.counts[kind])
	m.tokens[raw] = t
	return t
}

func (m *masker) text(path, s string) any {
	switch {
	case last(path) == "ClusterID" && s != "":
		return fmt.Sprintf("a cluster id of %d characters", len(s))
	case last(path) == "Dir" && s != "":
		return "a directory"
	case last(path) == "MemberID" || last(path) == "LeaderID":
		m.member(s)
	}
	return strings.NewReplacer(m.texts...).Replace(s)
}

// generated matches the part of a member id that a coordinator makes up: a
// UUID in either notation.
var generated = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$|^[A-Za-z0-9_-]{22}$`)

// member gives the generated part of a member id a token, in texts too.
func (m *masker) member(id string) {
	part := generated.FindString(id)
	if _, known := m.tokens[part]; part == "" || known {
		return
	}
	m.texts = append(m.texts, part, m.token("member", part))
}

func (m *masker) number(path string, n int64) any {
	switch name := last(path); {
	case name == "Port" && n > 0:
		return "a port"
	case name == "ProducerID" && n >= 0:
		return m.token("producer", fmt.Sprintf("pid%d", n))
	case name == "SessionID" && n > 0:
		return m.token("session", fmt.Sprintf("session%d", n))
	case (name == "TotalBytes" || name == "UsableBytes") && n > 0:
		return "some bytes"
	case strings.Contains(name, "Time") && m.recent(n):
		return "now"
	}
	return n
}

// recent reports whether n is a time in ms of this run.
func (m *masker) recent(n int64) bool {
	d := time.UnixMilli(n).Sub(m.now)
	return n > 0 && d < time.Hour && d > -time.Hour
}

// mask applies the row's Drop, Mask and Sort lists to a tree, in place.
func (m *masker) mask(path string, tree map[string]any) {
	for k, v := range tree {
		p := k
		if path != "" {
			p = path + "." + k
		}
		if m.hit(m.row.Drop, p) {
			delete(tree, k)
			continue
		}
		if m.hit(m.row.Mask, p) && v != nil && v != "" {
			tree[k] = "masked"
			continue
		}
		switch v := v.(type) {
		case map[string]any:
			m.mask(p, v)
		case []any:
			for _, e := range v {
				if sub, ok := e.(map[string]any); ok {
					m.mask(p, sub)
				}
			}
			if m.hit(m.row.Sort, p) {
				byOrder(v)
			}
		}
	}
}

func (m *masker) hit(list []string, path string) bool {
	return slices.Contains(list, path) || slices.Contains(list, last(path))
}

func last(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

// byOrder sorts a list of rendered values in place; anything else stays.
func byOrder(v any) {
	list := asList(v)
	key := func(i int) string {
		if m, ok := list[i].(map[string]any); ok && m["Name"] != nil {
			return fmt.Sprint(m["Name"], " ", m)
		}
		return fmt.Sprint(list[i])
	}
	sort.SliceStable(list, func(i, j int) bool { return key(i) < key(j) })
}

func asList(v any) []any {
	list, _ := v.([]any)
	return list
}
