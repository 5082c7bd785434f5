// Package machine is what the coordinator of groups and the protocols of groups
// agree on: the events that go into a group's state machine and the effects that
// come out of it.
//
// A machine (classic.Group, consumer.Group, share.Group) owns the state of one group. It has no
// goroutine, lock, clock or I/O, so that tests drive it through any order of
// events. Its driver, group.Coordinator, calls it under the lock of the group:
//
//  1. e := m.Step(now, event): the machine may change what is not on disk (who
//     waits, sessions) and returns records, answers and timers.
//  2. Records are appended as one batch, all or nothing. Then e.Done(err), if it is
//     set, is called at once, under the same lock: with nil the machine takes over
//     what the records say; with an error the state is as if the step had not
//     been, apart from what Kafka does about such errors. What Done returns (without
//     records) is carried out like e itself. After an error e's timers are let be,
//     and its answers say the error.
//  3. With e.Next the group goes on as another machine, once the append worked: a
//     migration between protocols.
//  4. Timers are set and stopped, and answers leave when all records that the group
//     has appended so far are committed, in order. When that fails they leave with
//     an error code instead.
//
// What only one kind of groups knows, as offsets of share groups, is a method of that
// machine, which returns effects too.
//
// Loading is not stepping: the driver feeds a machine the records of its kinds
// (consumer.Group.Replay) and then asks it for its timers with an event, [Loaded].
// Offsets are no part of a machine: the driver keeps them, and asks the machine who
// may commit (Commit), whether they may be deleted, and when they expire.
//
// The package must not import a machine, nor the driver.
package machine
