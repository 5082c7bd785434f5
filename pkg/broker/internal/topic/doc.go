// Package topic holds this broker's partitions: who leads them, how far they
// are replicated and stable, and what waits for them.
//
// In flow metadata images ([Catalog.Apply]), which create, delete and configure
// logs and hand out leadership, and requests of the API handlers: validated
// record batches to append, offsets to read from. Out flow offsets, file
// regions and completed waits: parked fetches ([Wait]) and appends that wait for
// the high watermark ([Ack]).
//
// A [Partition] owns its high watermark. Appends and everything that moves an
// offset take its lock; readers take none. Waits are claimed under the lock and
// fired after it, each exactly once, on the goroutine that made them due: there
// is no goroutine per wait, only a timer for its deadline.
//
// The package knows neither the wire nor the controller. It must not import
// cluster, api or broker.
package topic
