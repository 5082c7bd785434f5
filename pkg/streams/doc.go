// Package streams runs streams applications: jobs from YAML files, with the
// semantics and the bytes of Kafka Streams.
//
// In go a job file; out come a checked Job, the text of its topology, the results
// of its tests, a driver to test it without a broker from Go, and a Runner that
// runs it on a cluster and serves its stores over HTTP. It puts together what the
// packages below do (spec, dsl, driver, run, query) and imports no broker. Who
// builds a topology in Go uses package dsl, or topology for the Processor API, and
// runs it with package run.
package streams
