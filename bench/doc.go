// Command bench measures kq beside its peers in one run: start to ready,
// produce and consume throughput, server CPU a GB, round trips, memory.
//
//	go run . [-runs 3] [-mb 1000] [-peers kq,kfake] [-o RESULTS.md]
//
// Every server is a child process on a fresh data directory; runs are
// interleaved (kq, kfake, kq, kfake, …) so that a drift of the machine hits
// all alike. The client is franz-go in this process. Figures of one machine on
// one day say little by themselves; the ratios of one run do.
//
// kq is built from the parent folder unless KQ_BIN names a binary. Apache
// Kafka takes part with -peers kq,kfake,apache when KQ_KAFKA_JARS names the
// folder of its class path.
//
// It is a module of its own so that the peers do not enter the product's.
package main
