package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"kq/internal/golden"
)

// TestHelpReference keeps docs/ref as the commands generate it: a page a
// command, and one that lists them.
func TestHelpReference(t *testing.T) {
	dir := filepath.Join("..", "..", "docs", "ref")
	env, _, _ := testEnv()
	root := newRootCommand(env)
	pages := map[string]string{"README.md": referenceIndex(root)}
	walk(root, func(cmd *cobra.Command) { pages[referenceFile(cmd)] = referencePage(cmd) })
	for _, c := range root.Commands() {
		if c.IsAdditionalHelpTopicCommand() {
			pages[referenceFile(c)] = referencePage(c)
		}
	}
	for name, text := range pages {
		golden.EqualFile(t, filepath.Join(dir, name), text)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if _, ok := pages[filepath.Base(f)]; ok {
			continue
		}
		if !golden.Update() {
			t.Errorf("%s is about no command (-update removes it)", f)
		} else if err := os.Remove(f); err != nil {
			t.Error(err)
		}
	}
}

func referenceFile(cmd *cobra.Command) string {
	return strings.ReplaceAll(cmd.CommandPath(), " ", "-") + ".md"
}

func referenceLink(cmd *cobra.Command) string {
	return fmt.Sprintf("[%s](%s)", cmd.CommandPath(), referenceFile(cmd))
}

// referencePage is the help of a command in Markdown.
func referencePage(cmd *cobra.Command) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<!-- Generated from the commands: go run ./internal/task docs. -->\n# %s\n\n%s.\n\n", cmd.CommandPath(), sentence(cmd.Short))
	if cmd.Long != "" {
		fmt.Fprintf(&b, "```text\n%s\n```\n\n", strings.TrimSpace(cmd.Long))
	}
	if cmd.IsAdditionalHelpTopicCommand() {
		return b.String() + "All commands: [reference](README.md)\n"
	}
	fmt.Fprintf(&b, "## Usage\n\n```sh\n%s\n```\n", useLine(cmd))
	if cmd.Example != "" {
		b.WriteString("\n## Examples\n\n```sh\n")
		for line := range strings.Lines(strings.Trim(cmd.Example, "\n")) {
			b.WriteString(strings.TrimPrefix(line, "  "))
		}
		b.WriteString("\n```\n")
	}
	referenceCommands(&b, "\n## Commands\n\n", cmd, (*cobra.Command).IsAvailableCommand)
	global := cmd.Root().PersistentFlags()
	if cmd.HasParent() {
		referenceFlags(&b, "Flags", cmd.Flags(), func(f *pflag.Flag) bool { return global.Lookup(f.Name) == nil })
		fmt.Fprintf(&b, "\nFlags of every command: %s. All commands: [reference](README.md)\n", referenceLink(cmd.Root()))
		return b.String()
	}
	referenceFlags(&b, "Flags of every command", global, func(*pflag.Flag) bool { return true })
	return b.String()
}

func referenceCommands(b *strings.Builder, title string, cmd *cobra.Command, wanted func(*cobra.Command) bool) {
	for _, c := range cmd.Commands() {
		if wanted(c) {
			fmt.Fprintf(b, "%s- %s: %s\n", title, referenceLink(c), markdown(c.Short))
			title = ""
		}
	}
}

func referenceFlags(b *strings.Builder, title string, flags *pflag.FlagSet, wanted func(*pflag.Flag) bool) {
	head := fmt.Sprintf("\n## %s\n\n| flag | what it does | default |\n|---|---|---|\n", title)
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" || !wanted(f) {
			return
		}
		value, usage := pflag.UnquoteUsage(f)
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		if value != "" {
			name += " " + value
		}
		preset := shownDefault(f)
		if preset != "" {
			preset = "`" + preset + "`"
		}
		fmt.Fprintf(b, "%s| `%s` | %s | %s |\n", head, name, markdown(usage), preset)
		head = ""
	})
}

func referenceIndex(root *cobra.Command) string {
	var b strings.Builder
	b.WriteString("<!-- Generated from the commands: go run ./internal/task docs. -->\n# Reference\n\n" +
		"Every command, as `kq help COMMAND` tells it. " + referenceLink(root) + " has the flags of every command.\n")
	for _, g := range root.Groups() {
		title := "\n## " + strings.TrimSuffix(g.Title, ":") + "\n\n"
		for _, c := range root.Commands() {
			if c.GroupID != g.ID || !c.IsAvailableCommand() {
				continue
			}
			fmt.Fprintf(&b, "%s- %s: %s\n", title, referenceLink(c), markdown(c.Short))
			title = ""
			for _, verb := range c.Commands() {
				if verb.IsAvailableCommand() {
					fmt.Fprintf(&b, "  - %s: %s\n", referenceLink(verb), markdown(verb.Short))
				}
			}
		}
	}
	referenceCommands(&b, "\n## About all commands\n\n", root, (*cobra.Command).IsAdditionalHelpTopicCommand)
	return b.String()
}

// markdown keeps what Markdown, or the cell of a table, would take for itself.
func markdown(s string) string {
	return strings.NewReplacer("|", `\|`, "<", `\<`, "*", `\*`, "_", `\_`, `\`, `\\`).Replace(s)
}

func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
