// Package meta holds what a cluster knows about itself: topics, partitions,
// brokers, configs, features, producer id blocks, quotas and credentials.
//
// Two halves:
//
//   - the codec of Apache Kafka's metadata records (record.go, coder.go and the
//     records_*.go files): frame version, type and version as unsigned varints,
//     then the body in Kafka's flexible wire format;
//   - the immutable Image those records add up to (image.go), built by a Delta
//     (delta.go), turned back into records for a snapshot (snapshot.go) and
//     compared with an older one (diff.go).
//
// In: record bytes from the metadata log (package cluster reads and writes it).
// Out: *Image values that any goroutine may read without locks.
//
// The package does no I/O, knows no clock, and must not import logstore, topic,
// cluster, api or wire.
package meta
