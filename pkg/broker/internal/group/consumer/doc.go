// Package consumer is the state machine of a group of the consumer protocol
// (KIP-848): heartbeats, target assignments that the coordinator makes, and members
// that are led towards them one epoch at a time. Members of the classic protocol
// can be among them while a group migrates.
//
// In flow the events of package machine; out flow its effects. The rules are those
// of Kafka 4.3.1's GroupMetadataManager, ConsumerGroup, CurrentAssignmentBuilder
// and assignors, whose results are the same to the partition.
//
// A group has three parts, each with a number of its own: what the members
// subscribe to (group epoch), who is to have what (assignment epoch), and what each
// member has (its member epoch). A partition goes to its next owner only after the
// one before has said that it let go of it.
//
// A step computes changes, which are also the records: they are taken over once
// they are written. Loading takes over the same changes from the log.
//
// The package must not import its driver.
package consumer
