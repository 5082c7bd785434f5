package spec

import "time"

// Window cuts groups by event time: exactly one of tumbling, hopping, sliding, session, day.
type Window struct {
	Where
	// Tumbling is the size of windows that follow each other.
	Tumbling time.Duration `key:"tumbling" example:"5m"`
	// Hopping is the size of windows that begin every so often and overlap.
	Hopping time.Duration `key:"hopping" example:"10m"`
	// Every is the time between the beginnings of hopping windows.
	Every time.Duration `key:"every" example:"2m"`
	// Sliding is the largest difference of times of the records in one window.
	Sliding time.Duration `key:"sliding" example:"5m"`
	// Session is the silence that ends a session.
	Session time.Duration `key:"session" example:"30m"`
	// Day is a number of calendar days.
	Day int `key:"day" min:"1"`
	// TZ is the zone of calendar days (UTC).
	TZ string `key:"tz" example:"Europe/Amsterdam"`
	// Grace is how long after its end, in stream time, a window takes late records (0s).
	Grace time.Duration `key:"grace" example:"30s"`
	// Retention is how long windows are kept; size and grace are the least (and the default).
	Retention time.Duration `key:"retention" example:"1d"`
}

// Emit says when an aggregate's results go on.
type Emit struct {
	Where
	// On is change, for every update, or close, once for each window when it closes (change).
	On string `key:"on,bare" enum:"change close"`
	// Idle closes windows after this much wall-clock time without input. The results then depend on when the job ran.
	Idle time.Duration `key:"idle" example:"30s"`
}

// Count counts.
type Count struct {
	Where
	// Store names or sets the store (PIPELINE-count).
	Store *StoreRef `key:"store"`
	// Emit says when results go on.
	Emit *Emit `key:"emit"`
}

// Reduce combines two values into one of the same type.
type Reduce struct {
	Where
	// Add combines agg, what there is, and value.
	Add Expr `key:"add,required,bare" example:"agg + value"`
	// Subtract takes value out of agg; required on grouped tables.
	Subtract Expr `key:"subtract" example:"agg - value"`
	// Store names or sets the store (PIPELINE-reduce).
	Store *StoreRef `key:"store"`
	// Emit says when results go on.
	Emit *Emit `key:"emit"`
}

// Aggregate folds values into agg.
type Aggregate struct {
	Where
	// Init is agg before the first record.
	Init Expr `key:"init,required" example:"{\"n\": 0}"`
	// Add is agg after a record.
	Add Expr `key:"add,required" example:"{\"n\": agg.n + 1}"`
	// Subtract is agg without a record; required on grouped tables.
	Subtract Expr `key:"subtract"`
	// Merge is the aggregate of two sessions, a and b, that become one; required with session windows.
	Merge Expr `key:"merge" example:"{\"n\": a.n + b.n}"`
	// ValueType is the type of agg (by init).
	ValueType *Type `key:"valueType"`
	// Store names or sets the store (PIPELINE-aggregate).
	Store *StoreRef `key:"store"`
	// Emit says when results go on.
	Emit *Emit `key:"emit"`
}

// Of aggregates one number, or one comparable value, of each record.
type Of struct {
	Where
	// Of is the number (the value).
	Of Expr `key:"of,bare" example:"value.amount"`
	// ValueType is the type of the result (that of the expression; double for avg).
	ValueType *Type `key:"valueType"`
	// Store names or sets the store (PIPELINE-OPERATOR).
	Store *StoreRef `key:"store"`
	// Emit says when results go on.
	Emit *Emit `key:"emit"`
}

// Collect keeps a list.
type Collect struct {
	Where
	// Of is what is kept of each record (the value).
	Of Expr `key:"of,bare" example:"value.page"`
	// Distinct keeps each only once.
	Distinct bool `key:"distinct"`
	// Limit is how many are kept at most: the last ones (all).
	Limit int `key:"limit" min:"1"`
	// Store names or sets the store (PIPELINE-collect).
	Store *StoreRef `key:"store"`
	// Emit says when results go on.
	Emit *Emit `key:"emit"`
}

