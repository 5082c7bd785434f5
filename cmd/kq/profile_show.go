package main

import (
	"github.com/spf13/cobra"

	"kq/internal/cli"
)

func newProfileShowCommand(a *app) *cobra.Command {
	var secrets bool
	cmd := &cobra.Command{
		Use:   "show [NAME] [flags]",
		Short: "show a profile, or the one in use",
		Example: `  kq profile show
  kq profile show prod --secrets -o json`,
		Args:              args(0, 1, ""),
		ValidArgsFunction: a.completeProfile,
		RunE: func(_ *cobra.Command, args []string) error {
			f, err := a.profiles()
			if err != nil {
				return err
			}
			name := a.profileInUse(f)
			if len(args) > 0 {
				name = args[0]
			}
			if name == "" {
				return cli.WithHint(cli.Usagef("no profile is in use"), "name one; kq profiles lists them")
			}
			p, err := f.Find("profile show", name)
			if err != nil {
				return err
			}
			return a.printProfile(f, p, secrets)
		},
	}
	cmd.Flags().BoolVar(&secrets, "secrets", false, "show passwords and keys too")
	return cmd
}
