// Package topology is the graph of a streams application: sources, processors,
// sinks and the stores between them, and the Processor API that operators and
// users write against.
//
// In go named nodes in the order in which they are built; out come
// sub-topologies (what one task runs), the internal topics that they need and
// the text of Kafka's Topology#describe. It runs nothing: package task does.
// It imports codec and state only.
package topology
