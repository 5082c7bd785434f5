package main

import (
	"testing"

	"kq/internal/cli"
)

func TestParseSize(t *testing.T) {
	for in, want := range map[string]int64{
		"1": 1, "100b": 100, "4k": 4096, "4KiB": 4096, "4kB": 4000, "1.5GiB": 3 << 29, "2g": 2 << 30,
		" 10 MiB ": 10 << 20, "1TB": 1e12,
	} {
		if got, err := parseSize(in); err != nil || got != want {
			t.Errorf("%q = %d, %v, want %d", in, got, err, want)
		}
	}
	for _, in := range []string{"", "x", "-1", "0", "1x", "KiB", "1e30", "NaN", "Inf"} {
		if got, err := parseSize(in); err == nil {
			t.Errorf("%q = %d, want an error", in, got)
		}
	}
}

func TestDefaultDataDir(t *testing.T) {
	env := func(vars map[string]string) *cli.Env {
		return &cli.Env{Getenv: func(name string) string { return vars[name] }}
	}
	if dir, err := defaultDataDir(env(nil)); err == nil {
		t.Errorf("without a home: %s", dir)
	}
	vars := map[string]string{"HOME": "/home/u", "XDG_DATA_HOME": "relative", "LOCALAPPDATA": `C:\Users\u\AppData\Local`}
	if dir, err := defaultDataDir(env(vars)); err != nil || dir == "" {
		t.Errorf("with a home: %q, %v", dir, err)
	}
}
