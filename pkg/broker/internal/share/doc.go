// Package share is the partition side of share groups (KIP-932): a share partition
// is a partition of a topic as a group sees it, a queue whose records are given to
// members, who accept, release or reject them.
//
// [Manager] has the share partitions that this broker leads and the share sessions
// of clients. A [Partition] drives the state machine of one, which is a plain one
// without locks, clocks or I/O: it reads the log, gives records to members
// ([Partition.Fetch]), takes what they say of them ([Manager.Acknowledge]) and has
// one timer for the locks that end. What has changed is written before an
// acknowledgement is answered, one write at a time, so that writes stay in order;
// acquired records are not written. Fetches that wait are on a list, and are woken.
//
// [Coordinator] is the share coordinator, to which that is written: it keeps the
// state of each share partition in __share_group_state, as a snapshot and updates
// to it. Its requests are Kafka's own (kmsg).
//
// The package must not import the group coordinators, cluster, api, broker or
// wire: topics and metadata come through options.
package share
