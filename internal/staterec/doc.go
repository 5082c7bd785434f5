// Package staterec holds the records in which a cluster keeps the state of its
// groups and transactions: the keys and values of __consumer_offsets,
// __transaction_state and __share_group_state, byte for byte as Apache Kafka
// 4.3.1 writes them.
//
// What flows: record keys and values in, plain structs out (Parse…, View…),
// and back (Append). Both directions of a record are one list of fields, so
// they cannot drift apart. Every value version that Kafka reads is read; the
// one that 4.3.1 writes with its default features is written. A nil value is a
// tombstone and never comes here.
//
// Rules that hold for all of it: bytes after the last field are ignored and
// unknown tagged fields are dropped, as Kafka's generated readers do; lengths
// are checked against the bytes that are left before anything is allocated; a
// failure wraps ErrMalformed, ErrUnknownKind or ErrUnknownVersion.
//
// It stands alone: it imports nothing of the module and knows no broker.
package staterec