// TopK keeps the largest.
type TopK struct {
	Where
	// K is how many.
	K int `key:"k,required,bare" min:"1"`
	// Of is what is kept of each record (the value).
	Of Expr `key:"of" example:"value.name"`
	// By is what is compared, an expression of value, what is kept (value).
	By Expr `key:"by" example:"value.score"`
	// Store names or sets the store (PIPELINE-topK).
	Store *StoreRef `key:"store"`
	// Emit says when results go on.
	Emit *Emit `key:"emit"`
}

// Cogroup aggregates several groups into one value.
type Cogroup struct {
	Where
	// Init is agg before the first record.
	Init Expr `key:"init,required" example:"{\"views\": 0, \"clicks\": 0}"`
	// Add is agg after a record of this group.
	Add Expr `key:"add,required"`
	// With are the other groups.
	With []*Cogrouped `key:"with,required,one"`
	// Merge is the aggregate of two sessions, a and b, that become one; required with session windows.
	Merge Expr `key:"merge"`
	// ValueType is the type of agg (by init).
	ValueType *Type `key:"valueType"`
	// Store names or sets the store (PIPELINE-cogroup).
	Store *StoreRef `key:"store"`
	// Emit says when results go on.
	Emit *Emit `key:"emit"`
}

// Cogrouped is a group that a cogroup takes in.
type Cogrouped struct {
	Where
	// Stream is the stream.
	Stream string `key:"stream,required" example:"clicks"`
	// GroupBy is the key of the group (the key there is).
	GroupBy Expr `key:"groupBy"`
	// Add is agg after a record of it.
	Add Expr `key:"add,required"`
	// Repartition names its repartition topic where one is needed.
	Repartition string `key:"repartition" pattern:"^[A-Za-z0-9._-]+$"`
}

// Join joins this side, left, with another, right: exactly one of stream, table, global.
type Join struct {
	Where
	// Stream is a stream or a pipeline that makes one; it needs within, or before and after.
	Stream string `key:"stream" example:"clicks"`
	// Table is a table or a pipeline that makes one.
	Table string `key:"table" example:"customers"`
	// Global is a global table.
	Global string `key:"global" example:"products"`
	// As is the result, of left, right and key ({"left": left, "right": right}).
	As Expr `key:"as" example:"{\"order\": left, \"customer\": right}"`
	// ValueType is the type of the result (by the expression).
	ValueType *Type `key:"valueType"`
	// On is the key to look up in a global, of key and value (key).
	On Expr `key:"on" example:"value.productId"`
	// ForeignKey is the key of the right table, of key and value of the left one.
	ForeignKey Expr `key:"foreignKey" example:"value.customerId"`
	// Within is how far apart in time two records of streams may be.
	Within time.Duration `key:"within" example:"15m"`
	// Before is how much earlier than the left the right may be (within).
	Before time.Duration `key:"before"`
	// After is how much later than the left the right may be (within).
	After time.Duration `key:"after"`
	// Grace is how late, in stream time, records may come (0s). A stream joined with a versioned table is held back this long.
	Grace time.Duration `key:"grace" example:"1m"`
	// Retrigger keeps records this long and joins them again when the versioned table changes behind them.
	Retrigger time.Duration `key:"retrigger" example:"10m"`
	// Copartition set to auto sends the side with fewer partitions through a repartition topic.
	Copartition string `key:"copartition" enum:"auto"`
	// Store names or sets the store: of a join of tables; the prefix of the two stores of a join of streams.
	Store *StoreRef `key:"store"`
	// Repartition names the repartition topics where they are needed.
	Repartition string `key:"repartition" pattern:"^[A-Za-z0-9._-]+$"`
}

// Suppress holds updates back until a time limit or until the window closes.
type Suppress struct {
	Where
	// Until is windowClose, or how long an update waits for a newer one of its key.
	Until Until `key:"until,required,bare" example:"windowClose"`
	// Buffer limits what is held back.
	Buffer *Buffer `key:"buffer"`
	// Store names the buffer's store, which always ends in -store (PIPELINE-suppress-store).
	Store *StoreRef `key:"store"`
}

// Buffer limits what suppress holds back (no limit).
type Buffer struct {
	Where
	// Records is how many updates.
	Records int64 `key:"records" min:"1"`
	// Bytes is how many bytes of them.
	Bytes Size `key:"bytes" example:"10MB"`
	// WhenFull is what a full buffer does: stop the application or emit the oldest early (stop; emit where until is a time).
	WhenFull string `key:"whenFull" enum:"stop emit"`
}
