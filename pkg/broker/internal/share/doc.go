// Package share is the partition side of share groups (KIP-932).
//
// The share coordinator, [Coordinator], keeps what is known of each share
// partition (a partition of a topic as a group sees it) in __share_group_state: a
// snapshot, and updates to it. Its requests are Kafka's own (kmsg).
//
// The package must not import the group coordinators, cluster, api, broker or
// wire: topics and metadata come through options.
package share
