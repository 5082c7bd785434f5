// Package codec is what keys and values of streams are: bytes, decoded on the
// first touch, encoded only when nobody has the bytes yet.
//
// In go the bytes of a record and the codec that its topic names; out come Go
// values (string, int64, float64, bool, []byte, any for JSON) and bytes that
// Kafka's own serdes read. It imports nothing of the module.
package codec
