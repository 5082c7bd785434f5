package conf

import (
	"fmt"
	"time"
)

// DefaultBootstrap is where kq looks for a broker when nothing says otherwise.
const DefaultBootstrap = "localhost:9092"

// EnvBootstrap names the environment variable behind --bootstrap.
const EnvBootstrap = "KQ_BOOTSTRAP"

// Settings is how to reach a cluster.
type Settings struct {
	Bootstrap []string      // HOST:PORT of the brokers to ask first, at least one
	Origin    string        // where Bootstrap comes from: "--bootstrap", "KQ_BOOTSTRAP", "the default"
	DialMap   DialMap       // addresses to dial in place of those the cluster names
	Timeout   time.Duration // for the whole command; 0 is no limit
}

// Flags holds what was given on the command line. The zero value is no flag.
type Flags struct {
	Bootstrap string
	DialMap   []string
	Timeout   time.Duration
}

// Resolve settles flags, environment and defaults, in that order.
func Resolve(f Flags, getenv func(string) string) (Settings, error) {
	s := Settings{Timeout: f.Timeout, Origin: "the default"}
	list := DefaultBootstrap
	if env := getenv(EnvBootstrap); env != "" {
		list, s.Origin = env, EnvBootstrap
	}
	if f.Bootstrap != "" {
		list, s.Origin = f.Bootstrap, "--bootstrap"
	}
	var err error
	if s.Bootstrap, err = ParseBootstrap(list); err != nil {
		return Settings{}, fmt.Errorf("%s: %w", s.Origin, err)
	}
	if s.DialMap, err = ParseDialMap(f.DialMap); err != nil {
		return Settings{}, fmt.Errorf("--dial-map: %w", err)
	}
	if f.Timeout < 0 {
		return Settings{}, fmt.Errorf("--timeout: %v is negative", f.Timeout)
	}
	return s, nil
}
