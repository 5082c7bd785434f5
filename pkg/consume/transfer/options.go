package transfer

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kversion"

	"kq/pkg/consume"
)

var (
	// ErrOptions is an Options whose Validate found a mistake.
	ErrOptions = errors.New("invalid options")
	// ErrSelf is a copy of a topic to itself.
	ErrSelf = errors.New("source and destination are the same topic")
	// ErrPartitions is a destination with too few partitions to keep them.
	ErrPartitions = errors.New("the destination has too few partitions")
	// ErrGap is a source that no longer has the records after the last position.
	ErrGap = errors.New("records are gone that were not copied yet")
	// ErrAhead is a position behind the end of the source.
	ErrAhead = errors.New("the last copy came further than the source reaches")
	// ErrDeleted is a topic that went away while it was copied.
	ErrDeleted = errors.New("the topic was deleted while it was copied")
	// ErrKeyless is a record without key on its way to a compacted topic.
	ErrKeyless = errors.New("a record without key, and the destination is compacted")
	// ErrTooLarge is a record that the destination does not take.
	ErrTooLarge = errors.New("a record is too large for the destination")
	// ErrFenced is a copy that another one took over from, or whose transaction
	// was open for too long.
	ErrFenced = errors.New("the transactional id belongs to another copy now, or the transaction was open for too long")
	// ErrLost is a destination that lost records it had acknowledged, or forgot who
	// wrote them.
	ErrLost = errors.New("the destination does not have the records before these")
	// ErrOpen is a transaction of another copy that does not end, and may hide a position.
	ErrOpen = errors.New("a transaction does not end")
	// ErrGroup is a group that has members.
	ErrGroup = errors.New("the group has members, and its positions are theirs")
)

// Defaults of Options.
const (
	DefaultCommit             = 500 * time.Millisecond
	DefaultPatience           = 2 * time.Minute
	DefaultTransactionTimeout = time.Minute
)

// PositionsTopic is where the destination keeps how far copies from other
// clusters came.
const PositionsTopic = "__kq_copy_positions"

// Shares is how many producers write, of all copies between two topics. The
// number is part of what keeps two of them apart: partition p is always of share
// p modulo Shares.
const Shares = 4

// Options is what to copy, and how.
type Options struct {
	Source, Destination string // topics

	From, To consume.Offset // where partitions without a position begin, and where all end; see consume.Options
	Follow   bool           // go on at the end, without end

	ExactlyOnce    bool // in transactions, with the positions in them
	KeepPartitions bool // each record to the partition it has; otherwise by its key
	Uncommitted    bool // also records of transactions that are open or were aborted; not with ExactlyOnce
	SkipGaps       bool // go on where records are gone that were not copied yet
	Restart        bool // begin at From, whatever was copied before

	// Group keeps the positions in the cluster of both topics. Empty is a name made
	// of the topics' names.
	Group string

	Commit             time.Duration // how often positions are written; 0 is DefaultCommit
	Patience           time.Duration // how long a cluster may be away; 0 is DefaultPatience
	TransactionTimeout time.Duration // 0 is DefaultTransactionTimeout

	// Notice is told what whoever waits should know. It may be nil.
	Notice func(text string)
	// Meter counts while the copy goes on. It may be nil.
	Meter *Meter
}

// Validate finds what cannot be done.
func (o *Options) Validate() error {
	switch {
	case o.Source == "" || o.Destination == "":
		return fmt.Errorf("%w: a source and a destination are needed", ErrOptions)
	case o.ExactlyOnce && o.Uncommitted:
		return fmt.Errorf("%w: exactly once, and records that may be aborted", ErrOptions)
	case o.Follow && o.To != consume.Start() && o.To != consume.End():
		return fmt.Errorf("%w: to %v, and then on without end", ErrOptions, o.To)
	case o.Destination == PositionsTopic:
		return fmt.Errorf("%w: %s is where copies keep their positions", ErrOptions, PositionsTopic)
	case o.Commit < 0 || o.Patience < 0 || o.TransactionTimeout < 0:
		return fmt.Errorf("%w: a time below 0", ErrOptions)
	}
	c := o.consume()
	if err := c.Validate(); err != nil {
		return fmt.Errorf("%w: %w", ErrOptions, err)
	}
	return nil
}

// consume is what o asks for, as consume.Options.
func (o *Options) consume() consume.Options {
	c := consume.Options{Topics: []string{o.Source}, From: o.From, To: o.To, Follow: o.Follow, Uncommitted: o.Uncommitted, Notice: o.Notice}
	if o.Follow {
		c.To = consume.Start() // no end
	}
	return c
}

func (o *Options) commit() time.Duration   { return cmp.Or(o.Commit, DefaultCommit) }
func (o *Options) patience() time.Duration { return cmp.Or(o.Patience, DefaultPatience) }

func (o *Options) notice(format string, args ...any) {
	if o.Notice != nil {
		o.Notice(fmt.Sprintf(format, args...))
	}
}

// ClientOptions is what the clients of both sides must be made with. They keep to
// the transactions of before KIP-890's second part, in which a commit that is
// asked for again has the same answer and the same epoch; all Kafkas have them.
func ClientOptions() []kgo.Opt {
	versions := kversion.Stable()
	for key, most := range map[int16]int16{0: 11, 24: 3, 26: 4, 28: 4} { // Produce, AddPartitionsToTxn, EndTxn, TxnOffsetCommit
		versions.SetMaxKeyVersion(key, most)
	}
	o := consume.Options{}
	return append(o.ClientOptions(), kgo.MaxVersions(versions))
}
