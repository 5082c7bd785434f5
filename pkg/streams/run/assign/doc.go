// Package assign decides which member of a streams application runs which task.
//
// In go the tasks and what each member said about itself (Subscription: its
// process, the tasks that it runs, how far its local state is); out comes a
// Plan: active tasks, standbys and warm-ups of every member, and the bytes of
// both for the group protocol. It does no input or output and imports nothing
// of the module: equal inputs give equal plans.
package assign
