package main

import (
	"strconv"

	"github.com/spf13/cobra"

	"kq/internal/conf"
	"kq/internal/out"
)

func newProfileCommand(a *app) *cobra.Command {
	cmd := newNoun("profile", "keep the clusters you use under names", newProfileListCommand(a),
		newProfileUseCommand(a), newProfileSetCommand(a), newProfileShowCommand(a), newProfileDeleteCommand(a))
	cmd.Long = `Keep the clusters you use under names. A profile holds brokers and the client
properties to reach them with; --profile, KQ_PROFILE or kq profile use chooses
one. Flags and the environment go before what it says. These commands ask no
cluster.

The file is KQ_CONFIG, or kq/config.yaml where the system keeps settings:

  current: dev
  profiles:
    dev:
      bootstrap: localhost:9092
    prod:
      bootstrap: kafka-1:9093,kafka-2:9093
      protected: true        # what destroys asks for the profile's name
      output: wide           # the default of -o
      timeout: 30s           # the default of --timeout
      dial-map: [kafka-1:9093=10.0.0.7:9093]
      properties:            # kq -X list prints them all
        security.protocol: SASL_SSL
        sasl.mechanism: SCRAM-SHA-512
        sasl.username: me
        sasl.password: ${KAFKA_PASSWORD}   # or ${NAME:-DEFAULT}`
	return cmd
}

// profiles reads the file of profiles.
func (a *app) profiles() (*conf.File, error) {
	return conf.ReadFile(conf.ConfigPath(a.env.Getenv))
}

// profileInUse is the name of the profile that other commands would take.
func (a *app) profileInUse(f *conf.File) string {
	for _, name := range []string{a.profile, a.env.Getenv(conf.EnvProfile)} {
		if name == "-" {
			return ""
		}
		if name != "" {
			return name
		}
	}
	return f.Current
}

// profileResult is a profile as it is printed.
type profileResult struct {
	Name       string            `json:"name"`
	Current    bool              `json:"current"`
	Bootstrap  string            `json:"bootstrap"`
	Security   string            `json:"security"`
	Protected  bool              `json:"protected"`
	Output     string            `json:"output"`
	Timeout    string            `json:"timeout"`
	DialMap    []string          `json:"dial_map"`
	Properties map[string]string `json:"properties"`
	File       string            `json:"file"`
}

func (a *app) profileResult(f *conf.File, p conf.Profile, secrets bool) profileResult {
	r := profileResult{
		Name: p.Name, Current: p.Name == a.profileInUse(f), Bootstrap: p.Bootstrap, Security: p.Security(), Protected: p.Protected,
		Output: p.Output, DialMap: append([]string{}, p.DialMap...), Properties: map[string]string{}, File: f.Path,
	}
	if p.Timeout > 0 {
		r.Timeout = p.Timeout.String()
	}
	for _, s := range p.Properties {
		r.Properties[s.Name] = s.Shown()
		if secrets {
			r.Properties[s.Name] = s.Value
		}
	}
	return r
}

// printProfile prints one profile, a line a setting.
func (a *app) printProfile(f *conf.File, p conf.Profile, secrets bool) error {
	r := a.profileResult(f, p, secrets)
	t := out.Table{Columns: out.Cols("KEY", "VALUE")}
	row := func(key, value string) {
		if value != "" {
			t.Rows = append(t.Rows, []string{key, value})
		}
	}
	row("name", r.Name)
	row("current", strconv.FormatBool(r.Current))
	row("bootstrap", r.Bootstrap)
	for _, rule := range r.DialMap {
		row("dial-map", rule)
	}
	row("output", r.Output)
	row("timeout", r.Timeout)
	row("protected", strconv.FormatBool(r.Protected))
	for _, s := range p.Properties {
		row(s.Name, r.Properties[s.Name])
	}
	row("file", r.File)
	return a.print(r, t)
}

// completeProfile completes the name of a profile as the first argument.
func (a *app) completeProfile(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return a.completeProfiles(cmd, args, word)
}
