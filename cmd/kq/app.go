package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/cli"
	"kq/internal/client"
	"kq/internal/conf"
	"kq/internal/out"
)

// app is what all commands of one invocation share.
type app struct {
	env *cli.Env

	bootstrap string
	profile   string
	dialMap   []string
	config    string // --command-config
	property  propertyFlag
	overrides []string // KEY=VALUE of flags that stand for a property
	settled   *conf.Settings
	timeout   time.Duration
	output    string
	noHeaders bool
	quiet     bool
	verbose   bool
	yes       bool
	colors    colorMode

	helpErr error // of printing help, which cobra has no way to return
}

// recordCommand marks, as an annotation, commands whose output is records: they
// have -f and refuse -o.
const recordCommand = "records"

func (a *app) addGlobalFlags(f *pflag.FlagSet) {
	f.SortFlags = false
	f.StringVarP(&a.bootstrap, "bootstrap", "b", "", "brokers to ask first, `HOST:PORT,…`; also "+conf.EnvBootstrap+", then "+conf.DefaultBootstrap)
	f.StringVar(&a.profile, "profile", "", "the cluster that kq profile set has given this `NAME`; also "+conf.EnvProfile)
	f.VarP(&a.property, "property", "X", "set a client property, `KEY=VALUE`, or those of @FILE; repeatable; -X list prints them all")
	f.StringVarP(&a.output, "output", "o", string(out.TableFormat), "print results as `FORMAT`: table, wide, json, yaml, tsv, name or template=TEMPLATE, a Go template over the JSON fields")
	f.BoolVar(&a.noHeaders, "no-headers", false, "leave out the header line of tables and tsv")
	f.DurationVar(&a.timeout, "timeout", 0, "give the whole command at most `DURATION`, as 10s")
	f.StringArrayVar(&a.dialMap, "dial-map", nil, "dial TO where the cluster names FROM, `FROM=TO`, each HOST[:PORT]; repeatable")
	a.colors = colorAuto
	f.Var(&a.colors, "color", "use colour `WHEN`: auto (on a terminal, unless NO_COLOR is set), always or never")
	f.Lookup("color").DefValue = "" // it is in the text
	f.BoolVarP(&a.yes, "yes", "y", false, "do not ask before something is destroyed")
	f.BoolVarP(&a.quiet, "quiet", "q", false, "say nothing but errors on standard error")
	f.BoolVarP(&a.verbose, "verbose", "v", false, "say on standard error what is tried")
	// The names that Kafka's own tools use.
	f.StringVar(&a.bootstrap, "bootstrap-server", "", "the same as --bootstrap")
	f.StringVar(&a.config, "command-config", "", "the same as -X @FILE, before all -X")
	f.Lookup("bootstrap-server").Hidden = true
	f.Lookup("command-config").Hidden = true
}

// check runs before every command, once its flags are parsed.
func (a *app) check(cmd *cobra.Command, _ []string) error {
	if o := cmd.Flag("output"); o != nil && o.Changed && cmd.Annotations[recordCommand] != "" {
		e := cli.Usagef("%s handles records, which have no -o", words(cmd))
		if cmd.Flag("format") == nil {
			return cli.WithHint(e, "--summary json tells what was done")
		}
		return cli.WithHint(e, "-f %s", a.output)
	}
	if _, err := out.ParseFormat(a.output); errors.Is(err, out.ErrTemplate) {
		return cli.WithHint(cli.Usagef("-o: %w", err), "it is a Go template, as %s", `-o template='{{range .}}{{.topic}}{{"\n"}}{{end}}'`)
	} else if err != nil {
		return cli.WithHint(cli.Usagef("%w", err), "-o is one of %s", list(append(out.Formats(), out.TemplatePrefix+"TEMPLATE")))
	}
	return nil
}

// print prints the result of a command.
func (a *app) print(v any, tables ...out.Table) error {
	p := out.Printer{W: a.env.Out, Format: out.Format(a.output), NoHeaders: a.noHeaders}
	err := p.Print(v, tables...)
	if errors.Is(err, out.ErrTemplate) {
		return cli.WithHint(cli.Usagef("-o: %w", err), "-o json shows the fields there are")
	}
	return err
}

