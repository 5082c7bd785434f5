// Package batch knows the bytes of Kafka's records: record batches of magic 2,
// read and patched in place, and the message sets of magic 0 and 1 that old
// producers send, which become one batch of magic 2.
//
// What flows in: byte slices from the wire or from a segment, never trusted:
// lengths and counts are checked before they are used, nothing is allocated
// because a field claims it, and decompression stops at a limit. What flows
// out: views into the same bytes, new batches from a [Builder], and errors that
// wrap one of the sentinels in errors.go.
//
// The layout of a batch (all big-endian) and of a record is in format.go.
//
// The package does no I/O and stands alone: it must not import any other
// package of this module.
package batch
