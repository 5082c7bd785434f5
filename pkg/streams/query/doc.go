// Package query serves the stores of a running streams application over HTTP:
// one key, ranges, windows, sessions, counts, changes as they are committed
// (server-sent events), and what the instance is doing.
//
// In go requests, and the instance behind an interface that package run
// implements; out comes JSON. A key that another instance has is fetched there,
// or from a standby where the request allows it. It imports codec and state, and
// knows neither job files nor clients of Kafka.
package query
