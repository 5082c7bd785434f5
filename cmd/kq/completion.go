package main

import (
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"kq/internal/cli"
	"kq/internal/out"
)

// shells are the shells that kq completes for, with what makes their script.
func shells() []shell {
	return []shell{
		{"bash", bashCompletion},
		{"zsh", func(root *cobra.Command, w io.Writer) error { return root.GenZshCompletion(w) }},
		{"fish", func(root *cobra.Command, w io.Writer) error { return root.GenFishCompletion(w, true) }},
		{"powershell", func(root *cobra.Command, w io.Writer) error { return root.GenPowerShellCompletionWithDesc(w) }},
	}
}

// bashAlone is what the script needs of the package bash-completion, for where
// that is not there: the words of the line up to the cursor, split at blanks alone.
const bashAlone = `
if ! declare -F _get_comp_words_by_ref >/dev/null 2>&1; then
    _get_comp_words_by_ref()
    {
        local line=${COMP_LINE:0:COMP_POINT}
        read -r -a words <<<"$line"
        if [[ $line == *[[:space:]] ]]; then
            words+=("")
        fi
        cword=$((${#words[@]} - 1))
        cur=${words[cword]}
        prev=${words[cword > 0 ? cword - 1 : 0]}
    }
fi
`

func bashCompletion(root *cobra.Command, w io.Writer) error {
	if err := root.GenBashCompletionV2(w, true); err != nil {
		return err
	}
	_, err := io.WriteString(w, bashAlone)
	return err
}

type shell struct {
	name     string
	generate func(root *cobra.Command, w io.Writer) error
}

// flagValues are the words that stand behind a flag, by its name, where it has
// the same on every command.
func flagValues() map[string][]string {
	return map[string][]string{
		"output":      out.Formats(),
		"color":       {"auto", "always", "never"},
		"isolation":   {"read_committed", "read_uncommitted"},
		"acks":        {"all", "1", "0"},
		"compress":    {"none", "gzip", "snappy", "lz4", "zstd"},
		"partitioner": {"murmur2", "sticky", "rr"},
		"sync":        {"none", "interval", "commit", "always"},
	}
}

// completeFlags gives every flag something to offer, unless its command has done
// so: its words, files where it takes one, else nothing.
func completeFlags(root *cobra.Command) {
	values := flagValues()
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		each := func(f *pflag.Flag) {
			words := values[f.Name]
			what, _ := pflag.UnquoteUsage(f)
			if f.NoOptDefVal != "" || len(words) == 0 && (strings.Contains(what, "FILE") || strings.Contains(what, "DIR")) {
				return
			}
			// It fails where a command has registered its own.
			_ = cmd.RegisterFlagCompletionFunc(f.Name, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
				return words, directive(words)
			})
		}
		cmd.LocalNonPersistentFlags().VisitAll(each)
		cmd.PersistentFlags().VisitAll(each)
		for _, c := range cmd.Commands() {
			walk(c)
		}
	}
	walk(root)
}

// directive keeps files out, and the space behind a word that goes on.
func directive(words []string) cobra.ShellCompDirective {
	for _, w := range words {
		if strings.HasSuffix(w, "=") {
			return cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
		}
	}
	return cobra.ShellCompDirectiveNoFileComp
}

func newCompletionCommand(a *app) *cobra.Command {
	names := make([]string, 0, len(shells()))
	for _, s := range shells() {
		names = append(names, s.name)
	}
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "print the completion script of a shell",
		Long: `Print the script that completes kq's commands, flags and topic names in a
shell: bash, zsh, fish or powershell. Names are asked of the cluster that -b or
KQ_BOOTSTRAP names, for at most KQ_COMPLETION_TIMEOUT (default: 300ms).`,
		Example: `  source <(kq completion bash)
  kq completion zsh > "${fpath[1]}/_kq"
  kq completion fish > ~/.config/fish/completions/kq.fish
  kq completion powershell | Out-String | Invoke-Expression`,
		Args:      args(1, 1, "the name of a shell: "+list(names)),
		ValidArgs: names,
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, s := range shells() {
				if s.name == args[0] {
					return s.generate(cmd.Root(), a.env.Out)
				}
			}
			e := cli.Usagef("no completion for %q", args[0])
			if near := cli.Nearest(args[0], names); near != "" {
				return cli.WithHint(e, "did you mean: %s %s", cmd.CommandPath(), near)
			}
			return cli.WithHint(e, "there is one for %s", list(names))
		},
	}
}
