// Package cluster is the controller: the one place where cluster metadata
// changes.
//
// Requests come in as Kafka's own messages (CreateTopics, AllocateProducerIds,
// ...). Each runs the same way: a step function looks at the present image and
// gives an answer and the records to write (the files named after the APIs; they
// know no clock, no I/O and no locks), then the driver (commit.go) appends the
// records to the metadata log as one batch, syncs it, hands the new image to
// Publish, and only then answers. What was answered is on disk.
//
// The log is the partition __cluster_metadata-0 in Apache Kafka's format, with
// snapshots beside it (checkpoint.go), so that kafka-dump-log reads both.
//
// Out: the *meta.Image that everybody reads without locks.
//
// The package must not import api, wire or anything above them.
package cluster
