package spec

import "time"

// Test is a test of the job: records go in, and what comes out is compared.
type Test struct {
	Where
	// Name says what it shows.
	Name string `key:"name,required"`
	// Given are records, by stream or topic, and moves of the wall clock, in order.
	Given []*Given `key:"given"`
	// Expect is what the topics hold, in the end, by topic.
	Expect []*Expected `key:"expect,named"`
	// Stores is what the stores hold in the end, by store and key.
	Stores []*ExpectedStore `key:"stores,named"`
	// Dropped is how many records were dropped.
	Dropped *int64 `key:"dropped"`
	// Error is a part of the message with which the job stops.
	Error string `key:"error"`
}

// Given is one step of a test: records for one stream, or a move of the wall clock.
type Given struct {
	Where
	// Source is the stream, table, global or topic that gets the records, "" for a move of the clock.
	Source string
	// Records are the records.
	Records []*Record
	// Advance moves the wall clock, which starts at 1970.
	Advance time.Duration
}

// Record is a record of a test.
type Record struct {
	Where
	// Key is its key (null). A windowed one is {"key": …, "start": …, "end": …}.
	Key any `key:"key"`
	// Value is its value (null).
	Value any `key:"value"`
	// At is its timestamp: milliseconds since 1970, RFC 3339, or a duration since 1970 as 5s. Given records without one get that of the record before, or of the wall clock, which starts at 1970, where it is later; expected ones may have any.
	At *Time `key:"at"`
	// Headers are its headers.
	Headers map[string]string `key:"headers"`
	// Partition is its partition (0), for tests of order; in what is expected it is not compared.
	Partition int `key:"partition" min:"0"`
}

// Expected is what a topic holds.
type Expected struct {
	Where
	Name string
	// Records are all its records, in order.
	Records []*Record `key:"records,bare"`
	// Last is the last value by key.
	Last map[string]any `key:"last"`
	// Contains are records among those it holds, in any order.
	Contains []*Record `key:"contains"`
	// Count is how many records it holds.
	Count *int64 `key:"count"`
}

// ExpectedStore is what a store holds.
type ExpectedStore struct {
	Where
	Name string
	// Entries are all its entries: by key, or a list of records.
	Entries []*Record
}
