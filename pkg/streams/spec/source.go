package spec

import "time"

// Stream is a topic read as events.
type Stream struct {
	Where
	Name string
	// Topic is the topic, or several that are read as one.
	Topic []string `key:"topic,required,one" example:"orders"`
	// Key is the type of keys (string).
	Key *Type `key:"key"`
	// Value is the type of values (json).
	Value *Type `key:"value"`
	// Fields declares fields of the value, so that expressions are checked against them.
	Fields Fields `key:"fields" example:"amount: double"`
	// Timestamp is an expression for the time of a record, milliseconds since 1970 or RFC 3339; a negative one drops the record.
	Timestamp Expr `key:"timestamp" example:"value.ts"`
	// Time is which time counts: that of the event (the record's timestamp), of ingestion (the broker's, in a topic with message.timestamp.type=LogAppendTime, which is checked when the job starts) or of processing (the wall clock).
	Time string `key:"time" enum:"event ingestion processing"`
	// OffsetReset is where it begins without a committed offset (that of config).
	OffsetReset string `key:"offsetReset" enum:"earliest latest none"`
	// Create makes the topic where it is missing.
	Create *Create `key:"create"`
}

// Table is a topic read as the latest value of each key.
type Table struct {
	Where
	Name string
	// Topic is the topic.
	Topic string `key:"topic,required" example:"customers"`
	// Key is the type of keys (string).
	Key *Type `key:"key"`
	// Value is the type of values (json).
	Value *Type `key:"value"`
	// Fields declares fields of the value, so that expressions are checked against them.
	Fields Fields `key:"fields" example:"city: string"`
	// Timestamp is an expression for the time of a record, milliseconds since 1970 or RFC 3339.
	Timestamp Expr `key:"timestamp" example:"value.ts"`
	// Time is which time counts, as of a stream.
	Time string `key:"time" enum:"event ingestion processing"`
	// Store names or sets the store (the table's own name).
	Store *StoreRef `key:"store"`
	// Versioned keeps the history of each key this long, for joins as of the time of the stream's record.
	Versioned time.Duration `key:"versioned" example:"1h"`
	// OffsetReset is where it begins without a committed offset (that of config).
	OffsetReset string `key:"offsetReset" enum:"earliest latest none"`
	// Create makes the topic where it is missing.
	Create *Create `key:"create"`
}

// Store gives options to the store of its name, and declares one that process steps share.
type Store struct {
	Where
	Name string
	// Kind is its shape where a process step uses it (keyValue).
	Kind string `key:"kind" enum:"keyValue window session versioned"`
	// Key is the type of keys (string).
	Key *Type `key:"key"`
	// Value is the type of values (json).
	Value *Type `key:"value"`
	// Retention is how long windows, sessions and versions are kept behind stream time.
	Retention time.Duration `key:"retention" example:"1d"`
	// Window is the size of the windows of a window store.
	Window time.Duration `key:"window" example:"5m"`
	// In is where it lives (that of config.store).
	In string `key:"in" enum:"pebble memory"`
	// Changelog set to false keeps no changelog: the store is empty after a move.
	Changelog *bool `key:"changelog"`
	// Config overrides the configuration of its changelog topic.
	Config map[string]string `key:"config"`
}

// StoreRef names the store of a step or of a table, with options.
type StoreRef struct {
	Where
	// Name is the store's name: its changelog is APP-NAME-changelog.
	Name string `key:"name,bare" pattern:"^[A-Za-z0-9._-]+$"`
	// In is where it lives (that of config.store).
	In string `key:"in" enum:"pebble memory"`
	// Changelog set to false keeps no changelog: the store is empty after a move.
	Changelog *bool `key:"changelog"`
	// Config overrides the configuration of its changelog topic.
	Config map[string]string `key:"config"`
}

// Pipeline is a chain of steps. Its name stands for its result, a stream or a table as its last step makes it.
type Pipeline struct {
	Where
	Name string
	// From is what it reads: a stream, a table, another pipeline, or a branch as PIPELINE.BRANCH; several streams are merged.
	From []string `key:"from,required,one" example:"orders"`
	// Steps are applied in order, each a map of one key.
	Steps []*Step `key:"steps"`
	// To is the topic that gets the result, or several.
	To []*Sink `key:"to,one"`
}

// Sink is a topic that a pipeline writes.
type Sink struct {
	Where
	// Topic is its name.
	Topic string `key:"topic,bare" example:"orders-enriched"`
	// TopicExpr is an expression for its name, evaluated for each record.
	TopicExpr Expr `key:"topicExpr" example:"\"orders-\" + value.region"`
	// Key is the type of keys (that of the last step).
	Key *Type `key:"key"`
	// Value is the type of values (that of the last step).
	Value *Type `key:"value"`
	// Partition is an expression for the partition, with partitions as their number (murmur2 of the key).
	Partition Expr `key:"partition" example:"value.shard % partitions"`
	// Create makes the topic where it is missing.
	Create *Create `key:"create"`
}
