package spec

import (
	"time"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/dsl"
	"kq/pkg/streams/expr"
	"kq/pkg/streams/topology"
)

// flow is what a step gets and gives: one of the DSL's things, with what is
// known of its keys and values.
type flow struct {
	stream *dsl.Stream
	table  *dsl.Table
	group  *dsl.Group
	rows   *dsl.TableGroup

	key, value         codec.Codec
	keyType, valueType expr.Type // for expressions: of the key inside of a windowed one
	// guessed says that the type of the key follows from an expression, not from a declaration.
	guessed bool
	// window is the step between a group and its aggregate, and the one above a windowed table.
	window *Window
	// name is the pipeline or the source, for messages.
	name string
	// history is how long a versioned table keeps its history, 0 for others.
	history time.Duration
	// ended is the step that left nothing to go on with, as branch.
	ended string
	// topics are those that are read as they are, without a repartition topic between.
	topics []string
	// fixed is the repartition topic between, where its count was given.
	fixed []topology.TopicCount
}

// kind is what a flow is, for messages.
func (f *flow) kind() string {
	switch {
	case f.stream != nil:
		return "a stream"
	case f.table != nil:
		return "a table"
	case f.rows != nil:
		return "a grouped table"
	case f.window != nil:
		return "a windowed group"
	}
	return "a group"
}

// windowed says that keys carry windows.
func (f *flow) windowed() bool {
	_, ok := innerOf(f.key)
	return ok
}

// innerOf is the codec of the key inside of a windowed one.
func innerOf(c codec.Codec) (codec.Codec, bool) {
	switch w := c.(type) {
	case codec.TimeWindowed:
		return w.Inner, true
	case codec.SessionWindowed:
		return w.Inner, true
	case codec.WindowedJSON:
		return w.Inner, true
	case codec.CalendarWindowed:
		return w.Inner, true
	}
	return nil, false
}

// asStream is f with a stream in the place of what it was.
func (f *flow) asStream(s *dsl.Stream) *flow {
	out := *f
	out.stream, out.table, out.group, out.rows = s.As(f.key, f.value), nil, nil, nil
	return &out
}

// asTable is f with a table in the place of what it was.
func (f *flow) asTable(t *dsl.Table) *flow {
	out := *f
	out.stream, out.table, out.group, out.rows = nil, t.As(f.key, f.value), nil, nil
	return &out
}

// typeOf is what expressions know of the values that a codec reads.
func typeOf(c codec.Codec) expr.Type {
	if inner, ok := innerOf(c); ok {
		return typeOf(inner)
	}
	if c == nil {
		return expr.Any
	}
	if t, ok := expr.TypeNamed(c.Name()); ok {
		return t
	}
	return expr.Any
}

// codecOf is the codec of the results of an expression: strings, longs,
// doubles, booleans and bytes have their own, the others are JSON.
func codecOf(t expr.Type) codec.Codec {
	switch t {
	case expr.String:
		return codec.String{}
	case expr.Int:
		return codec.Long{}
	case expr.Double:
		return codec.Double{}
	case expr.Bool:
		return codec.Bool{}
	case expr.Bytes:
		return codec.Bytes{}
	}
	return codec.JSON{}
}

// keyCodecOf is codecOf for keys: one whose type is not known is a string, as
// keys are unless they say otherwise.
func keyCodecOf(t expr.Type) codec.Codec {
	if t == expr.Any || t == nil {
		return codec.String{}
	}
	return codecOf(t)
}

// objectOf is the type of a JSON value with declared fields.
func objectOf(fields Fields) expr.Type {
	m := map[string]expr.Type{}
	for _, f := range fields {
		switch {
		case f.Type == "":
			m[f.Name] = objectOf(f.Fields)
		default:
			t, ok := expr.TypeNamed(f.Type)
			if !ok {
				t = expr.Any
			}
			m[f.Name] = t
		}
	}
	return expr.Object(m)
}

// setKey gives the flow keys of a codec.
func (f *flow) setKey(c codec.Codec, guessed bool) {
	f.key, f.keyType, f.guessed = c, typeOf(c), guessed
}

// setValue gives the flow values of a codec.
func (f *flow) setValue(c codec.Codec) { f.value, f.valueType = c, typeOf(c) }
