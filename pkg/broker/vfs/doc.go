// Package vfs is the broker's only door to files: everything the log store and
// what stands on it write goes through [FS] and [File], so that RAM, crashes
// and failing disks are file systems one can pass in.
//
// What flows in: names (paths of the operating system, cleaned by the callee)
// and byte ranges. What flows out: bytes, sizes, and errors that keep their
// cause for errors.Is ([fs.ErrNotExist], [syscall.ENOSPC], [ErrLocked]).
//
//   - [OS] is the operating system's.
//   - [Mem] is RAM under a limit, in chunks.
//   - [Crash] is RAM that can lose what was not synced.
//   - [Err] is any of them with failures.
//
// # The crash model
//
// A process that writes through [Crash] sees what it wrote. What a power loss
// leaves of it is weaker than what any file system in use promises:
//
//   - File.Sync makes the bytes and the length of a file durable, not its name.
//   - FS.SyncDir makes the creates, removals and renames in a directory durable,
//     those of subdirectories as such too, but nothing inside them, and not the
//     bytes of any file. A file whose data were synced but whose create was not
//     is lost with its data.
//   - Each create, removal and rename that is not durable is kept or lost by
//     itself, whatever its age. A rename is kept or lost as a whole: there is
//     never both of the names, or neither of what was there before. It is
//     durable with the first SyncDir of the directory it left or the one it
//     reached. A kept rename of a file whose create was lost still brings the
//     file. MkdirAll is a create for each directory, RemoveAll a removal for
//     each entry.
//   - Each write since the last Sync of a file is kept, lost or torn: sectors of
//     512 bytes, by their place in the file, are there or not, the first of them
//     or any. Where kept writes overlap the later one wins. (A disk that writes
//     in another order gives no more: the cache above it holds only the last
//     bytes of a place, so that any order is a choice of what got there.)
//   - The length of a file is what it was after some operation since the last
//     Sync, or the end of a sector of a write, whether the data got there or
//     not: there can be zeros where data were, and data can be cut off. A
//     truncation is kept if the length is that of a later moment.
//
// [Random] draws one such outcome from a seed, often near all or nothing;
// [KeepNone] loses all that was not synced; [KeepAll] is the end of the process
// alone, in which nothing is lost, but what was not synced can still be lost by
// a crash of the image: an image is a [Crash] itself, so that recovery can be
// cut short in its turn. After a power loss, what the image shows is durable.
//
// To test a store, set [Crash.OnSync]. At each sync point, note what the store
// has acknowledged, then take images, and after that open each and compare: what
// was acknowledged before the image was taken must be in it, as far as the
// store's sync mode promises.
//
// The package stands alone: it must not import any other package of this module.
package vfs
