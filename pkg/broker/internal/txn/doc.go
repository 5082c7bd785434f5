// Package txn is the transaction coordinator (KIP-98, KIP-360, KIP-890): it
// gives producers their ids and epochs, knows which partitions a transaction
// writes to, and ends transactions: first the decision is written to
// __transaction_state, then a marker to every partition, then that all is done.
// Once a decision is written it is carried out, through any number of crashes.
//
// [Machine] is the state of one transactional id: what may happen to it, as a
// function without goroutines, locks, clocks or I/O. [Coordinator] drives the
// machines: it loads and appends their state, holds the timers, sends markers
// and answers requests, which are Kafka's own (kmsg). One partition of
// __transaction_state is one shard with one lock; the coordinator epoch is the
// leader epoch of the partition.
//
// An id without a transaction has no timer and no goroutine. A request that
// meets a transition under way waits for its end, a moment, and is only then
// refused with CONCURRENT_TRANSACTIONS.
//
// The package must not import cluster, api, broker or the group coordinators:
// markers, producer ids and topics come through [Options].
package txn
