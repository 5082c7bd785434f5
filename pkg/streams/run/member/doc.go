// Package member keeps one thread of a streams application in its consumer
// group: join, sync, heartbeats, leave, over Kafka's classic group protocol.
//
// In go the bytes of subscriptions and, on the leader, a function that plans
// the group; out come assignments and the generation that fences commits. The
// thread goes on with its tasks while the group meets: the leader gives nobody
// a task that another member still runs. It does not know what a task is, and
// imports no package of the module.
package member
