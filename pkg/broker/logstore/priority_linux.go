package logstore

import "syscall"

// cleanerNice is a priority at which a thread takes what the others leave, and
// some even if they leave nothing.
const cleanerNice = 10

// lowerPriority makes the system prefer all other threads to this one. Where it
// does not allow that, cleaning is as important as anything.
func lowerPriority() { _ = syscall.Setpriority(syscall.PRIO_PROCESS, syscall.Gettid(), cleanerNice) }
