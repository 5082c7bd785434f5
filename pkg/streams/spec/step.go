package spec

import "time"

// Step is a map of one key: the operator. A bare text after it is its expression.
type Step struct {
	Where
	// Filter keeps the records for which the expression is true.
	Filter *Predicate `key:"filter"`
	// FilterNot drops the records for which the expression is true.
	FilterNot *Predicate `key:"filterNot"`
	// Map makes a new key and value of each record.
	Map *Map `key:"map"`
	// MapValues makes a new value of each record.
	MapValues *MapValues `key:"mapValues"`
	// MapKey makes a new key of each record (the same as selectKey).
	MapKey *SelectKey `key:"mapKey"`
	// SelectKey makes a new key of each record; what groups or joins afterwards goes through a repartition topic.
	SelectKey *SelectKey `key:"selectKey"`
	// FlatMap makes any number of records of each: the expression gives a list of {"key": …, "value": …}.
	FlatMap *FlatMap `key:"flatMap"`
	// FlatMapValues makes any number of values of each record: the expression gives a list.
	FlatMapValues *MapValues `key:"flatMapValues"`
	// Peek logs the expression's text for each record and passes the record on.
	Peek *Peek `key:"peek,null"`
	// Foreach logs the expression's text for each record and ends the pipeline.
	Foreach *Peek `key:"foreach,null"`
	// Print prints each record as [label]: key, value and ends the pipeline.
	Print *Print `key:"print,null"`
	// Branch sends each record to the first branch whose condition holds, and ends the pipeline.
	Branch []*Branch `key:"branch"`
	// Merge adds the records of other streams.
	Merge []string `key:"merge,one"`
	// Repartition sends the records through an internal topic.
	Repartition *Repartition `key:"repartition,null"`
	// GroupBy groups by a new key; on a table it regroups each row.
	GroupBy *GroupBy `key:"groupBy"`
	// GroupByKey groups by the key that the records have.
	GroupByKey *GroupByKey `key:"groupByKey,null"`
	// Window cuts the groups by time; the next step aggregates.
	Window *Window `key:"window"`
	// Count counts the records of a group.
	Count *Count `key:"count,null"`
	// Reduce combines the values of a group, two at a time: agg and value.
	Reduce *Reduce `key:"reduce"`
	// Aggregate folds the values of a group into agg.
	Aggregate *Aggregate `key:"aggregate"`
	// Sum adds numbers up.
	Sum *Of `key:"sum,null"`
	// Min keeps the smallest.
	Min *Of `key:"min,null"`
	// Max keeps the largest.
	Max *Of `key:"max,null"`
	// Avg keeps the mean.
	Avg *Of `key:"avg,null"`
	// Collect keeps a list of all.
	Collect *Collect `key:"collect,null"`
	// TopK keeps the k largest, in descending order.
	TopK *TopK `key:"topK"`
	// Cogroup aggregates this group and those of other streams into one value.
	Cogroup *Cogroup `key:"cogroup"`
	// ToTable reads the stream as a table: each record is the new value of its key.
	ToTable *ToTable `key:"toTable,null"`
	// ToStream reads the updates of a table as a stream.
	ToStream *ToStream `key:"toStream,null"`
	// Join joins with a stream, a table or a global; records without a match are left out.
	Join *Join `key:"join"`
	// LeftJoin joins and keeps the records of this side that have no match.
	LeftJoin *Join `key:"leftJoin"`
	// OuterJoin joins and keeps the records of both sides that have no match.
	OuterJoin *Join `key:"outerJoin"`
	// Suppress holds the updates of a table back.
	Suppress *Suppress `key:"suppress"`
	// Dedupe passes only the first record of each id.
	Dedupe *Dedupe `key:"dedupe"`
	// Process runs actions with stores for each record and on timers.
	Process *Process `key:"process"`
	// To writes the records to a topic and goes on with them.
	To *Sink `key:"to"`

	op string
}

// Op is the step's key, as groupBy.
func (s *Step) Op() string { return s.op }

// Predicate is a condition.
type Predicate struct {
	Where
	// If is the condition.
	If Expr `key:"if,required,bare" example:"value.total > 0"`
}

// Map makes a key and a value.
type Map struct {
	Where
	// Key is the new key (the one there is).
	Key Expr `key:"key" example:"value.user"`
	// Value is the new value (the one there is).
	Value Expr `key:"value" example:"{\"total\": value.total}"`
	// KeyType is the type of keys (by the expression).
	KeyType *Type `key:"keyType"`
	// ValueType is the type of values (by the expression).
	ValueType *Type `key:"valueType"`
}

