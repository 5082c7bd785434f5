package txn

// Event is what happens to a transactional id: one of the types below.
type Event interface{ event() }

// Init is InitProducerId. A producer that continues after an error names its id
// and epoch, others have -1 in both.
type Init struct {
	TimeoutMs  int32
	ProducerID int64
	Epoch      int16
	// FreshID is a producer id that nobody has, needed for an id that is new or
	// whose epochs are used up; -1 until Effects.NeedID asked for it.
	FreshID int64
}

// Add is AddPartitionsToTxn: the transaction begins with it, or goes on.
type Add struct {
	ProducerID int64
	Epoch      int16
	Version    int16
	Partitions []Partition
}

// End is EndTxn.
type End struct {
	ProducerID int64
	Epoch      int16
	Commit     bool
	Version    int16
	FreshID    int64 // as in Init
}

// TimedOut ends a transaction that took longer than its timeout: it is aborted
// and its producer fenced.
type TimedOut struct {
	FreshID int64 // as in Init
}

// Expired forgets an id that was not used for transactional.id.expiration.ms.
type Expired struct{}

// Marked says that all partitions have their markers.
type Marked struct{}

// Committed says that what Effects asked to append is written.
type Committed struct{}

// Failed says that it could not be written: nothing has happened.
type Failed struct{ Code int16 }

func (Init) event()      {}
func (Add) event()       {}
func (End) event()       {}
func (TimedOut) event()  {}
func (Expired) event()   {}
func (Marked) event()    {}
func (Committed) event() {}
func (Failed) event()    {}

// Answer is what a client is told. Id and epoch are -1 where there are none.
type Answer struct {
	Code       int16
	ProducerID int64
	Epoch      int16
}

func refuse(code int16) Answer { return Answer{Code: code, ProducerID: none, Epoch: none} }

// Markers end the transaction of a producer in partitions. Epoch is the
// producer's from then on.
type Markers struct {
	ProducerID int64
	Epoch      int16
	Commit     bool
	Partitions []Partition
}

// Effects are what is to be done after a step. At most one of NeedID, Wait,
// Append and Delete is set.
type Effects struct {
	// NeedID: the event wants a fresh producer id; nothing has happened.
	NeedID bool
	// Wait: the event meets a transition that is under way, and can be tried
	// again after it. A client that is not to wait gets Answer.
	Wait bool
	// Append is the state to be written, Delete says that the id is to be
	// forgotten. Committed or Failed follows, before it only other requests.
	Append *Txn
	Delete bool
	// Again: the event is to be tried again after the transition that it has
	// begun with Append.
	Again bool
	// Answered says that Answer is to be given now.
	Answered bool
	Answer   Answer

	// Markers are to be written; Marked follows.
	Markers *Markers
	// Gone: the id is forgotten.
	Gone bool
}
