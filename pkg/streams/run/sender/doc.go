// Package sender writes the records of one streams thread: batches by
// partition, in order and without duplicates (KIP-98), alone or in
// transactions that take the input positions along (KIP-447).
//
// In go records, appended straight to the bytes of their batch by the thread;
// out go Produce requests, at most one at a time to a broker. Unlike a general
// producer it keeps no object a record, and a transaction's end whose answer is
// lost is asked for again until the outcome is known. It imports no package of
// the module but topology.
package sender