// MapValues makes a value.
type MapValues struct {
	Where
	// Value is the new value.
	Value Expr `key:"value,required,bare" example:"value.total * 100"`
	// ValueType is the type of values (by the expression).
	ValueType *Type `key:"valueType"`
}

// SelectKey makes a key.
type SelectKey struct {
	Where
	// Key is the new key.
	Key Expr `key:"key,required,bare" example:"value.customerId"`
	// KeyType is the type of keys (by the expression).
	KeyType *Type `key:"keyType"`
}

// FlatMap makes records.
type FlatMap struct {
	Where
	// Records is a list of {"key": …, "value": …}; a missing key is that of the record.
	Records Expr `key:"records,required,bare" example:"map(value.items, {{\"key\": .id, \"value\": .}})"`
	// KeyType is the type of keys (that of the record).
	KeyType *Type `key:"keyType"`
	// ValueType is the type of values (json).
	ValueType *Type `key:"valueType"`
}

// Peek is a text for the log.
type Peek struct {
	Where
	// Text is what is logged (key and value).
	Text Expr `key:"text,bare" example:"\"seen \" + key"`
}

// Print prints records.
type Print struct {
	Where
	// Label stands before each record (the pipeline's name).
	Label string `key:"label,bare"`
}

// Branch is one way out of a branch step.
type Branch struct {
	Where
	// When is its condition.
	When Expr `key:"when" example:"value.total >= 1000"`
	// Otherwise takes what no condition before it took.
	Otherwise bool `key:"otherwise"`
	// Name makes it readable by others, as PIPELINE.NAME.
	Name string `key:"name" pattern:"^[A-Za-z0-9_-]+$"`
	// Steps are applied to its records.
	Steps []*Step `key:"steps"`
	// To is the topic that gets its records.
	To []*Sink `key:"to,one"`
	// Drop says that its records are meant to end here.
	Drop bool `key:"drop"`
}

// Repartition is an internal topic between two parts of the job.
type Repartition struct {
	Where
	// Name gives the topic its name, APP-NAME-repartition (PIPELINE-repartition).
	Name string `key:"name,bare" pattern:"^[A-Za-z0-9._-]+$"`
	// Partitions is how many partitions it has (as many as the input).
	Partitions int `key:"partitions" min:"1"`
	// Partition is an expression for the partition, with partitions as their number (murmur2 of the key).
	Partition Expr `key:"partition"`
	// KeyType is the type of keys (that of the stream).
	KeyType *Type `key:"keyType"`
	// ValueType is the type of values (that of the stream).
	ValueType *Type `key:"valueType"`
}

// GroupBy groups by a new key.
type GroupBy struct {
	Where
	// Key is the key of the group.
	Key Expr `key:"key,required,bare" example:"value.region"`
	// Value is the row's new value; on tables only (the one there is).
	Value Expr `key:"value"`
	// KeyType is the type of keys (by the expression).
	KeyType *Type `key:"keyType"`
	// ValueType is the type of values (that of the input).
	ValueType *Type `key:"valueType"`
	// Repartition names the repartition topic, APP-NAME-repartition (the store's name).
	Repartition string `key:"repartition" pattern:"^[A-Za-z0-9._-]+$"`
}

// GroupByKey groups by the key there is.
type GroupByKey struct {
	Where
	// KeyType is the type of keys (that of the input).
	KeyType *Type `key:"keyType"`
	// ValueType is the type of values (that of the input).
	ValueType *Type `key:"valueType"`
	// Repartition names the repartition topic where one is needed, APP-NAME-repartition (the store's name).
	Repartition string `key:"repartition" pattern:"^[A-Za-z0-9._-]+$"`
}

// ToTable makes a table of a stream.
type ToTable struct {
	Where
	// Store names or sets the store (PIPELINE-toTable).
	Store *StoreRef `key:"store"`
	// Versioned keeps the history of each key this long.
	Versioned time.Duration `key:"versioned" example:"1h"`
}

// ToStream makes a stream of a table.
type ToStream struct {
	Where
	// Key is a new key (the one there is).
	Key Expr `key:"key,bare" example:"key + \"@\" + string(window.start)"`
	// KeyType is the type of keys (by the expression).
	KeyType *Type `key:"keyType"`
}

// Dedupe passes the first record of each id.
type Dedupe struct {
	Where
	// By is the id (the key).
	By Expr `key:"by,bare" example:"value.id"`
	// Within is how long an id is remembered, in event time.
	Within time.Duration `key:"within,required" example:"24h"`
	// Grace is how far behind stream time a record may be (as long as within); later ones are dropped.
	Grace time.Duration `key:"grace"`
	// Store names or sets the store (PIPELINE-dedupe).
	Store *StoreRef `key:"store"`
}
