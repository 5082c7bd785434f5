package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"kq/internal/cli"
	"kq/pkg/streams/graph"
	"kq/pkg/streams/topology"
)

func newStreamsGraphCommand(a *app) *cobra.Command {
	format := "mermaid"
	var vars jobVars
	cmd := &cobra.Command{
		Use:   "graph FILE [flags]",
		Short: "draw the topology of a job",
		Long: `Draw the topology of a job: topics, operators and stores, with a box around each
sub-topology. -o mermaid, the default, is what GitHub and many editors show,
-o dot is for Graphviz, -o svg for browsers.`,
		Example: `  kq streams graph job.yaml
  kq streams graph job.yaml -o svg > job.svg
  kq streams graph job.yaml -o dot | dot -Tpng > job.png`,
		Args:              args(1, 1, "a job file"),
		ValidArgsFunction: completeJobs,
		RunE: func(_ *cobra.Command, args []string) error {
			draw, ok := map[string]func(*topology.Topology) string{
				"mermaid": graph.Mermaid, "dot": graph.DOT, "svg": graph.SVG,
			}[format]
			if !ok {
				return cli.WithHint(cli.Usagef("unknown format %q", format), "-o is one of mermaid, dot or svg")
			}
			_, c, err := a.compileJob(args[0], vars, partitionCounts{})
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(a.env.Out, draw(c.Topology))
			return err
		},
	}
	vars = addVars(cmd)
	cmd.Flags().StringVarP(&format, "output", "o", format, "draw as `FORMAT`: mermaid, dot or svg")
	return cmd
}
