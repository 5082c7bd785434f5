// Command kq is a Kafka in one binary: `kq serve` is a broker, every other command is a
// client of any Kafka-compatible cluster.
//
// This package is wiring alone. argv goes through the command tree of root.go;
// each command is a file NOUN_VERB.go that turns flags into the Options of a
// function of pkg/…, calls it, and hands its result to internal/out. Errors go
// up to internal/cli, which prints them and picks the exit code; only main exits.
package main
