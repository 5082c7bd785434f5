package main

import (
	"github.com/spf13/cobra"

	"kq/internal/out"
)

func newProfileDeleteCommand(a *app) *cobra.Command {
	var dryRun bool
	cmd := &cobra.Command{
		Use:   "delete NAME [flags]",
		Short: "delete a profile",
		Long:  "Delete a profile; the cluster keeps what it has. On a terminal it asks first;\nelsewhere it needs --yes.",
		Example: `  kq profile delete dev
  kq profile delete dev --yes`,
		Args:              args(1, 1, "the name of a profile"),
		ValidArgsFunction: a.completeProfile,
		RunE: func(_ *cobra.Command, args []string) error {
			f, err := a.profiles()
			if err != nil {
				return err
			}
			p, err := f.Find("profile delete", args[0])
			if err != nil {
				return err
			}
			r := a.profileResult(f, p, false)
			if !dryRun {
				if err := a.confirmHere(a.yes, "delete profile %q from %s?", p.Name, f.Path); err != nil {
					return err
				}
				if err := f.Delete(p.Name); err != nil {
					return err
				}
				if err := f.Write(); err != nil {
					return err
				}
			}
			return a.print(r, out.Table{Columns: out.Cols("DELETED", "BOOTSTRAP"), Rows: [][]string{{r.Name, r.Bootstrap}}})
		},
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "print what would go, delete nothing")
	return cmd
}
