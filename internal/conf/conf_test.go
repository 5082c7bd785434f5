package conf_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"kq/internal/conf"
)

func TestResolvePrecedence(t *testing.T) {
	env := func(v string) func(string) string {
		return func(name string) string {
			if name == conf.EnvBootstrap {
				return v
			}
			return ""
		}
	}
	tests := []struct {
		name   string
		flag   string
		env    string
		want   []string
		origin string
	}{
		{"nothing given", "", "", []string{"localhost:9092"}, "the default"},
		{"environment", "", "a:1,b:2", []string{"a:1", "b:2"}, "KQ_BOOTSTRAP"},
		{"flag wins", "c:3", "a:1", []string{"c:3"}, "--bootstrap"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := conf.Resolve(conf.Flags{Bootstrap: tt.flag}, env(tt.env))
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(s.Bootstrap, tt.want) || s.Origin != tt.origin {
				t.Errorf("got %v from %s, want %v from %s", s.Bootstrap, s.Origin, tt.want, tt.origin)
			}
		})
	}
	if _, err := conf.Resolve(conf.Flags{}, env("x:y")); err == nil || !strings.HasPrefix(err.Error(), "KQ_BOOTSTRAP: ") {
		t.Errorf("a bad environment is not named: %v", err)
	}
	if _, err := conf.Resolve(conf.Flags{Timeout: -time.Second}, env("")); err == nil {
		t.Error("a negative timeout passed")
	}
}

func TestParseBootstrap(t *testing.T) {
	good := map[string]string{
		"h":                        "h:9092",
		"h:1":                      "h:1",
		" a:1 , b:2,":              "a:1 b:2",
		"a:1,a:1":                  "a:1",
		"::1":                      "[::1]:9092",
		"[::1]":                    "[::1]:9092",
		"[::1]:19092":              "[::1]:19092",
		"PLAINTEXT://h:9,10.0.0.1": "h:9 10.0.0.1:9092",
	}
	for in, want := range good {
		got, err := conf.ParseBootstrap(in)
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%q: got %v, %v; want %s", in, got, err, want)
		}
	}
	for _, in := range []string{"", ",", "h:", ":9092", "h:0", "h:70000", "h:x", "a:b:c", "http://h:1", "SSL://h:1", "a b:1", "[]:1"} {
		if got, err := conf.ParseBootstrap(in); !errors.Is(err, conf.ErrAddress) {
			t.Errorf("%q: got %v, %v; want ErrAddress", in, got, err)
		}
	}
}

func TestDialMap(t *testing.T) {
	m, err := conf.ParseDialMap([]string{"kafka:9092=127.0.0.1:19092", "kafka=10.0.0.9", "[::1]=v6:1"})
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{
		"kafka:9092": "127.0.0.1:19092",
		"Kafka:9093": "10.0.0.9:9093",
		"other:9092": "other:9092",
		"[::1]:77":   "v6:1",
	} {
		if got := m.Map(in); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
	for _, bad := range []string{"", "a", "a=", "=b", "a:x=b"} {
		if _, err := conf.ParseDialMap([]string{bad}); err == nil {
			t.Errorf("%q passed", bad)
		}
	}
}

// FuzzParseAddress: what passes is stable, and nothing panics.
func FuzzParseAddress(f *testing.F) {
	for _, s := range []string{"h", "h:1", "[::1]:2", "::1", "a=b", "[", "]", "fe80::1%eth0"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		addr, err := conf.ParseAddress(s)
		if err != nil {
			return
		}
		again, err := conf.ParseAddress(addr)
		if err != nil || again != addr {
			t.Errorf("%q gave %q, which gives %q, %v", s, addr, again, err)
		}
	})
}
