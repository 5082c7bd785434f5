package main

import "github.com/spf13/cobra"

// tailRecords is how many records tail begins with.
const tailRecords = 10

func newTailCommand(a *app) *cobra.Command {
	f := consumeFlags{tail: tailRecords}
	f.o.Follow = true
	cmd := &cobra.Command{
		Use:   "tail TOPIC… [flags]",
		Short: "show the last records of topics, then those that come",
		Long: `Show the last records of all partitions of topics, by time, then those that
come, until it is interrupted: kq consume --tail 10 -F. With -n it begins with
no more than are asked for. kq consume --help tells the formats.`,
		Example: `  kq tail orders
  kq tail orders payments --tail 100
  kq tail orders -n 1                # the last one, or the next
  kq tail '.*' --regex -f '%t %v\n'
  kq tail orders -F=false            # only those there are`,
		Args:              args(1, -1, "the name of a topic"),
		Annotations:       map[string]string{recordCommand: "out"},
		ValidArgsFunction: a.completeTopics,
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.count > 0 && !cmd.Flag("tail").Changed {
				f.tail = min(f.tail, f.count)
			}
			return a.consume(cmd, &f, args)
		},
	}
	s := cmd.Flags()
	s.SortFlags = false
	s.Var(&f.tail, "tail", "begin with the last `NUMBER` records of all, by time")
	s.BoolVarP(&f.o.Follow, "follow", "F", true, "go on at the end and wait for more")
	s.StringVar(&f.to, "to", "", "stop before `PLACE`: end, an offset, @TIME or @-DURATION")
	s.VarP(&f.count, "count", "n", "stop after `NUMBER` records in all")
	f.addTo(cmd)
	return cmd
}
