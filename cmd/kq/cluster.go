package main

import "github.com/spf13/cobra"

func newClusterCommand(a *app) *cobra.Command {
	return newNoun("cluster", "look at the cluster", nil, newClusterDescribeCommand(a))
}
