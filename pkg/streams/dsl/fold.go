package dsl

import (
	"kq/pkg/streams/codec"
	"kq/pkg/streams/topology"
)

// Fold is how an aggregate is built up from the values of a key. The
// functions work on encoded values where they can, and keep nothing.
type Fold struct {
	// Init is the aggregate before the first record. nil takes the first
	// value as the aggregate, without Add (Kafka's reduce).
	Init Initializer
	Add  Aggregator
	// Sub takes a value back; only grouped tables need it.
	Sub Aggregator
	// Join joins the aggregates of two sessions, the earlier one first; only session windows need it.
	Join Merger
	// Value is the codec of the aggregate where the options name none; nil is the builder's.
	Value codec.Codec

	starts      bool        // Add begins with a null aggregate
	result      ValueMapper // what the table shows of the aggregate, nil: the aggregate
	resultCodec codec.Codec
}

// into adds a record to an aggregate that may be null.
func (f *Fold) into(r *topology.Record, agg codec.Value) (codec.Value, error) {
	if agg.Null() {
		first, add, err := f.start(r)
		if err != nil || !add {
			return first, err
		}
		agg = first
	}
	return f.Add(r, &agg)
}

// start is the aggregate that a record without an earlier one is added to, and
// whether it is to be added at all.
func (f *Fold) start(r *topology.Record) (agg codec.Value, add bool, err error) {
	switch {
	case f.starts:
		return codec.Value{}, true, nil
	case f.Init == nil:
		return r.Value, false, nil
	}
	agg, err = f.Init()
	return agg, true, err
}

// reduced is the codec of the values where the first one is the aggregate.
func (f *Fold) reduced(value codec.Codec) codec.Codec {
	if f.Init == nil && !f.starts {
		return value
	}
	return nil
}

// prefix is how Kafka calls the operator.
func (f *Fold) prefix() string {
	if f.Init == nil && !f.starts {
		return "KSTREAM-REDUCE-"
	}
	return "KSTREAM-AGGREGATE-"
}

// finish shows the result of the aggregate instead of the aggregate itself.
func (f *Fold) finish(t *Table) *Table {
	if f.result == nil {
		return t
	}
	return t.MapValues(f.result, Materialized{}).As(nil, f.resultCodec)
}
