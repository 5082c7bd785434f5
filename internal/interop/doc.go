// Package interop holds kq against real peers: Apache Kafka, its tools, and
// clients that kq's authors did not write.
//
// The trap table (Rows) is a list of raw protocol conversations, one row for
// each protocol trap. A row runs against any broker; what comes back is
// decoded, masked (ids, ports, times) and kept as a transcript. The goldens in
// testdata/traps are transcripts of Apache Kafka 4.3.1; `go test` compares
// kq's transcripts with them field by field, without Java. Under the build tag
// interop the same rows run against a live Apache Kafka too (with -update its
// answers become the goldens), and real clients and Kafka's own log dumper
// work on the kq binary.
//
// In flow the address of a broker; out flow transcripts and their differences.
// The package must not import pkg/broker: what kq answers is judged only by
// the bytes on the wire and on disk. Its tests may start brokers.
package interop
