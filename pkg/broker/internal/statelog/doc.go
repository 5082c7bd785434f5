// Package statelog keeps the state of a coordinator in an internal topic, as
// Kafka does: __consumer_offsets for groups, __transaction_state for
// transactions. A key (a group, a transactional id) belongs to the partition
// that its hash names, and the broker that leads the partition is the key's
// coordinator.
//
// In flow keys and values to append, each call one batch that is written whole
// or not at all ([Log.Append]); out flow the entries of a partition in order,
// when a coordinator takes over ([Log.Load]). What the bytes mean is the
// coordinator's business. [Shards] has what a coordinator keeps of each partition
// that its broker leads, and follows the leaders.
//
// A Log keeps no state of its own and takes no locks; a Shards has a lock, which it
// holds while it makes a shard and never while one loads or unloads. The package
// must not import the coordinators, cluster, api or broker: topics are created
// through [Options.Create].
package statelog
