package main

import (
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kq/internal/cli"
	"kq/pkg/consume"
	"kq/pkg/consume/transfer"
)

func newCopyCommand(a *app) *cobra.Command {
	c := &copying{app: a}
	cmd := &cobra.Command{
		Use:   "copy SRC DST [flags]",
		Short: "copy the records of a topic, to another cluster too",
		Long: `Copy the records of SRC to DST, up to the end there is when it begins, or
without end with -F. Each is a topic, or PROFILE:TOPIC of the cluster that kq
profile set has given this name. Keys, values, headers and times stay as they
are, null stays null, and compressed batches stay compressed. DST is created
where it is missing, with the partitions and configs of SRC.

A record goes to the partition of its key, as Kafka's producers choose it.
Without key it stays with those around it, where DST has no more partitions than
SRC. --keep-partitions keeps all partition numbers.

A copy remembers how far it came: started again it goes on there, after an end,
an interrupt or a crash. Within a cluster the positions are offsets of a group
(see kq group list), else records of the topic __kq_copy_positions beside DST.
--from is for partitions that were never copied; --restart forgets the
positions.

With --exactly-once records and positions are one transaction, every half
second: no crash loses or repeats a record for who reads DST read_committed.
Without, a crash may repeat the last half second.`,
		Example: `  kq copy orders orders-v2
  kq copy orders orders-v2 --exactly-once --keep-partitions
  kq copy prod:orders orders --from @-1h    # from the cluster of a profile
  kq copy prod:orders test:orders -F        # until it is interrupted
  kq copy orders archive --dry-run`,
		Args:              args(2, 2, "two topics, SRC and DST"),
		Annotations:       map[string]string{recordCommand: "copy"},
		ValidArgsFunction: a.completeTopics,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := c.options(cmd, args); err != nil {
				return err
			}
			return c.run(cmd)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.BoolVar(&c.o.ExactlyOnce, "exactly-once", false, "write in transactions, with the positions in them")
	f.BoolVar(&c.o.KeepPartitions, "keep-partitions", false, "write each record to the partition it has")
	f.StringVar(&c.from, "from", "", "begin at `PLACE`, as kq consume does, where nothing was copied (default: start)")
	f.StringVar(&c.to, "to", "", "stop before `PLACE`, as kq consume does (default: the end there is now)")
	f.BoolVarP(&c.o.Follow, "follow", "F", false, "go on at the end and copy what comes")
	f.BoolVar(&c.o.Restart, "restart", false, "begin at --from, whatever was copied before")
	f.StringVar(&c.gap, "on-gap", gapFail, "when SRC has lost records that were not copied: `WHAT` is fail or skip")
	f.StringVarP(&c.o.Group, "group", "g", "", "keep the positions as offsets of `GROUP` (default: kq-copy-…)")
	f.StringVar(&c.isolation, "isolation", committed, "records of transactions: `LEVEL` read_committed or read_uncommitted")
	f.BoolVar(&c.dry, "dry-run", false, "print what would be copied and change nothing")
	f.StringVar(&c.summary, "summary", "", "at the end print a summary on standard error, as `FORMAT`: json")
	complete(cmd, "from", "start", "end", "-10\tthe last ten of each partition", "@-1h\tof the last hour")
	complete(cmd, "to", "end", "@-1h\tan hour ago")
	complete(cmd, "on-gap", gapFail, gapSkip)
	complete(cmd, "isolation", committed, uncommitted)
	complete(cmd, "summary", "json")
	return cmd
}

// The values of --on-gap.
const (
	gapFail = "fail"
	gapSkip = "skip"
)

// copying is one run of the command.
type copying struct {
	*app
	o                      transfer.Options
	srcProfile, dstProfile string // empty for the cluster of the command
	from, to, gap          string
	isolation, summary     string
	dry                    bool
	began                  time.Time
	shown                  *progress
}

// options completes the Options from arguments and flags.
func (c *copying) options(cmd *cobra.Command, args []string) (err error) {
	c.srcProfile, c.o.Source = place(args[0])
	c.dstProfile, c.o.Destination = place(args[1])
	for i, topic := range []string{c.o.Source, c.o.Destination} {
		if topic == "" {
			return cli.WithHint(cli.Usagef("%q names no topic", args[i]), "it is TOPIC or PROFILE:TOPIC")
		}
	}
	if cmd.Flag("bootstrap").Changed && c.srcProfile != "" && c.dstProfile != "" {
		return cli.WithHint(cli.Usagef("-b names a cluster, and both topics have one of a profile"), "leave out -b, or one of the profiles")
	}
	now := time.Now()
	if c.from != "" {
		if c.o.From, err = consume.ParseOffset(c.from, now); err != nil {
			return offsetError("--from", c.from, err)
		}
	}
	if c.to != "" {
		if c.o.Follow {
			return cli.WithHint(cli.Usagef("-F goes on without end, and --to is one"), "leave out one of them")
		}
		if c.o.To, err = consume.ParseEnd(c.to, now); err != nil {
			return offsetError("--to", c.to, err)
		}
	}
	switch c.gap {
	case gapFail, gapSkip:
		c.o.SkipGaps = c.gap == gapSkip
	default:
		return cli.Usagef("--on-gap %q: it is %s or %s", c.gap, gapFail, gapSkip)
	}
	if cmd.Flag("summary").Changed && c.summary != "json" {
		return cli.WithHint(cli.Usagef("--summary %q: there is json", c.summary), "--summary json")
	}
	if cmd.Flag("group").Changed && c.o.Group == "" {
		return cli.Usagef("-g needs the name of a group")
	}
	flags := consumeFlags{isolation: c.isolation}
	if c.o.Uncommitted, err = flags.uncommitted(); err != nil {
		return err
	}
	if c.o.ExactlyOnce && c.o.Uncommitted {
		return cli.WithHint(cli.Usagef("--exactly-once copies what is committed, and --isolation %s more than that", uncommitted), "leave out one of them")
	}
	if err := c.o.Validate(); err != nil {
		return cli.Usagef("%w", err)
	}
	return nil
}

// place splits PROFILE:TOPIC; a topic's name has no colon.
func place(arg string) (profile, topic string) {
	if at := strings.LastIndexByte(arg, ':'); at >= 0 {
		return arg[:at], arg[at+1:]
	}
	return "", arg
}
