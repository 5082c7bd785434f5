package dsl

import "kq/pkg/streams/topology"

// JoinGlobal joins every record of the stream with the global table's value of
// the key that on makes of it, as the table is when the record comes. Records
// without a value in the table have no result; the key of a result is the stream's.
func (s *Stream) JoinGlobal(g *GlobalTable, on ValueMapper, j Joiner, n ...Named) *Stream {
	return s.joinGlobal(g, on, j, one(n), false)
}

// LeftJoinGlobal is JoinGlobal; records without a value in the table, or for
// which on makes null, are joined with null.
func (s *Stream) LeftJoinGlobal(g *GlobalTable, on ValueMapper, j Joiner, n ...Named) *Stream {
	return s.joinGlobal(g, on, j, one(n), true)
}

func (s *Stream) joinGlobal(g *GlobalTable, on ValueMapper, j Joiner, n Named, left bool) *Stream {
	if g.b != s.b {
		s.b.fail("join of a stream and a global table of two builders")
		return s
	}
	c := &tableJoin{joiner: j, left: left, on: on, view: g.view()}
	out := s.below([]Named{n}, "KSTREAM-LEFTJOIN-", func() topology.Processor { return newTableJoiner(c) })
	out.Value, out.node.relaxed = nil, left
	return out
}
