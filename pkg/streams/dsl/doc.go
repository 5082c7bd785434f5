// Package dsl is the shape of Kafka's StreamsBuilder in Go: streams, tables,
// groups, windows and joins that are written down as nodes of a topology.
//
// In go calls of operators with functions on records; out comes a
// topology.Topology whose nodes, stores and internal topics carry exactly the
// names and numbers that the JVM's DSL gives them, because those names are the
// names of topics in Kafka. One operator lives in one file, its processor
// beside the method that adds it. It imports codec, state and topology, and
// runs nothing.
package dsl
