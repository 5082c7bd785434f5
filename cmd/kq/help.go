package main

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"kq/internal/cli"
)

// helpWidth is what help keeps to.
const helpWidth = 80

// help prints the help of a command.
func help(w io.Writer, cmd *cobra.Command) error {
	var b strings.Builder
	text := cmd.Long
	if text == "" {
		text = strings.ToUpper(cmd.Short[:1]) + cmd.Short[1:] + "."
	}
	if cmd.IsAdditionalHelpTopicCommand() {
		_, err := io.WriteString(w, strings.TrimSpace(text)+"\n")
		return err
	}
	fmt.Fprintf(&b, "%s\n\nUsage:\n  %s\n", strings.TrimSpace(text), useLine(cmd))
	if cmd.Example != "" {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", strings.Trim(cmd.Example, "\n"))
	}
	helpCommands(&b, cmd)
	global := cmd.Root().PersistentFlags()
	helpFlags(&b, "Flags:", cmd.Flags(), func(f *pflag.Flag) bool { return global.Lookup(f.Name) == nil })
	if !cmd.HasParent() {
		helpFlags(&b, "Flags of every command:", global, func(*pflag.Flag) bool { return true })
		b.WriteString("\nkq COMMAND --help tells more of a command.\n")
	} else {
		b.WriteString("\nkq --help lists the flags of every command, as -b, -o and -q.\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// useLine is how a command is called.
func useLine(cmd *cobra.Command) string {
	if cmd.HasSubCommands() {
		return cmd.CommandPath() + " COMMAND"
	}
	return strings.TrimSuffix(cmd.CommandPath(), cmd.Name()) + cmd.Use
}

// helpCommands lists the commands below cmd, by group where there are groups.
func helpCommands(b *strings.Builder, cmd *cobra.Command) {
	each := func(title string, wanted func(*cobra.Command) bool) {
		var lines strings.Builder
		for _, c := range cmd.Commands() {
			if wanted(c) {
				fmt.Fprintf(&lines, "  %-*s  %s\n", c.NamePadding(), c.Name(), c.Short)
			}
		}
		if lines.Len() > 0 {
			fmt.Fprintf(b, "\n%s\n%s", title, lines.String())
		}
	}
	inGroup := func(id string) func(*cobra.Command) bool {
		return func(c *cobra.Command) bool { return c.IsAvailableCommand() && c.GroupID == id }
	}
	for _, g := range cmd.Groups() {
		each(g.Title, inGroup(g.ID))
	}
	each("Commands:", inGroup(""))
	each("Pages of kq help:", (*cobra.Command).IsAdditionalHelpTopicCommand)
}

// helpFlags lists the flags that are wanted, in two columns.
func helpFlags(b *strings.Builder, title string, flags *pflag.FlagSet, wanted func(*pflag.Flag) bool) {
	type entry struct{ name, usage string }
	var entries []entry
	width := 0
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Name == "help" || !wanted(f) {
			return
		}
		value, usage := pflag.UnquoteUsage(f)
		e := entry{name: "      --" + f.Name, usage: usage}
		if f.Shorthand != "" {
			e.name = "  -" + f.Shorthand + ", --" + f.Name
		}
		if value != "" {
			e.name += " " + value
		}
		if d := shownDefault(f); d != "" {
			e.usage += " (default: " + d + ")"
		}
		entries = append(entries, e)
		width = max(width, utf8.RuneCountInString(e.name))
	})
	if len(entries) > 0 {
		b.WriteString("\n" + title + "\n")
	}
	width = min(width, helpWidth*2/5)
	for _, e := range entries {
		column := utf8.RuneCountInString(e.name)
		b.WriteString(e.name)
		if column > width {
			b.WriteByte('\n')
			column = 0
		}
		for i, line := range wrap(e.usage, helpWidth-width-3) {
			if i > 0 {
				column = 0
			}
			fmt.Fprintf(b, "%*s%s\n", width+3-column, "", line)
		}
	}
}

// shownDefault is the default of a flag, "" for one that is nothing.
func shownDefault(f *pflag.Flag) string {
	switch f.DefValue {
	case "0", "[]", "0s":
		return ""
	}
	if f.Value.Type() == "bool" {
		return ""
	}
	return f.DefValue
}

// wrap breaks text into lines of at most width characters.
func wrap(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

func newHelpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND…]",
		Short: "tell what a command does",
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			found, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			names := subcommands(found)
			for _, c := range found.Commands() {
				if c.IsAdditionalHelpTopicCommand() {
					names = append(names, c.Name())
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			found, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return cli.WithHint(cli.Usagef("no command %q", "kq "+strings.Join(args, " ")), "kq --help lists the commands")
			}
			return help(cmd.OutOrStdout(), found)
		},
	}
}
