// Package classic is the state machine of a group that speaks the classic
// protocol: JoinGroup, SyncGroup, Heartbeat and LeaveGroup, with static members
// (KIP-345, KIP-814) and member ids that are asked for before a join (KIP-394).
//
// In flow the events of package machine; out flow its effects. The rules are those
// of Kafka's GroupMetadataManager and ClassicGroup.
//
// A group is Empty, or it prepares a rebalance (members join), completes one
// (members have the new generation and wait for the leader's assignment), or is
// Stable. Only Stable and Empty groups are on disk.
//
// The package must not import its driver, nor package consumer.
package classic
