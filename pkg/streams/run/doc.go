// Package run runs a topology against a Kafka cluster: it makes the internal
// topics, joins the application's group, restores the tasks that it is given
// and moves records through them, with commits at least once or exactly once.
//
// Each thread is one goroutine that owns its tasks: it takes what its fetcher
// read, lets the tasks process it, and hands what they send to its sender. A
// restorer beside it fills stores from their changelogs, for tasks that wait
// and for standbys. Work is shared out by package assign over the membership of
// package member.
//
// In go a topology and Options; out come records, committed positions, a Status
// and the stores for queries. It imports the packages below it (assign, fetcher,
// member, sender), task, state and topology; it knows no YAML and no HTTP.
package run
