package conf

import (
	"fmt"
	"strings"
	"time"
)

// DefaultBootstrap is where kq looks for a broker when nothing says otherwise.
const DefaultBootstrap = "localhost:9092"

// Environment variables beside those of the properties, which Env names.
const (
	EnvBootstrap = "KQ_BOOTSTRAP" // behind --bootstrap
	EnvProfile   = "KQ_PROFILE"   // behind --profile
	EnvConfig    = "KQ_CONFIG"    // the file of profiles
)

// Settings is how to reach a cluster.
type Settings struct {
	Bootstrap []string      // HOST:PORT of the brokers to ask first, at least one
	Origin    string        // where Bootstrap comes from: "--bootstrap", "KQ_BOOTSTRAP", "the default"
	DialMap   DialMap       // addresses to dial in place of those the cluster names
	Timeout   time.Duration // for the whole command; 0 is no limit
	Profile   Profile       // in use; its Name is "" for none
	Security  Security
	Values    Values   // the properties that are set
	Notes     []string // what is worth telling with -v
	Warnings  []string // what is worth telling without
}

// Flags holds what was given on the command line. The zero value is no flag.
type Flags struct {
	Bootstrap     string
	DialMap       []string
	Timeout       time.Duration
	Profile       string
	CommandConfig string   // a .properties file, below Properties
	Properties    []string // KEY=VALUE, or @FILE for a .properties file; later ones win
	Overrides     []string // as Properties, of flags with a name of their own
}

// Resolve settles flags, environment, profile and defaults, in that order.
func Resolve(f Flags, getenv func(string) string) (Settings, error) {
	s := Settings{Timeout: f.Timeout}
	var err error
	if s.Profile, err = chosenProfile(f.Profile, getenv); err != nil {
		return Settings{}, err
	}
	if err := s.setValues(f, getenv); err != nil {
		return Settings{}, err
	}
	if err := s.setBootstrap(f, getenv); err != nil {
		return Settings{}, err
	}
	where, rules := "--dial-map", f.DialMap
	if len(rules) == 0 {
		where, rules = s.Profile.where()+": dial-map", s.Profile.DialMap
	}
	if s.DialMap, err = ParseDialMap(rules); err != nil {
		return Settings{}, errorf("", "%s: %w", where, err)
	}
	if f.Timeout < 0 {
		return Settings{}, errorf("", "--timeout: %v is negative", f.Timeout)
	}
	if f.Timeout == 0 {
		s.Timeout = s.Profile.Timeout
	}
	if s.Security, err = s.Values.security(); err != nil {
		return Settings{}, err
	}
	return s, s.Values.together()
}

// setValues gathers the properties, the weakest source first.
func (s *Settings) setValues(f Flags, getenv func(string) string) error {
	s.Values.from = fromProfile
	if err := s.Profile.apply(&s.Values, getenv); err != nil {
		return err
	}
	s.Values.from = fromEnv
	for _, p := range known().used {
		// The name of the table is asked last: it counts where an alias is set too.
		for i := len(p.Aliases) - 1; i >= -1; i-- {
			name := p.Name
			if i >= 0 {
				name = p.Aliases[i]
			}
			if env := Env(name); getenv(env) != "" {
				if err := s.Values.set(env, p, getenv(env)); err != nil {
					return err
				}
			}
		}
	}
	s.Values.from = fromFlag
	if f.CommandConfig != "" {
		if err := s.Values.SetFile(f.CommandConfig, s.skipped(f.CommandConfig)); err != nil {
			return err
		}
	}
	for _, p := range append(f.Properties, f.Overrides...) {
		if path, ok := strings.CutPrefix(p, "@"); ok {
			if err := s.Values.SetFile(path, s.skipped(path)); err != nil {
				return err
			}
			continue
		}
		name, value, ok := strings.Cut(p, "=")
		if !ok {
			return errorf("it is given as: -X linger.ms=5, or -X @client.properties; kq -X list prints all properties", "-X %s: not KEY=VALUE", p)
		}
		if err := s.Values.Set("-X", strings.TrimSpace(name), value); err != nil {
			return err
		}
	}
	return nil
}

func (s *Settings) skipped(path string) func(string) {
	return func(name string) {
		s.Notes = append(s.Notes, fmt.Sprintf("%s: %s does nothing here", path, name))
	}
}

func (s *Settings) setBootstrap(f Flags, getenv func(string) string) error {
	list := DefaultBootstrap
	s.Origin = "the default"
	take := func(value, origin string) {
		if value != "" {
			list, s.Origin = value, origin
		}
	}
	asProperty := func(from source) {
		if x := s.Values.m["bootstrap.servers"]; x.from == from {
			take(x.Raw, x.Where)
		}
	}
	asProperty(fromProfile)
	take(s.Profile.Bootstrap, s.Profile.where())
	asProperty(fromEnv)
	take(getenv(EnvBootstrap), EnvBootstrap)
	asProperty(fromFlag)
	take(f.Bootstrap, "--bootstrap")
	if s.Profile.Bootstrap != "" && s.Origin == EnvBootstrap && f.Profile != "" {
		s.Warnings = append(s.Warnings, fmt.Sprintf("%s goes before the bootstrap of profile %s", EnvBootstrap, s.Profile.Name))
	}
	var err error
	if s.Bootstrap, err = ParseBootstrap(list); err != nil {
		return errorf("brokers are given as HOST:PORT,HOST:PORT", "%s: %w", s.Origin, err)
	}
	return nil
}
