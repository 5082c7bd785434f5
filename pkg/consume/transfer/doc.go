// Package transfer copies the records of a topic to another topic, of the same
// cluster or of another one.
//
// What flows in: a context, a *kgo.Client of each side made with ClientOptions,
// and Options. What flows out: a Result, and what a copy would do, as a Plan.
//
//	fetcher (a leader) > chunk > share.take > router > parcel > lane (a partition of
//	the destination) > Produce ; share.commit > positions > EndTxn
//
// Records are not decoded. A batch is looked through for its keys; where all its
// records belong to one partition the bytes go on as they are, with another header,
// else they are sorted into batches of their own.
//
// The partitions of the source are divided into shares by number, always the same.
// A share has a producer id and, exactly once, a transactional id: the next copy
// between the topics begins with all of them, so that one that still runs
// somewhere is fenced, whatever it copies. Only then positions are read.
//
// Positions are the committed offsets of a group where both topics are of one
// cluster, and records of a compacted topic of the destination otherwise. Exactly
// once they are part of the transaction that has the records before them.
//
// A share's fields belong to its goroutine; a lane has one request under way, so
// that what is sent again is sent in its order.
//
// It must not import pkg/broker, internal/{cli,out}, or anything that prints.
package transfer
