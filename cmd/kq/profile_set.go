package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"kq/internal/cli"
	"kq/internal/conf"
	"kq/internal/out"
)

func newProfileSetCommand(a *app) *cobra.Command {
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "set NAME KEY=VALUE… [flags]",
		Short: "make or change a profile",
		Long: `Make or change a profile. KEY is bootstrap, protected, output, timeout, dial-map
or any client property (kq -X list); KEY= removes it. A value may name variables
of the environment, ${NAME} or ${NAME:-DEFAULT}, which is the way for passwords.`,
		Example: `  kq profile set dev bootstrap=localhost:9092
  kq profile set prod bootstrap=kafka-1:9093 protected=true \
    security.protocol=SASL_SSL sasl.mechanism=PLAIN sasl.username=me \
    'sasl.password=${KAFKA_PASSWORD}'
  kq profile set prod protected=`,
		Args:              args(2, -1, "the name of a profile and what to set"),
		ValidArgsFunction: a.completeProfileSet,
		RunE: func(_ *cobra.Command, args []string) error {
			var changes []conf.Change
			for _, text := range args[1:] {
				c, err := conf.ParseChange(text)
				if err != nil {
					return err
				}
				if c.Key == "output" && c.Value != "" {
					if _, err := out.ParseFormat(c.Value); err != nil {
						return cli.Usagef("output: %w", err)
					}
				}
				changes = append(changes, c)
			}
			f, err := a.profiles()
			if err != nil {
				return err
			}
			if err := f.Set(args[0], changes); err != nil {
				return err
			}
			p, err := f.Find("profile set", args[0])
			if err != nil {
				return err
			}
			if !dryRun {
				if err := f.Write(); err != nil {
					return err
				}
			}
			return a.printProfile(f, p, false)
		},
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "print what the profile would be, write nothing")
	return cmd
}

// completeProfileSet completes a profile, then keys with their =.
func (a *app) completeProfileSet(cmd *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return a.completeProfiles(cmd, args, word)
	}
	keys := []string{"bootstrap=", "protected=true", "output=", "timeout=", "dial-map="}
	for _, p := range conf.Properties() {
		if len(p.Choices) == 0 {
			keys = append(keys, p.Name+"=")
		}
		for _, c := range p.Choices {
			keys = append(keys, fmt.Sprintf("%s=%s", p.Name, c))
		}
	}
	return keys, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}
