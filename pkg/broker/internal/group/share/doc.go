// Package share is the state machine of a share group (KIP-932): heartbeats, target
// assignments that the coordinator makes, and the partitions whose state the share
// coordinator has to make before members get them.
//
// In flow the events of package machine and calls of the driver; out flow effects.
// The rules are those of Kafka 4.3.1's GroupMetadataManager, ShareGroup and
// SimpleAssignor, whose results are the same to the partition.
//
// A group has three parts, each with a number of its own: what the members
// subscribe to (group epoch), who is to have what (assignment epoch), and what each
// member has (its member epoch). Members share partitions, so nobody waits for
// another to let go.
//
// A step computes changes, which are also the records: they are taken over once
// they are written. Loading takes over the same changes from the log.
//
// The package must not import its driver.
package share
