package main

import "github.com/spf13/cobra"

func newLogCommand(a *app) *cobra.Command {
	return newNoun("log", "look at and repair the files of a broker", nil, newLogRepairCommand(a))
}
