package main

import "github.com/spf13/cobra"

func newTailCommand(a *app) *cobra.Command {
	f := consumeFlags{tail: 10}
	f.o.Follow = true
	cmd := &cobra.Command{
		Use:   "tail TOPIC… [flags]",
		Short: "show the last records of topics, then those that come",
		Long: `Show the last records of all partitions of topics, by time, then those that
come, until it is interrupted: kq consume --tail 10 -F. kq consume --help tells
the formats.`,
		Example: `  kq tail orders
  kq tail orders payments -n 100
  kq tail '.*' --regex -f '%t %v\n'
  kq tail orders -F=false            # only those there are`,
		Args:              args(1, -1, "the name of a topic"),
		Annotations:       map[string]string{recordCommand: "out"},
		ValidArgsFunction: a.completeTopics,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.consume(cmd, &f, args)
		},
	}
	s := cmd.Flags()
	s.SortFlags = false
	s.VarP(&f.tail, "count", "n", "begin with the last `NUMBER` records of all, by time")
	s.Var(&f.tail, "tail", "the same as --count")
	s.Lookup("tail").Hidden = true
	s.BoolVarP(&f.o.Follow, "follow", "F", true, "go on at the end and wait for more")
	s.StringVar(&f.to, "to", "", "stop before `PLACE`: end, an offset, @TIME or @-DURATION")
	f.addTo(cmd)
	return cmd
}
