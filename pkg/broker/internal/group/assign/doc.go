// Package assign is what the groups whose coordinator assigns partitions share,
// those of consumers and share groups: topics as a group sees them, their hash,
// assignments, and the order in which Kafka's assignors go through them.
//
// In flow names, ids and counts; out flow the same in Kafka's order. Which
// partition a member gets follows from the order of Java's hash tables, so it is
// part of the result.
//
// The package stands alone: it must not import a machine, nor the driver.
package assign
