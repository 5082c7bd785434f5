package consume

import (
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// ErrOptions is an Options whose Validate found a mistake.
var ErrOptions = errors.New("invalid options")

// Options is what to read.
type Options struct {
	Topics      []string
	Regex       bool          // Topics are regular expressions that match whole names
	Partitions  []int32       // of each topic; nil for all
	From        Offset        // where to begin
	To          Offset        // where to stop, exclusive; Start, the zero value, is the end that is there now
	Tail        int64         // begin with the last so many records of all, by timestamp; 0 for From
	Follow      bool          // go on at the end, until To or the end of the context
	Count       int64         // records in all; 0 for no limit
	Each        int64         // records of each partition; 0 for no limit
	Idle        time.Duration // stop when no record came for so long; 0 for never
	Uncommitted bool          // also records of transactions that are open or were aborted

	// Starts is where to begin in some partitions, by topic and number, which are
	// then read alone: in place of Topics, Partitions and From. Nil for those.
	Starts map[string]map[int32]int64

	// Group is the consumer group to read as a member of; none without a name.
	Group Group

	// Share is the share group to read as a member of; none without a name.
	Share Share

	// Notice is told what the reader of the output should know, as that records
	// asked for are gone. It may be nil.
	Notice func(text string)
}

// Validate finds what cannot be done.
func (o *Options) Validate() error {
	switch {
	case len(o.Topics) == 0 && len(o.Starts) == 0:
		return fmt.Errorf("%w: no topic", ErrOptions)
	case o.Count < 0 || o.Each < 0:
		return fmt.Errorf("%w: a count of %d records", ErrOptions, min(o.Count, o.Each))
	case o.Tail < 0:
		return fmt.Errorf("%w: a tail of %d records", ErrOptions, o.Tail)
	case o.Tail > 0 && o.From != Start():
		return fmt.Errorf("%w: a tail, and from %v: there is one place to begin", ErrOptions, o.From)
	case o.Idle < 0:
		return fmt.Errorf("%w: idle for %v", ErrOptions, o.Idle)
	case o.To.kind == atLast:
		return fmt.Errorf("%w: to %v", ErrOptions, o.To)
	case !o.From.before(o.To):
		return fmt.Errorf("%w: there is nothing from %v to %v", ErrOptions, o.From, o.To)
	}
	for _, p := range o.Partitions {
		if p < 0 {
			return fmt.Errorf("%w: partition %d", ErrOptions, p)
		}
	}
	if err := o.Group.validate(o); err != nil {
		return err
	}
	if err := o.Share.validate(o); err != nil {
		return err
	}
	_, err := o.patterns()
	return err
}

// patterns are the expressions of Topics, nil without Regex.
func (o *Options) patterns() ([]*regexp.Regexp, error) {
	if !o.Regex {
		return nil, nil
	}
	var all []*regexp.Regexp
	for _, t := range o.Topics {
		if _, err := regexp.Compile(t); err != nil {
			return nil, fmt.Errorf("%w: topics %q: %w", ErrOptions, t, err)
		}
		re, err := regexp.Compile("^(?:" + t + ")$")
		if err != nil {
			return nil, fmt.Errorf("%w: topics %q: %w", ErrOptions, t, err)
		}
		all = append(all, re)
	}
	return all, nil
}

// ClientOptions is what the client must be made with.
func (o *Options) ClientOptions() []kgo.Opt {
	return []kgo.Opt{
		kgo.FetchIsolationLevel(o.isolation()),
		kgo.KeepControlRecords(),
		// Where records are gone is for us to see: kgo would jump elsewhere.
		kgo.ConsumeResetOffset(kgo.NoResetOffset()),
		kgo.FetchMaxWait(500 * time.Millisecond),
		kgo.FetchMaxPartitionBytes(2 << 20),
		kgo.WithPools(&pool{}),
	}
}

func (o *Options) isolation() kgo.IsolationLevel {
	if o.Uncommitted {
		return kgo.ReadUncommitted()
	}
	return kgo.ReadCommitted()
}
