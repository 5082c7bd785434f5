// Package newtopic closes a gap in the transactions of kgo's producers. A client
// that meets a topic for the first time sends the records that wait for the topic's
// partitions, and only then stores those partitions where EndTransaction looks for
// them. A transaction that ends in between overlooks the topic: its sequences are
// not begun anew with the next epoch, so that the next batch is refused as out of
// order; and if there is no other topic in the transaction it is aborted, although
// EndTransaction(commit) says nothing of it.
//
// In flow a client and the topics of its transaction; nothing flows out. It imports
// nothing of kq.
package newtopic
