package main

import (
	"context"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/out"
	"kq/pkg/admin"
)

func newTopicOffsetsCommand(a *app) *cobra.Command {
	var o admin.TopicOffsetsOptions
	var at string
	cmd := &cobra.Command{
		Use:   "offsets TOPIC… [flags]",
		Short: "show where partitions start and end",
		Long: `Show the first offset of partitions, the one that the next record gets, and how
many are between. With --at also the offset of a place: start, end, an offset,
-N (N before the end), or @TIME, the first record at or after a time, which is
RFC 3339, '2026-01-31[ 12:00[:00]]' in local time, milliseconds since 1970, or
relative, as @-1h; "-" where there is none.`,
		Example: `  kq topic offsets orders
  kq topic offsets orders --at @2026-01-31
  kq topic offsets orders clicks --at @-1h -o tsv`,
		Args:              args(1, -1, "the name of a topic"),
		ValidArgsFunction: a.completeTopics,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Topics = args
			if cmd.Flag("at").Changed {
				p, err := admin.ParsePosition(at, time.Now())
				if err != nil {
					return optionError("--at", err, "--at is one of %s", admin.PositionForms)
				}
				o.At = &p
			}
			if err := o.Validate(); err != nil {
				return optionError("", err, "")
			}
			return a.connect(cmd, func(ctx context.Context, cl *kgo.Client) error {
				topics, err := admin.ListTopicOffsets(ctx, cl, o)
				if err != nil {
					return err
				}
				return a.printOffsets(ctx, cl, topics, o.At)
			})
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&at, "at", "", "also the offset at a `PLACE`: @TIME, start, end, N or -N")
	f.Int32SliceVarP(&o.Partitions, "partition", "p", nil, "these partitions alone, `0,1,…`")
	f.Lookup("partition").DefValue = ""
	return cmd
}

func (a *app) printOffsets(ctx context.Context, cl *kgo.Client, topics []admin.TopicOffsets, at *admin.Position) error {
	t := out.Table{Columns: out.Cols("TOPIC", ">PARTITION", ">START", ">END", ">COUNT")}
	if at != nil {
		t.Columns = out.Cols("TOPIC", ">PARTITION", ">OFFSET", "TIMESTAMP", "+>START", "+>END", "+>COUNT")
	}
	failed := false
	for _, topic := range topics {
		if topic.Error != nil {
			failed = true
			a.sayTopic(ctx, cl, "list offsets of", topic.Name, topic.Error)
		}
		for _, p := range topic.Partitions {
			if p.Error != nil {
				failed = true
				a.sayItem("list offsets of topic "+strconv.Quote(topic.Name)+" partition "+strconv.Itoa(int(p.Number)), p.Error, "")
				continue
			}
			row := []string{topic.Name, strconv.Itoa(int(p.Number))}
			if at != nil {
				stamp := ""
				if p.Timestamp != nil {
					stamp = time.UnixMilli(*p.Timestamp).Format("2006-01-02T15:04:05.000Z07:00")
				}
				row = append(row, number(p.At), stamp)
			}
			t.Rows = append(t.Rows, append(row, number(p.Start), number(p.End), number(p.Count)))
		}
	}
	return a.printItems(topics, t, failed)
}
