package query

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"kq/pkg/streams/state"
)

// errParams is a query string that makes no sense.
var errParams = errors.New("bad query")

// The number of entries of an answer.
const (
	usualLimit = 1000
	mostLimit  = 100_000
)

// params is what a request asks for.
type params struct {
	key      []byte // nil: of all keys
	from, to []byte // bounds of keys, both included; nil: open
	prefix   string // of keys, as text
	// first and last bound windows by their start and sessions by overlap, milliseconds since 1970.
	first, last int64
	asOf        int64 // of a versioned store; MaxInt64: the latest
	limit       int
	reverse     bool
	stale       bool
	watch       bool
	redirect    bool
}

// knownParams are the names that a query string may hold; another one is a
// mistake, so that a misspelt bound does not answer everything.
var knownParams = []string{"key", "from", "to", "prefix", "window", "asOf", "limit", "reverse", "stale", "watch", "redirect"}

// parseParams reads the query string of a request for a store, and the key in
// its path, "" for none.
func parseParams(s *Store, path string, q url.Values) (*params, error) {
	if path != "" {
		if q.Has("key") {
			return nil, fmt.Errorf("%w: the key is in the path already", errParams)
		}
		q = maps.Clone(q)
		q.Set("key", path)
	}
	p := &params{first: math.MinInt64, last: math.MaxInt64, asOf: math.MaxInt64, limit: usualLimit}
	for name, values := range q {
		if !slices.Contains(knownParams, name) {
			return nil, fmt.Errorf("%w: %q is none of %s", errParams, clip(name), strings.Join(knownParams, ", "))
		}
		if len(values) != 1 {
			return nil, fmt.Errorf("%w: %s is given %d times", errParams, name, len(values))
		}
		if err := p.set(s, name, values[0]); err != nil {
			return nil, err
		}
	}
	switch {
	case p.prefix != "" && (p.from != nil || p.to != nil):
		return nil, fmt.Errorf("%w: prefix goes without from and to", errParams)
	case p.key != nil && (p.prefix != "" || p.from != nil || p.to != nil):
		return nil, fmt.Errorf("%w: a key goes without from, to and prefix", errParams)
	}
	return p, nil
}

func (p *params) set(s *Store, name, text string) (err error) {
	bad := func(want string) error {
		return fmt.Errorf("%w: %s=%s: want %s", errParams, name, clip(text), want)
	}
	flag := func(to *bool, words ...string) error {
		if !slices.Contains(words, text) {
			return bad(words[0])
		}
		*to = true
		return nil
	}
	switch name {
	case "key":
		p.key, err = parseKey(s.Key, text)
	case "from":
		p.from, err = parseKey(s.Key, text)
	case "to":
		p.to, err = parseKey(s.Key, text)
	case "prefix":
		if p.prefix = text; s.Key.Name() != "string" {
			err = fmt.Errorf("%w: prefix is for keys that are texts, these are %s", errParams, s.Key.Name())
		}
	case "window":
		if !s.windowed() {
			return fmt.Errorf("%w: window is for stores of windows and sessions", errParams)
		}
		from, to, ok := strings.Cut(text, "..")
		if !ok {
			to = from
		}
		var err1, err2 error
		if p.first, err1 = parseTime(from, math.MinInt64); err1 != nil {
			return bad("FROM..TO, each RFC 3339 or milliseconds since 1970, or nothing")
		}
		if p.last, err2 = parseTime(to, math.MaxInt64); err2 != nil || p.first > p.last {
			return bad("FROM..TO, each RFC 3339 or milliseconds since 1970, or nothing")
		}
	case "asOf":
		if s.Kind != state.VersionedKind {
			return fmt.Errorf("%w: asOf is for versioned stores", errParams)
		}
		if p.asOf, err = parseTime(text, math.MaxInt64); err != nil {
			return bad("RFC 3339 or milliseconds since 1970")
		}
	case "limit":
		if p.limit, err = strconv.Atoi(text); err != nil || p.limit < 1 || p.limit > mostLimit {
			return bad("a number from 1 to " + strconv.Itoa(mostLimit))
		}
	case "reverse":
		return flag(&p.reverse, "1", "true", "")
	case "watch":
		return flag(&p.watch, "1", "true", "")
	case "redirect":
		return flag(&p.redirect, "1", "true", "")
	case "stale":
		return flag(&p.stale, "ok", "1", "true")
	}
	return err
}

// parseTime reads RFC 3339 or milliseconds since 1970; nothing is open.
func parseTime(s string, open int64) (int64, error) {
	if s == "" {
		return open, nil
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, nil
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return 0, err
	}
	return t.UnixMilli(), nil
}

// wants says that a changed entry of s is among those asked for.
func (p *params) wants(s *Store, e *entry) bool {
	switch {
	case p.key != nil && string(p.key) != string(e.key),
		p.from != nil && string(e.key) < string(p.from),
		p.to != nil && string(e.key) > string(p.to),
		!strings.HasPrefix(string(e.key), p.prefix):
		return false
	}
	switch s.Kind {
	case state.WindowKind: // which counts by its start
		return e.start >= p.first && e.start <= p.last
	case state.SessionKind:
		return e.end >= p.first && e.start <= p.last
	}
	return true
}
