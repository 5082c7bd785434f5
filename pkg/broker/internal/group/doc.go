// Package group is the coordinator of groups: it keeps their members and their
// committed offsets, in memory and in __consumer_offsets, in Kafka's record formats.
//
// In flow requests in kmsg's form, from the API handlers, and metadata images; out
// flow answers, by callback, and records, through package statelog. What a request
// means for the members of a group decides the group's machine (packages classic,
// consumer and share, which see [machine.Machine]); this package is the driver around
// it:
//
//   - A [Coordinator] has a shard for each partition of __consumer_offsets that this
//     broker leads. A shard holds its groups, loaded in the background at the start.
//   - A group is one lock, a machine, its offsets, and the timers of its machine. What
//     happens to it is a turn: a step of the machine or a change of offsets, one
//     append, and answers that leave when the lock is released and everything that
//     the group has appended so far is committed.
//   - All timers are in one heap under one runtime timer: no goroutine a group, and no
//     scan. Sessions and timeouts count in monotonic time.
//
// Consumer-protocol groups: consumer.go connects package consumer to the driver.
// Share groups: share.go does so for package share. What the share coordinator is
// asked (a [SharePersister]) is asked once the group's records are committed, without
// its lock; the answer is another turn.
//
// Locks, left to right: a group's, its shard's, the timers'. A group's lock is taken
// before topic.Partition's; others' answers and our own are called without locks.
//
// The package must not import cluster, txn, api or broker.
package group
