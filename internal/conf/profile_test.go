package conf_test

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"kq/internal/conf"
)

func TestExpand(t *testing.T) {
	vars := env("A=1", "B_2=x y")
	for in, want := range map[string]string{
		"": "", "x": "x", "${A}": "1", "a${A}b${B_2}": "a1bx y", "${C:-d}": "d", "${C:-}": "", "${A:-d}": "1", "$A": "$A", "$${A}": "${A}", "$$": "$$", "}{": "}{",
	} {
		if got, err := conf.Expand(in, vars); err != nil || got != want {
			t.Errorf("%q: got %q, %v; want %q", in, got, err, want)
		}
	}
	for in, want := range map[string]error{"${C}": conf.ErrVariable, "${": conf.ErrReference, "${}": conf.ErrReference, "${a b}": conf.ErrReference, "${A": conf.ErrReference} {
		if got, err := conf.Expand(in, vars); !errors.Is(err, want) {
			t.Errorf("%q: got %q, %v", in, got, err)
		}
	}
}

func TestConfigPath(t *testing.T) {
	if got := conf.ConfigPath(none); got != "" {
		t.Errorf("without a home: %q", got)
	}
	if got := conf.ConfigPath(env("KQ_CONFIG=x.yaml", "HOME=/h")); got != "x.yaml" {
		t.Error(got)
	}
}

func TestMistakesInTheFile(t *testing.T) {
	for text, want := range map[string]string{
		"x":                                "f:1:1: the file: KEY: VALUE lines are needed here",
		"currnt: a":                        "f:1:1: the file: unknown key \"currnt\"",
		"current: [a]":                     "f:1:10: current: one value is needed here",
		"current:":                         "current has no value",
		"profiles: 3":                      "f:1:11: profiles: KEY: VALUE lines are needed here",
		"profiles:\n  a/b: {}":             "f:2:3: \"a/b\" cannot be the name of a profile",
		"profiles:\n  a:\n    b: 1":        "f:3:5: profile a: unknown key \"b\"",
		"profiles: {a: {protected: yes}}":  "protected is true or false",
		"profiles: {a: {timeout: soon}}":   "not a duration",
		"profiles: {a: {properties: [x]}}": "KEY: VALUE lines are needed here",
		"profiles: {a: {properties: {acks: [1]}}}":   "acks: one value is needed here",
		"profiles: {a: {properties: {acks: }}}":      "acks has no value",
		"profiles: {a: {properties: {group.id: x}}}": "does not use the property",
		"profiles: {a: {dial-map: [{}]}}":            "one value is needed",
		"\t":                                         "f:1:1: ",
		"a: &x [*x]\n":                               "unknown key",
		"[a]: b":                                     "a key is a word",
	} {
		_, err := conf.ParseFile("f", []byte(text))
		var wrong *conf.Error
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
	for _, text := range []string{"", "# nothing", "---", "profiles:", "profiles:\n  a:\n", "x: &d\n", "profiles:\n  a: &a\n    bootstrap: h\n  b: *a\n"} {
		if _, err := conf.ParseFile("f", []byte(text)); err != nil && text != "x: &d\n" {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestWriteProfiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "config.yaml")
	f, err := conf.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	set := func(name string, changes ...string) {
		t.Helper()
		var all []conf.Change
		for _, text := range changes {
			c, err := conf.ParseChange(text)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, c)
		}
		if err := f.Set(name, all); err != nil {
			t.Fatal(err)
		}
	}
	set("a", "bootstrap=h:1", "dial-map=x=y,z=w", "protected=1", "sasl.password=# : {} ${X} \"'", "retries=3")
	set("b", "timeout=3s", "output=json")
	set("a", "retries=")
	if err := f.Use("b"); err != nil {
		t.Fatal(err)
	}
	if err := f.Write(); err != nil {
		t.Fatal(err)
	}
	st, err := os.Stat(path)
	if err != nil || runtime.GOOS != "windows" && st.Mode().Perm()&0o077 != 0 {
		t.Errorf("mode %v, %v", st.Mode(), err)
	}
	again, err := conf.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	a, err := again.Find("test", "a")
	if err != nil || again.Current != "b" || !a.Protected || len(a.DialMap) != 2 || len(a.Properties) != 1 || a.Properties[0].Value != "# : {} ${X} \"'" {
		t.Errorf("got %+v, %v", again, err)
	}
	if err := again.Delete("b"); err != nil || again.Current != "" || !reflect.DeepEqual(again.Names(), []string{"a"}) {
		t.Errorf("got %+v, %v", again, err)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	if err != nil || len(left) != 1 {
		t.Errorf("files left: %v, %v", left, err)
	}
}

// FuzzParseFile: hostile files end with an error that has a place; what passes
// is the same after a change and back.
func FuzzParseFile(f *testing.F) {
	for _, s := range []string{
		"current: a\nprofiles:\n  a:\n    bootstrap: h\n    properties: {acks: 1}\n", "profiles: {a: &x {}, b: *x}", "a: *a", "# x", "{", "profiles:\n  a: !!binary x", "profiles: &p\n  a: *p",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		file, err := conf.ParseFile("f", []byte(s))
		if err != nil {
			if !strings.HasPrefix(err.Error(), "f:") {
				t.Errorf("%q: no place in %v", s, err)
			}
			return
		}
		names := file.Names()
		if _, err := file.Find("test", "zz-new"); err == nil {
			return
		}
		if err := file.Set("zz-new", []conf.Change{{Key: "acks", Value: "1"}}); err != nil {
			t.Fatalf("%q: set: %v", s, err)
		}
		if err := file.Delete("zz-new"); err != nil {
			t.Fatalf("%q: delete: %v", s, err)
		}
		if got := file.Names(); len(got) != len(names) || len(got) > 0 && !reflect.DeepEqual(got, names) {
			t.Errorf("%q: had %q, has %q", s, names, got)
		}
	})
}

func BenchmarkReadFile(b *testing.B) {
	path := filepath.Join(b.TempDir(), "config.yaml")
	text := "current: p1\nprofiles:\n"
	for _, n := range []string{"p1", "p2", "p3", "p4", "p5"} {
		text += "  " + n + ":\n    bootstrap: a:1,b:2\n    properties:\n      security.protocol: SASL_SSL\n      sasl.mechanism: PLAIN\n      sasl.username: me\n      sasl.password: ${X:-y}\n"
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := conf.Resolve(conf.Flags{}, env("KQ_CONFIG="+path)); err != nil {
			b.Fatal(err)
		}
	}
}
