// Package state keeps what a streams task remembers: key-value, window, session
// and versioned stores over one ordered map of bytes, in memory or in Pebble,
// with the changes since the last commit in an overlay above it.
//
// In go puts by operators and changelog records of a restore; out come reads,
// and the changelog records that the task sends. A commit writes the overlay
// and the positions that belong to it in one batch, so that a crash leaves a
// store at some older commit, never between two. It imports nothing of the module.
package state
