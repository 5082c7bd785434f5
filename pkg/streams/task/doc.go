// Package task runs one sub-topology for one partition: queues of fetched
// records, the choice of the next one, stream time, punctuations, and the
// records that sinks and changelogs send.
//
// In go fetched records and a wall clock; out come Outputs and the positions
// to commit. A task has no goroutine, no lock and no I/O of its own: the
// runtime (package run) and the test driver (package driver) call it. It
// imports codec, state and topology.
package task
