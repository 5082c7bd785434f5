// Package fetcher reads partitions for one streams thread, or for the restore
// of its stores: long polls of their leaders, batches checked and decompressed,
// their records decoded or left for the task to decode.
//
// In go partitions with the offset to go on from; out come chunks: records,
// the offset after them (which counts control records, aborted ones and those
// that compaction removed, so that it reaches the end of the log) and the ends
// of the log. It keeps no positions of groups and resets none: an offset out of
// range is the caller's to deal with. Of the module it imports task and topology.
package fetcher
