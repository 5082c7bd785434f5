// Package client makes the connection of a command: a kgo client for Settings,
// with a watch on it that tells within two seconds why a cluster cannot be
// reached.
//
// kgo retries a broker that does not answer, which is right for a service and
// wrong for a person at a prompt. So every connection is watched until it has
// carried a Kafka conversation; when no bootstrap address gets that far, the
// context that commands run in ends, its cause a *ConnectError that says what
// was tried (DNS, TCP, TLS, the login, the Kafka protocol; HTTP, TLS and plain
// text servers are recognised) and what to do next. Properties that are set go
// before the options of a command. Once a broker has answered, the watch costs one atomic
// load a read, and all further retrying is kgo's.
//
// What flows in: conf.Settings. What flows out: a *Client, errors. It must not
// import pkg/broker, cobra, internal/cli or internal/out.
package client
