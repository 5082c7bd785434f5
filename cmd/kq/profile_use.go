package main

import (
	"github.com/spf13/cobra"

	"kq/internal/conf"
)

func newProfileUseCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "use NAME",
		Short: "make a profile the one that commands use",
		Long: `Make a profile the one that commands use where neither --profile nor
KQ_PROFILE names another. With - in place of the name, none.`,
		Example: `  kq profile use dev
  kq profile use -`,
		Args:              args(1, 1, "the name of a profile, or -"),
		ValidArgsFunction: a.completeProfile,
		RunE: func(_ *cobra.Command, args []string) error {
			f, err := a.profiles()
			if err != nil {
				return err
			}
			name := args[0]
			if name == "-" {
				name = ""
			} else if _, err := f.Find("profile use", name); err != nil {
				return err
			}
			if f.Current != name {
				if err := f.Use(name); err != nil {
					return err
				}
				if err := f.Write(); err != nil {
					return err
				}
			}
			if other := a.env.Getenv(conf.EnvProfile); other != "" && other != args[0] {
				a.note("%s=%s goes before it in this shell", conf.EnvProfile, other)
			}
			if name == "" {
				a.note("no profile is used now")
				return nil
			}
			p, err := f.Find("profile use", name)
			if err != nil {
				return err
			}
			return a.printProfile(f, p, false)
		},
	}
}
