// Package doctor finds out step by step why a Kafka cluster can or cannot be
// used from here: the names resolve, TCP connects, TLS and SASL agree, the server
// answers as Kafka does, and so does each address that the cluster advertises.
// A client library hides most of that behind retries.
//
// What flows in: Options, with the addresses, the TLS configuration and the
// SASL exchange of the caller. What flows out: a Result, each step with its
// time, and at a failure what it means and what to do. It speaks the protocol
// itself, one connection an address, so that nothing is retried or cached.
//
// It prints nothing and knows no flags. It must not import pkg/broker, nor
// internal/{cli,out}.
package doctor
