package main

import (
	"errors"
	"math"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"kq/internal/cli"
)

// defaultDataDir is where a user's programs keep data, by the custom of the
// system.
func defaultDataDir(env *cli.Env) (string, error) {
	home := env.Getenv("HOME")
	switch runtime.GOOS {
	case "windows":
		if dir := env.Getenv("LOCALAPPDATA"); dir != "" {
			return filepath.Join(dir, "kq"), nil
		}
	case "darwin":
		if home != "" {
			return filepath.Join(home, "Library", "Application Support", "kq"), nil
		}
	default:
		if dir := env.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
			return filepath.Join(dir, "kq"), nil
		}
		if home != "" {
			return filepath.Join(home, ".local", "share", "kq"), nil
		}
	}
	return "", cli.WithHint(errors.New("no home directory to keep data in"), "name a directory with --data DIR, or use --mem")
}

// parseSize reads a number of bytes, with or without a unit.
func parseSize(s string) (int64, error) {
	units := []struct {
		suffix string
		factor int64
	}{
		{"kib", 1 << 10},
		{"mib", 1 << 20},
		{"gib", 1 << 30},
		{"tib", 1 << 40},
		{"kb", 1e3},
		{"mb", 1e6},
		{"gb", 1e9},
		{"tb", 1e12},
		{"k", 1 << 10},
		{"m", 1 << 20},
		{"g", 1 << 30},
		{"t", 1 << 40},
		{"b", 1},
		{"", 1},
	}
	text := strings.ToLower(strings.TrimSpace(s))
	for _, u := range units {
		number, ok := strings.CutSuffix(text, u.suffix)
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil || math.IsNaN(n) || n <= 0 || n*float64(u.factor) >= math.MaxInt64 {
			break
		}
		return int64(n * float64(u.factor)), nil
	}
	return 0, errors.New("want a size such as 512MiB or 2GiB")
}
