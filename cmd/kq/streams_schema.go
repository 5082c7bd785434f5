package main

import (
	"github.com/spf13/cobra"

	"kq/pkg/streams/spec"
)

func newStreamsSchemaCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "schema [flags]",
		Short: "print the JSON Schema of job files",
		Long: `Print the JSON Schema (2020-12) of job files. An editor that is given it
completes keys, shows what they mean and marks mistakes: in VS Code with the
YAML extension a first line does it,

  # yaml-language-server: $schema=./kq-streams.schema.json`,
		Example: `  kq streams schema > kq-streams.schema.json`,
		Args:    args(0, 0, ""),
		RunE: func(_ *cobra.Command, _ []string) error {
			_, err := a.env.Out.Write(spec.Schema())
			return err
		},
	}
}
