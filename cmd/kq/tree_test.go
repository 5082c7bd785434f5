package main

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"kq/internal/cli"
	"kq/internal/conf"
	"kq/internal/golden"
	"kq/internal/out"
)

// testEnv is an Env without a terminal, whose output is kept.
func testEnv() (*cli.Env, *bytes.Buffer, *bytes.Buffer) {
	var out, errs bytes.Buffer
	return &cli.Env{In: strings.NewReader(""), Out: &out, Err: &errs, Getenv: func(string) string { return "" }}, &out, &errs
}

// walk visits all commands that people see.
func walk(cmd *cobra.Command, visit func(*cobra.Command)) {
	visit(cmd)
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			walk(c, visit)
		}
	}
}

// letters is the one meaning of each letter: the names of the flags that may
// have it.
var letters = map[string][]string{
	"b": {"bootstrap"},
	"o": {"output"},
	"f": {"format", "file"}, // FORMAT of records, FILE of commands that take a document
	"p": {"partition", "partitions"},
	"r": {"replicas"},
	"s": {"set"},
	"k": {"key"},
	"K": {"key-delim"},
	"H": {"header"},
	"n": {"count"},
	"g": {"group"},
	"t": {"topic"},
	"F": {"follow"},
	"y": {"yes"},
	"X": {"property"},
	"q": {"quiet"},
	"v": {"verbose"},
	"h": {"help"},
	"Z": {"empty-null"},
}

func TestOneLetterOneMeaning(t *testing.T) {
	env, _, _ := testEnv()
	walk(newRootCommand(env), func(cmd *cobra.Command) {
		cmd.InitDefaultHelpFlag()
		check := func(f *pflag.Flag) {
			if f.Shorthand == "" {
				return
			}
			for _, name := range letters[f.Shorthand] {
				if name == f.Name {
					return
				}
			}
			t.Errorf("%s: -%s is --%s, and elsewhere %v", cmd.CommandPath(), f.Shorthand, f.Name, letters[f.Shorthand])
		}
		cmd.Flags().VisitAll(check)
		cmd.PersistentFlags().VisitAll(check)
	})
}

// TestHelp keeps the help of every command, and keeps it readable: 80 columns,
// and an example where there is something to give.
func TestHelp(t *testing.T) {
	env, _, _ := testEnv()
	walk(newRootCommand(env), func(cmd *cobra.Command) {
		name := strings.ReplaceAll(cmd.CommandPath(), " ", "-")
		env, out, errs := testEnv()
		args := append(strings.Fields(cmd.CommandPath())[1:], "--help")
		if err := execute(context.Background(), env, args); err != nil || errs.Len() > 0 {
			t.Fatalf("%s --help: %v %s", cmd.CommandPath(), err, errs)
		}
		for line := range strings.Lines(out.String()) {
			if utf8.RuneCountInString(strings.TrimSuffix(line, "\n")) > helpWidth {
				t.Errorf("%s --help: more than %d columns: %s", cmd.CommandPath(), helpWidth, line)
			}
		}
		if cmd.Short == "" || cmd.Short != strings.ToLower(cmd.Short[:1])+cmd.Short[1:] || strings.HasSuffix(cmd.Short, ".") {
			t.Errorf("%s: its short text %q is not a lower-case phrase", cmd.CommandPath(), cmd.Short)
		}
		if cmd.Example == "" && !cmd.HasSubCommands() && (cmd.HasLocalFlags() || strings.Contains(cmd.Use, " ")) && cmd.Name() != "help" {
			t.Errorf("%s has no example", cmd.CommandPath())
		}
		golden.Equal(t, filepath.Join("help", name+".txt"), out.String())
	})
}

// TestHelpPages: those that are about no command fit the screen too, and the one
// about the environment has every variable.
func TestHelpPages(t *testing.T) {
	pages := map[string]string{}
	for _, c := range newHelpPages() {
		env, out, errs := testEnv()
		if err := execute(context.Background(), env, []string{"help", c.Name()}); err != nil || errs.Len() > 0 {
			t.Fatalf("kq help %s: %v %s", c.Name(), err, errs)
		}
		for line := range strings.Lines(out.String()) {
			if utf8.RuneCountInString(strings.TrimSuffix(line, "\n")) > helpWidth {
				t.Errorf("kq help %s: more than %d columns: %s", c.Name(), helpWidth, line)
			}
		}
		pages[c.Name()] = out.String()
	}
	for _, name := range []string{conf.EnvBootstrap, conf.EnvProfile, conf.EnvConfig, envCompletionTimeout} {
		if !strings.Contains(pages["environment"], "  "+name+" ") {
			t.Errorf("kq help environment does not tell of %s", name)
		}
	}
	for _, f := range out.Formats() {
		if !strings.Contains(pages["output"], "\n  "+f) {
			t.Errorf("kq help output does not tell of %s", f)
		}
	}
}

// TestCompletions keeps completions/ as the commands generate it.
func TestCompletions(t *testing.T) {
	files := map[string]string{"bash": "kq.bash", "zsh": "_kq", "fish": "kq.fish", "powershell": "kq.ps1"}
	for _, s := range shells() {
		env, out, _ := testEnv()
		if err := execute(context.Background(), env, []string{"completion", s.name}); err != nil {
			t.Fatal(err)
		}
		golden.EqualFile(t, filepath.Join("..", "..", "completions", files[s.name]), out.String())
	}
}

func TestShellQuote(t *testing.T) {
	for in, want := range map[string]string{
		"a-b.c_d": "a-b.c_d", "": "''", "a b": "'a b'", "it's": `'it'\''s'`, "%p@%o\\n": `'%p@%o\n'`, "$x": "'$x'",
	} {
		if got := shellQuote(in); got != want {
			t.Errorf("%q: got %s, want %s", in, got, want)
		}
	}
}
