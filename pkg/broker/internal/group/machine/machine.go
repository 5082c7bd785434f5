package machine

import (
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Now is the time of a step: two clocks, since wall clocks jump.
type Now struct {
	Mono   time.Duration // since the driver started; sessions and timeouts count in it
	UnixMs int64         // wall clock; only for what records say
}

// Client is where a request came from.
type Client struct {
	ID   string
	Host string // as Kafka writes it: /127.0.0.1
}

// Call is a request that waits for its answer. A machine keeps it and gives it
// back in a Reply, at most once; it looks into none.
type Call any

// Record is one record of __consumer_offsets. A nil Value is a tombstone.
type Record struct{ Key, Value []byte }

// Reply is the answer to a call. The driver owns Response from then on.
type Reply struct {
	Call     Call
	Response kmsg.Response
}

// TimerKey names a timer of a group. Kinds are the machine's own; Member is empty
// for timers of the group as a whole.
type TimerKey struct {
	Kind   uint8
	Member string
}

// Timer sets a timer, also one that is set already, or stops it.
type Timer struct {
	Key   TimerKey
	After time.Duration // from now
	Stop  bool
}

// Effects is what a step asks its driver to do.
type Effects struct {
	Records []Record
	Replies []Reply
	Timers  []Timer
	// Done is called at once with the outcome of the append of Records, which is
	// not empty. It may be nil.
	Done func(err *kerr.Error) Effects
	// Next, when set, is the group's machine from now on if the append worked (or
	// there was nothing to append). The timers of the old one are stopped, and
	// Next is stepped with Loaded.
	Next Machine
}

// Reply adds an answer.
func (e *Effects) Reply(c Call, resp kmsg.Response) {
	e.Replies = append(e.Replies, Reply{c, resp})
}

// Set adds a timer to set.
func (e *Effects) Set(key TimerKey, after time.Duration) {
	e.Timers = append(e.Timers, Timer{Key: key, After: after})
}

// Stop adds a timer to stop.
func (e *Effects) Stop(key TimerKey) {
	e.Timers = append(e.Timers, Timer{Key: key, Stop: true})
}

// Written returns the effects of a step that has to write records. Timers are set
// and done is called once they are written; failed says what follows if they could
// not be, and may be nil.
func (e Effects) Written(records []Record, done func(), failed func() Effects) Effects {
	timers := e.Timers
	e.Timers, e.Records = nil, records
	e.Done = func(err *kerr.Error) Effects {
		if err == nil {
			done()
			return Effects{Timers: timers}
		}
		if failed != nil {
			return failed()
		}
		return Effects{}
	}
	return e
}

// Machine is the state of one group.
type Machine interface {
	// Step takes an event, one of those of this package.
	Step(now Now, event any) Effects
	// Info tells what lists of groups and the driver ask.
	Info() Info
	// Commit says whether offsets may be committed, nil for yes. A check, when there
	// is one, is asked for each partition then (a consumer group, whose member
	// may be behind with some). Who may commit is also seen to be alive: the
	// driver steps the machine with Committed.
	Commit(c Commit) (PartitionCheck, *kerr.Error)
	// Fetch says whether a member may read offsets (OffsetFetch v9+, KIP-848),
	// nil for yes. Member is empty and epoch -1 for who does not say.
	Fetch(member string, epoch int32) *kerr.Error
	// Expiry tells which offsets expire at the moment.
	Expiry() Expiry
}

// Info is a group at a glance.
type Info struct {
	Type         string // classic, consumer or share, as ListGroups (KIP-848) spells them
	State        string // Kafka's name: Empty, Stable, PreparingRebalance…
	ProtocolType string // consumer, connect…; empty for a group that nobody ever joined
	Empty        bool   // no members: it may be deleted
	// Subscribed says whether a member subscribes to a topic: its offsets neither
	// expire nor are they deleted. Nil means to none.
	Subscribed func(topic string) bool
	// Tombstones are the records that delete the group, without its offsets.
	Tombstones func() []Record
}

// PartitionCheck says whether offsets of one partition may be committed, nil for
// yes. The id is that of the topic, also when the client names topics.
type PartitionCheck func(topic string, id [16]byte, partition int32) *kerr.Error

// Commit is who commits offsets.
type Commit struct {
	Member        string
	Instance      *string // group.instance.id
	Epoch         int32   // generation id or member epoch
	Transactional bool    // TxnOffsetCommit
	Version       int16   // of the request
}

// Expiry is Kafka's OffsetExpirationCondition.
type Expiry struct {
	Never bool
	// Keep says that the group stays when it has nothing left.
	Keep bool
	// SinceMs, when not negative, is when retention began for every offset (the
	// group became empty); otherwise it is each offset's commit.
	SinceMs int64
}
