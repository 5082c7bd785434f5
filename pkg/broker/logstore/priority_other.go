//go:build !linux

package logstore

// lowerPriority does nothing: threads have no priority of their own here.
func lowerPriority() {}
