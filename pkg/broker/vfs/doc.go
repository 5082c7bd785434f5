// Package vfs is the broker's only door to files: everything the log store and
// what stands on it write goes through [FS] and [File], so that RAM, crashes
// and failing disks are file systems one can pass in.
//
// What flows in: names (paths of the operating system, cleaned by the callee)
// and byte ranges. What flows out: bytes, sizes, and errors that keep their
// cause for errors.Is ([fs.ErrNotExist], [syscall.ENOSPC], [ErrLocked]).
//
// It stands alone: it must not import any other package of this module.
package vfs
