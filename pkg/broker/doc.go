// Package broker is a Kafka broker to embed: [Open] starts one in this process
// and [Broker.Addr] is what clients connect to.
//
// In flow [Options], or a Kafka server.properties through [ReadProperties]. The
// package wires the layers together, from the file system up: vfs, logstore,
// the controller of package cluster, the partitions of package topic, the
// handlers of package api, and the connections, which live here.
//
// A connection has one reader, which runs the handlers of its requests; answers
// leave in the order of the requests, also when a fetch waits for records. Large
// record regions go from the page cache to the socket without a copy.
//
// Tests start brokers with package brokertest.
//
// The package imports what lies under it, the client protocol structs (kmsg),
// and no client; it knows nothing of the command line.
package broker
