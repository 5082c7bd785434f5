// Package logstore keeps partitions as logs on disk, in Apache Kafka's own file
// layout, byte for byte: what it writes kafka-dump-log reads, and what Kafka
// wrote it opens. docs/format.md describes every file.
//
// What flows in: validated record batches ([Log.Append]), offsets and times to
// read from, high watermarks, leader epochs, configurations, through package vfs
// the bytes of a data directory. What flows out: ranges of files that stay as
// they are until released ([Region]), never copies; offsets; errors that wrap a
// sentinel of errors.go and their cause.
//
// The reading order: store.go (a data directory), log.go (one partition and its
// locks), append.go, view.go and reader.go (the hot path), roll.go, sync.go
// (group commit), retain.go, truncate.go, evict.go; cleaner.go, cleanpick.go,
// clean.go, cleanfilter.go, cleanswap.go (compaction); open.go, dirscan.go,
// recover.go, cut.go (what happens at a start); inspect.go, repair.go (what
// happens when that was not enough); the codecs: index.go, timeindex.go,
// txnindex.go, snapshot.go, epoch.go, checkpoint.go, propfiles.go.
//
// # Readers take no lock
//
// A log publishes an immutable view behind an atomic pointer with each append.
// A segment's file is never cut or rewritten while somebody reads it: another
// file takes its place. A reader that meets a segment which has left the log
// looks at the view again.
//
// # What survives
//
// Everything survives the end of the process. Of a power loss, the synced offset
// ([Log.SyncedOffset]) survives in every mode; SyncCommit and SyncAlways move it
// before an append is acknowledged ([Log.DurableEnd]). A failed write is cut back and the log goes on;
// a failed sync takes the log offline, for nobody knows what the disk holds. The
// recovery point lies below everything that recovery would need and could lose:
// records, indexes of sealed segments, names in directories, leader epochs.
//
// The package must not import any other package of this module but vfs and batch.
package logstore
