// Package consume reads records of topics, from where to where one says.
//
// What flows in: a context, a *kgo.Client made with Options.ClientOptions,
// Options, and a Sink. What flows out: the records, given to the Sink one by one
// in the order of each partition, and a Result.
//
// Without Follow, reading ends where the log ended when it began. That end is a
// position, not a record: what lies before it may be control records, records of
// aborted transactions or holes that compaction left, and then no record ever
// arrives for it. Such a rest is looked at with a fetch of its own.
//
// With a Group the client that reads is a member of it, made by Run beside the
// one it is given: plan looks at all partitions, the group says which are read and
// from where, and what the Sink has flushed is committed, each second, before a
// partition goes to another member, and at the end.
//
// A run has three steps: plan finds the partitions and where they begin and end,
// a sweep brings what was there at the start as fast as it comes, and the loop
// brings the rest: what is written later, and all that gave the sweep trouble. A
// tail runs the last two twice, first for the records that are merged.
//
// It must not import pkg/broker, the packages beside it, or internal/{cli,out}.
package consume
