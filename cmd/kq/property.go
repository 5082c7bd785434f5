package main

import (
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"kq/internal/conf"
	"kq/internal/out"
)

// errListProperties is what -X list ends the command line with, as --help does.
var errListProperties = errors.New("list the properties")

// propertyFlag is the value of -X.
type propertyFlag struct {
	given []string
	list  bool // -X list was met
}

func (*propertyFlag) Type() string     { return "property" }
func (p *propertyFlag) String() string { return "" }

// Set is called for each -X.
func (p *propertyFlag) Set(s string) error {
	if s == "list" || s == "help" {
		if p.list {
			return nil
		}
		p.list = true
		return errListProperties
	}
	p.given = append(p.given, s)
	return nil
}

// propertyLine is a line of -X list.
type propertyLine struct {
	Name    string   `json:"name"`
	Type    string   `json:"type"`
	Values  []string `json:"values"`
	Doc     string   `json:"doc"`
	Aliases []string `json:"aliases"`
	Env     string   `json:"env"`
}

// listProperties prints all properties, as the other flags of the command line say.
func (a *app) listProperties(root *cobra.Command, args []string) error {
	cmd, rest, err := root.Find(args)
	if err != nil {
		return err
	}
	if err := cmd.ParseFlags(rest); err != nil {
		return err
	}
	if err := a.check(root, nil); err != nil {
		return err
	}
	t := out.Table{Columns: out.Cols("PROPERTY", "EXPLANATION", "+TYPE", "+ALIASES", "+ENVIRONMENT")}
	lines := make([]propertyLine, 0, len(conf.Properties()))
	for _, p := range conf.Properties() {
		l := propertyLine{
			Name: p.Name, Type: string(p.Kind), Values: append([]string{}, p.Choices...), Doc: p.Doc,
			Aliases: append([]string{}, p.Aliases...), Env: conf.Env(p.Name),
		}
		lines = append(lines, l)
		kind := l.Type
		if len(l.Values) > 0 {
			kind = strings.Join(l.Values, "|")
		}
		t.Rows = append(t.Rows, []string{l.Name, l.Doc, kind, strings.Join(l.Aliases, ","), l.Env})
	}
	return a.print(lines, t)
}

// completeProperty offers the names of properties for -X, each with its =.
func completeProperty(_ *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
	if strings.HasPrefix(word, "@") {
		return nil, cobra.ShellCompDirectiveDefault
	}
	if name, _, ok := strings.Cut(word, "="); ok {
		p, _ := conf.Find(name)
		values := make([]string, len(p.Choices))
		for i, c := range p.Choices {
			values[i] = name + "=" + c
		}
		return values, cobra.ShellCompDirectiveNoFileComp
	}
	names := []string{"list"}
	for _, p := range conf.Properties() {
		names = append(names, p.Name+"=")
	}
	return names, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// completeGlobalFlags offers the values of the flags of every command.
func (a *app) completeGlobalFlags(root *cobra.Command) {
	for name, complete := range map[string]cobra.CompletionFunc{
		"property": completeProperty,
		"profile":  a.completeProfiles,
		"color":    cobra.FixedCompletions([]string{string(colorAuto), string(colorAlways), string(colorNever)}, cobra.ShellCompDirectiveNoFileComp),
	} {
		// It fails only for a flag that is not there or twice: a test would tell.
		_ = root.RegisterFlagCompletionFunc(name, complete)
	}
}

// completeProfiles offers the names of profiles.
func (a *app) completeProfiles(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	f, err := conf.ReadFile(conf.ConfigPath(a.env.Getenv))
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return f.Names(), cobra.ShellCompDirectiveNoFileComp
}
