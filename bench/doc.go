// Command bench measures kq beside its peers in one run: Apache Kafka 4.3.1 and
// kfake (persisted) as brokers, kcat as a command line.
//
//	go run . -o RESULTS.md                 all parts, half an hour on an idle machine
//	go run . -only fsync,cli -o RESULTS.md these parts; the others keep their rows
//	go run . -render -o RESULTS.md         no measuring: the files from results.json
//	go run . -peers kq,kfake -runs 1       the table on standard output only
//
// With -o the samples are kept in results.json beside the table, so that a part
// can be measured alone; NOTES.md beside it is appended to the table, and the
// text between the markers of -readme (../README.md) is replaced.
//
// Every server is a child process on a fresh data directory; the peers take
// turns (kq, kafka, kfake, kq, …) so that a drift of the machine hits all alike,
// and a ratio is taken within a turn. The clients run in this process. Figures
// of one machine on one day say little by themselves; the ratios say more.
//
// kq is built from the parent folder unless KQ_BIN names a binary. Kafka's class
// path is KQ_KAFKA_JARS, or what the interop suite has put into the user's cache;
// kcat comes from PATH. A peer that is missing is named and left out.
//
// It is a module of its own so that the peers do not enter the product's.
package main
