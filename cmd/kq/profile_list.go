package main

import (
	"github.com/spf13/cobra"

	"kq/internal/out"
)

func newProfileListCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "list profiles",
		Example: `  kq profiles
  kq profile list -o json`,
		Args: args(0, 0, ""),
		RunE: func(*cobra.Command, []string) error {
			f, err := a.profiles()
			if err != nil {
				return err
			}
			results := []profileResult{}
			t := out.Table{Columns: out.Cols("PROFILE", "BOOTSTRAP", "SECURITY", "PROTECTED", "CURRENT")}
			for _, p := range f.Sorted() {
				r := a.profileResult(f, p, false)
				results = append(results, r)
				t.Rows = append(t.Rows, []string{r.Name, r.Bootstrap, r.Security, yesOrNothing(r.Protected), yesOrNothing(r.Current)})
			}
			return a.print(results, t)
		},
	}
}

func yesOrNothing(b bool) string {
	if b {
		return "yes"
	}
	return ""
}