// structured tells that the result itself is printed, whatever its tables hold.
func (a *app) structured() bool { return out.Format(a.output).Structured() }

// color tells whether standard output takes colours.
func (a *app) color() bool {
	return a.colors == colorAlways || a.colors == colorAuto && a.env.OutTTY && a.env.Getenv("NO_COLOR") == ""
}

// colorMode is the value of --color.
type colorMode string

// The values of --color.
const (
	colorAuto   colorMode = "auto"
	colorAlways colorMode = "always"
	colorNever  colorMode = "never"
)

func (m *colorMode) String() string { return string(*m) }
func (*colorMode) Type() string     { return "when" }

// Set is called with what was given on the command line.
func (m *colorMode) Set(s string) error {
	switch mode := colorMode(s); mode {
	case colorAuto, colorAlways, colorNever:
		*m = mode
		return nil
	}
	return fmt.Errorf("it is auto, always or never")
}

// note says something on standard error that is not an error.
func (a *app) note(format string, args ...any) {
	if !a.quiet {
		cli.Notef(a.env, format, args...)
	}
}

// trace says what is tried, with -v.
func (a *app) trace(format string, args ...any) {
	if a.verbose {
		cli.Notef(a.env, format, args...)
	}
}

// settings is how to reach the cluster that flags, environment and profile name.
func (a *app) settings() (conf.Settings, error) {
	if a.settled != nil {
		return *a.settled, nil
	}
	s, err := conf.Resolve(conf.Flags{
		Bootstrap: a.bootstrap, DialMap: a.dialMap, Timeout: a.timeout, Profile: a.profile,
		CommandConfig: a.config, Properties: a.property.given, Overrides: a.overrides,
	}, a.env.Getenv)
	if err != nil {
		return conf.Settings{}, err
	}
	for _, w := range s.Warnings {
		a.note("%s", w)
	}
	for _, n := range s.Notes {
		a.trace("%s", n)
	}
	a.settled = &s
	return s, nil
}

// override makes a flag with a name of its own the last word on a property: it
// goes before -X, the environment and the profile. To be called before connect.
func (a *app) override(property, value string) {
	a.overrides = append(a.overrides, property+"="+value)
	a.settled = nil
}

// connect runs f with a client of the cluster that flags, environment and
// profile name. What opts say of a property yields to one that is set; a flag
// that must not yield is given to override.
func (a *app) connect(cmd *cobra.Command, f func(ctx context.Context, cl *kgo.Client) error, opts ...kgo.Opt) error {
	s, err := a.settings()
	if err != nil {
		return err
	}
	if o := cmd.Flag("output"); o != nil && !o.Changed && s.Profile.Output != "" && cmd.Annotations[recordCommand] == "" {
		a.output = s.Profile.Output
		if err := a.check(cmd, nil); err != nil {
			return fmt.Errorf("profile %s: output: %w", s.Profile.Name, err)
		}
	}
	cl, err := client.New(s, client.Options{Version: version().Version, Logf: a.trace}, opts...)
	if err != nil {
		return err
	}
	defer cl.Close()
	a.trace("asking %s (from %s)", list(s.Bootstrap), s.Origin)
	return cl.Do(cmd.Context(), func(ctx context.Context) error { return f(ctx, cl.Client) })
}

// list joins words for a message.
func list(words []string) string {
	s := ""
	for i, w := range words {
		switch {
		case i == 0:
		case i == len(words)-1:
			s += " or "
		default:
			s += ", "
		}
		s += w
	}
	return s
}

// args checks the number of arguments, most < 0 for any number.
func args(least, most int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, got []string) error {
		switch {
		case len(got) < least:
			return cli.WithHint(cli.Usagef("%s needs %s", words(cmd), what), "usage: %s", useLine(cmd))
		case most >= 0 && len(got) > most:
			return cli.WithHint(cli.Usagef("%s does not take %q", words(cmd), got[most]), "usage: %s", useLine(cmd))
		}
		return nil
	}
}

// words is the path of a command without the program, for a message that begins
// with it.
func words(cmd *cobra.Command) string {
	return strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" ")
}

// plural returns "1 record", "2 records".
func plural(n int64, word string) string {
	if n == 1 {
		return fmt.Sprintf("%d %s", n, word)
	}
	return fmt.Sprintf("%d %ss", n, word)
}
