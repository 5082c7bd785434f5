package main

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"kq/internal/cli"
)

// run is one invocation of kq, signals included; it returns the exit code.
func run(env *cli.Env, args []string) int {
	ctx, stop := cli.Interruptible(context.Background())
	defer stop()
	return cli.Report(env, execute(ctx, env, args))
}

// execute runs the command that args name.
func execute(ctx context.Context, env *cli.Env, args []string) error {
	a := &app{env: env}
	root := a.newRootCommand()
	if err := knownCommand(root, args); err != nil {
		return err
	}
	if len(args) > 0 && strings.HasPrefix(args[0], cobra.ShellCompRequestCmd) {
		completeFlags(root)
	}
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if errors.Is(err, errListProperties) {
		return a.listProperties(root, args)
	}
	if err != nil && errors.Is(context.Cause(ctx), cli.ErrInterrupted) && errors.Is(err, context.Canceled) {
		return cli.ErrInterrupted
	}
	return err
}

// newRootCommand makes the whole command tree. It is cheap: nothing is read,
// dialled or parsed before the command is known.
func newRootCommand(env *cli.Env) *cobra.Command { return (&app{env: env}).newRootCommand() }

func (a *app) newRootCommand() *cobra.Command {
	env := a.env
	root := &cobra.Command{
		Use:   "kq",
		Short: "a Kafka in one binary: broker and command line",
		Long: `kq serve is a Kafka broker; every other command is a client of any
Kafka-compatible cluster.`,
		Example: `  kq demo                          # see it work, in seconds
  kq serve                         # a broker on localhost:9092
  kq topic create orders -p 3
  echo hello | kq produce orders
  kq consume orders -f '%p@%o %v\n'`,
		Args:              cobra.ArbitraryArgs,
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		PersistentPreRunE: a.check,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if v, _ := cmd.Flags().GetBool("version"); v {
				return a.printVersion()
			}
			return cmd.Help()
		},
	}
	root.SetIn(env.In)
	root.SetOut(env.Out)
	root.SetErr(env.Err)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		if errors.Is(err, errListProperties) {
			return err
		}
		return cli.WithHint(cli.Usagef("%w", err), "%s --help lists its flags", cmd.CommandPath())
	})
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) { a.helpErr = help(env.Out, cmd) })
	root.SetUsageFunc(func(cmd *cobra.Command) error { return help(env.Out, cmd) })
	root.Flags().SortFlags = false
	root.Flags().Bool("version", false, "print the version")
	a.addGlobalFlags(root.PersistentFlags())
	a.completeGlobalFlags(root)

	root.AddGroup(
		&cobra.Group{ID: groupData, Title: "Records:"},
		&cobra.Group{ID: groupAdmin, Title: "Cluster:"},
		&cobra.Group{ID: groupLocal, Title: "Broker:"},
		&cobra.Group{ID: groupMore, Title: "More:"},
	)
	for group, cmds := range map[string][]*cobra.Command{
		groupData:  {newProduceCommand(a), newConsumeCommand(a), newTailCommand(a), newCopyCommand(a), newStreamsCommand(a)},
		groupAdmin: {newTopicCommand(a), newGroupCommand(a), newTxnCommand(a), newConfigCommand(a), newClusterCommand(a), newAPIVersionsCommand(a), newDoctorCommand(a)},
		groupLocal: {newServeCommand(a), newDemoCommand(a), newLogCommand(a)},
		groupMore:  {newProfileCommand(a), newCompletionCommand(a), newVersionCommand(a)},
	} {
		for _, c := range cmds {
			c.GroupID = group
			root.AddCommand(c)
		}
	}
	root.AddCommand(newHelpPages()...)
	root.SetHelpCommand(newHelpCommand())
	root.SetHelpCommandGroupID(groupMore)
	return root
}

// The groups of commands in kq --help.
const (
	groupData  = "data"
	groupAdmin = "admin"
	groupLocal = "local"
	groupMore  = "more"
)

// newNoun makes the command that holds the verbs of a noun. Its plural, where it
// has one, lists; alone it is a mistake.
func newNoun(use, short string, list *cobra.Command, verbs ...*cobra.Command) *cobra.Command {
	noun := &cobra.Command{
		Use:   use,
		Short: short,
		Args:  cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if list != nil && cmd.CalledAs() != cmd.Name() {
				return list.RunE(cmd, args)
			}
			return cli.WithHint(cli.Usagef("%s needs a command: %s", cmd.Name(), strings.Join(subcommands(cmd), ", ")),
				"%s --help tells what they do", cmd.CommandPath())
		},
	}
	if list != nil {
		noun.Aliases = []string{use + "s"}
		list.Flags().VisitAll(func(f *pflag.Flag) {
			hidden := *f
			hidden.Hidden = true
			noun.Flags().AddFlag(&hidden)
		})
		noun.AddCommand(list)
	}
	noun.AddCommand(verbs...)
	return noun
}

// knownCommand finds a word that stands where a command should and is none.
func knownCommand(root *cobra.Command, args []string) error {
	cmd, rest, err := root.Find(args)
	if err != nil || !cmd.HasSubCommands() || strings.HasPrefix(strings.Join(args, " "), cobra.ShellCompRequestCmd) {
		return nil
	}
	word := firstWord(cmd, rest)
	if word == "" || word == "help" {
		return nil
	}
	e := cli.Usagef("unknown command %q for %s", word, cmd.CommandPath())
	if near := cli.Nearest(word, subcommands(cmd)); near != "" {
		return cli.WithHint(e, "did you mean: %s %s", cmd.CommandPath(), near)
	}
	return cli.WithHint(e, "%s --help lists the commands", cmd.CommandPath())
}

// firstWord is the first of args that is neither a flag nor the value of one.
func firstWord(cmd *cobra.Command, args []string) string {
	for i := 0; i < len(args); i++ {
		arg := args[i]
		if arg == "--" {
			return ""
		}
		if !strings.HasPrefix(arg, "-") || arg == "-" {
			return arg
		}
		name, isLong := strings.CutPrefix(arg, "--")
		var f *pflag.Flag
		switch {
		case isLong && !strings.Contains(name, "="):
			f = cmd.Flag(name)
		case !isLong && len(arg) == 2:
			f = shorthand(cmd, arg[1:])
		}
		if f != nil && f.NoOptDefVal == "" {
			i++
		}
	}
	return ""
}

func shorthand(cmd *cobra.Command, letter string) *pflag.Flag {
	if f := cmd.Flags().ShorthandLookup(letter); f != nil {
		return f
	}
	return cmd.Root().PersistentFlags().ShorthandLookup(letter)
}

func subcommands(cmd *cobra.Command) []string {
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return names
}
