// Package driver runs a topology without a broker: records go in one by one,
// everything that follows from one is done when Pipe returns, and what sinks,
// repartition topics and changelogs would have got can be read, byte by byte.
//
// It is what Kafka's TopologyTestDriver is: all sub-topologies are one task of
// partition 0, a commit follows every record, and the wall clock moves only
// when it is told to. It imports codec, state, topology and task.
package driver
