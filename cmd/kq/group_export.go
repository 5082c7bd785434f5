package main

import (
	"context"
	"io"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/out"
	"kq/pkg/admin"
)

func newGroupExportCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "export GROUP…",
		Short: "write the committed offsets of groups to a file",
		Long: `Write the committed offsets of groups as lines of topic,partition,offset, with
the group before them where there are several: what kq group reset -f and
kafka-consumer-groups --from-file read. -o json keeps the metadata of offsets
too, and can be read back as well.`,
		Example: `  kq group export billing > offsets.csv
  kq group reset billing -f offsets.csv --yes`,
		Args:              args(1, -1, "the name of a group"),
		ValidArgsFunction: a.completeGroups,
		RunE: func(cmd *cobra.Command, args []string) error {
			names := unique(args)
			return a.connect(cmd, func(ctx context.Context, cl *kgo.Client) error {
				offsets, err := admin.GroupOffsets(ctx, cl, names)
				if err != nil {
					return groupError(ctx, cl, err, names...)
				}
				for i := range offsets {
					if len(names) == 1 {
						offsets[i].Group = ""
					}
				}
				return a.printExport(offsets)
			})
		},
	}
	return cmd
}

func (a *app) printExport(offsets []admin.GroupOffset) error {
	if a.structured() {
		return a.print(offsets)
	}
	if len(offsets) == 0 {
		a.note("there are no committed offsets")
	}
	switch out.Format(a.output) {
	case out.TableFormat, out.WideFormat:
		_, err := io.WriteString(a.env.Out, admin.FormatOffsets(offsets))
		return err
	}
	t := out.Table{Columns: out.Cols("TOPIC", ">PARTITION", ">OFFSET", "GROUP")}
	for _, o := range offsets {
		n, p := o.Offset, int64(o.Partition)
		t.Rows = append(t.Rows, []string{o.Topic, number(&p), number(&n), o.Group})
	}
	return a.print(offsets, t)
}
