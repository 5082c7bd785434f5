package query

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"slices"
	"time"
)

// ErrOptions is matched by every mistake in Options.
var ErrOptions = errors.New("invalid query options")

// Options of a Server.
type Options struct {
	// Listen is HOST:PORT; port 0 picks a free one. Beyond the loopback it needs TokenFile.
	Listen string
	// Advertise is the HOST:PORT that the other instances know this one by
	// (the address of the listener).
	Advertise string
	// Stores are the names of those that are served; empty for all.
	Stores []string
	// TokenFile holds the token that requests must bring, as "Authorization:
	// Bearer TOKEN"; the instances of an application share it. /healthz and /readyz go without.
	TokenFile string
	// Hub is where watchers hear of changes; nil serves none.
	Hub *Hub
	// DialTimeout is how long another instance may take to accept a connection
	// (500ms), Timeout how long to begin its answer (5s).
	DialTimeout, Timeout time.Duration
	// Logger gets what goes wrong; nil drops it.
	Logger *slog.Logger
}

// Validate fills the defaults in and finds what cannot work.
func (o *Options) Validate() error {
	host, _, err := net.SplitHostPort(o.Listen)
	if err != nil {
		return fmt.Errorf("%w: listen %q: it is HOST:PORT", ErrOptions, o.Listen)
	}
	if o.Advertise != "" {
		if _, _, err := net.SplitHostPort(o.Advertise); err != nil {
			return fmt.Errorf("%w: advertise %q: it is HOST:PORT", ErrOptions, o.Advertise)
		}
	}
	if o.TokenFile == "" && !loopback(host) {
		return fmt.Errorf("%w: listen %s: beyond the loopback a token file is needed", ErrOptions, o.Listen)
	}
	if o.DialTimeout <= 0 {
		o.DialTimeout = 500 * time.Millisecond
	}
	if o.Timeout <= 0 {
		o.Timeout = 5 * time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return nil
}

func (o *Options) serves(store string) bool {
	return len(o.Stores) == 0 || slices.Contains(o.Stores, store)
}

// loopback says that a host is this machine's own: an address, or localhost.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// token is what requests must bring; the sum is compared, so that the time that
// takes tells nothing.
type token struct {
	text string
	sum  [sha256.Size]byte
}

// shortestToken is what cannot be guessed, in bytes.
const shortestToken = 16

func readToken(file string) (*token, error) {
	if file == "" {
		return nil, nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read token file: %w", err)
	}
	b = bytes.TrimSpace(b)
	if len(b) < shortestToken || bytes.ContainsAny(b, " \t\r\n") {
		return nil, fmt.Errorf("%w: token file %s: it holds one word of at least %d characters", ErrOptions, file, shortestToken)
	}
	return &token{text: string(b), sum: sha256.Sum256(b)}, nil
}
