package main

import (
	"errors"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"kq/internal/cli"
	"kq/pkg/broker/logstore"
	"kq/pkg/broker/vfs"
)

func newLogRepairCommand(a *app) *cobra.Command {
	var skip bool
	cmd := &cobra.Command{
		Use:   "repair DATA TOPIC:PARTITION [flags]",
		Short: "show and mend damage in the log of a partition",
		Long: `Check every batch of a partition in the data directory of a broker that does
not run. Without --yes it only shows what is wrong, and exits with 3 if
anything is. With --yes it cuts the log at the first damage, or with --skip
takes out what is damaged and keeps what follows. Bytes that are taken out are
kept beside the log in a .cut file.`,
		Example: `  kq log repair ~/.local/share/kq orders:0
  kq log repair /var/lib/kq orders:0 --skip --yes`,
		Args: args(2, 2, "a data directory and TOPIC:PARTITION"),
		RunE: func(_ *cobra.Command, args []string) error {
			tp, err := parsePartition(args[1])
			if err != nil {
				return err
			}
			action := logstore.RepairCut
			if skip {
				action = logstore.RepairSkip
			}
			r, err := logstore.Repair(vfs.OS(), args[0], tp, action, a.yes)
			if err != nil {
				return logError(err, args[0])
			}
			return a.printLogReport(r, skip)
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().BoolVar(&skip, "skip", false, "keep what follows the damage; the offsets in it are lost")
	return cmd
}

// parsePartition reads TOPIC:PARTITION.
func parsePartition(s string) (logstore.TopicPartition, error) {
	i := strings.LastIndexByte(s, ':')
	if i > 0 {
		if n, err := strconv.ParseInt(s[i+1:], 10, 32); err == nil && n >= 0 {
			return logstore.TopicPartition{Topic: s[:i], Partition: int32(n)}, nil
		}
	}
	return logstore.TopicPartition{}, cli.WithHint(cli.Usagef("%q is not TOPIC:PARTITION", s), "as orders:0")
}

// logError says what to do about an error of the log store.
func logError(err error, dir string) error {
	switch {
	case errors.Is(err, logstore.ErrLocked):
		return cli.WithHint(err, "stop the broker that uses %s first", dir)
	case errors.Is(err, logstore.ErrNotFound):
		return cli.WithHint(err, "each partition is a directory TOPIC-PARTITION in %s", dir)
	}
	return err
}
