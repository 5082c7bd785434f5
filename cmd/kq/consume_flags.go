package main

import (
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kq/internal/cli"
	"kq/internal/format"
	"kq/internal/when"
	"kq/pkg/consume"
)

// consumeFlags are the flags of the commands that read records.
type consumeFlags struct {
	o             consume.Options
	from, to      string
	tail, count   countValue
	partitions    partitionsValue
	idle          string
	format, delim string
	isolation     string
	decode        string
}

// addTo adds the flags that all of these commands have.
func (f *consumeFlags) addTo(cmd *cobra.Command) {
	s := cmd.Flags()
	s.StringVar(&f.idle, "idle", "", "stop when no record came for `DURATION`, as 5s")
	s.VarP(&f.partitions, "partition", "p", "read the partitions `NUMBER,…`, not all")
	s.BoolVar(&f.o.Regex, "regex", false, "topics are regular expressions, which match whole names")
	f.addFormat(cmd)
	complete(cmd, "from", "start", "end", "committed\twhere the group is", "-10\tthe last ten of each partition", "@-1h\tof the last hour")
	complete(cmd, "to", "end", "@-1h\tan hour ago")
}

// addFormat adds the flags that say how records are printed, and which.
func (f *consumeFlags) addFormat(cmd *cobra.Command) {
	s := cmd.Flags()
	s.StringVarP(&f.format, "format", "f", "", "print records in `FORMAT` (default: json, pretty on a terminal)")
	s.StringVarP(&f.delim, "key-delim", "K", "", "print lines of key, `DELIMITER` and value; \\t \\0 \\xNN are escapes")
	s.StringVar(&f.isolation, "isolation", committed, "records of transactions: `LEVEL` read_committed or read_uncommitted")
	s.StringVar(&f.decode, "decode", format.DecodeAuto, "decode records of internal topics: `HOW` is "+list(format.Decoders()))
	complete(cmd, "decode", format.Decoders()...)
	complete(cmd, "format", format.Names()...)
	complete(cmd, "isolation", committed, uncommitted)
}

// The values of --isolation, as Kafka calls them.
const (
	committed   = "read_committed"
	uncommitted = "read_uncommitted"
)

// complete offers words as the values of a flag, where cmd has it.
func complete(cmd *cobra.Command, flag string, words ...string) {
	if cmd.Flag(flag) == nil {
		return
	}
	// It only fails for a flag that is not there.
	_ = cmd.RegisterFlagCompletionFunc(flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return words, cobra.ShellCompDirectiveNoFileComp
	})
}

// options makes of the flags what they ask for.
func (f *consumeFlags) options(topics []string) (consume.Options, error) {
	o := f.o
	o.Topics = unique(topics)
	o.Tail, o.Count, o.Partitions = int64(f.tail), int64(f.count), f.partitions
	now := time.Now()
	var err error
	switch {
	case f.from == fromCommitted && o.Group.Name == "":
		return o, cli.WithHint(cli.Usagef("--from committed is where a group is"), "-g GROUP names it")
	case f.from == fromCommitted:
	case f.from != "":
		if o.From, err = consume.ParseOffset(f.from, now); err != nil {
			return o, offsetError("--from", f.from, err)
		}
		if o.Tail > 0 {
			return o, cli.WithHint(cli.Usagef("--from and --tail both say where to begin"), "--tail %d --to PLACE gives the last records before a place", o.Tail)
		}
	case o.Follow && o.Tail == 0 && o.Group.Name == "" && o.Share.Name == "":
		o.From = consume.End()
	}
	if f.to != "" {
		if o.To, err = consume.ParseEnd(f.to, now); err != nil {
			return o, offsetError("--to", f.to, err)
		}
	}
	if f.idle != "" {
		if o.Idle, err = when.Duration(f.idle); err != nil {
			return o, cli.Usagef("--idle %w", err)
		}
		if o.Idle == 0 {
			return o, cli.Usagef("--idle %s: a time above 0 is needed, as 5s", f.idle)
		}
	}
	if o.Uncommitted, err = f.uncommitted(); err != nil {
		return o, err
	}
	if err := o.Validate(); err != nil {
		return o, cli.Usagef("%w", err)
	}
	return o, nil
}

// uncommitted is what --isolation says.
func (f *consumeFlags) uncommitted() (bool, error) {
	switch f.isolation {
	case committed:
		return false, nil
	case uncommitted:
		return true, nil
	}
	e := cli.Usagef("--isolation %q: there are %s and %s", f.isolation, committed, uncommitted)
	if near := cli.Nearest("read_"+strings.TrimPrefix(f.isolation, "read_"), []string{committed, uncommitted}); near != "" {
		return false, cli.WithHint(e, "did you mean --isolation %s", near)
	}
	return false, e
}

// settleIsolation makes --isolation and isolation.level one: the flag goes first.
func (a *app) settleIsolation(cmd *cobra.Command, f *consumeFlags) error {
	if cmd.Flags().Changed("isolation") {
		if f.isolation == committed || f.isolation == uncommitted {
			a.override("isolation.level", f.isolation)
		}
		return nil // another value is an error of its own
	}
	s, err := a.settings()
	if level := s.Values.Text("isolation.level"); level != "" {
		f.isolation = level
	}
	return err
}

func offsetError(flag, given string, err error) error {
	e := cli.Usagef("%s %w", flag, err)
	if _, timeErr := when.Parse(given, time.Now()); timeErr == nil {
		return cli.WithHint(e, "a time begins with @: %s %s", flag, shellQuote("@"+given))
	}
	return e
}
