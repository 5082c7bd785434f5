// Package ingest is the door for records that come over HTTP: it appends what
// POST /topics/{topic}/records brings, and a request with an Idempotency-Key once,
// however often it is sent.
//
// In flow HTTP requests and a cluster's address as kgo options; out flow records
// and JSON answers. It sits on a Kafka client alone and imports nothing of the
// broker.
//
// # Requests with a key
//
// The key's hash names a shard. A shard is one goroutine, one transactional id
// and one partition of the keys topic, which is compacted. It gathers the requests
// that came while its last transaction ran, and for all of them together:
//
//	begin > records > their offsets are known > an entry for each key > commit > answers
//
// So the records of a request and its entry are in the log together, or neither
// is. A shard starts by InitProducerId, which ends what its forerunner left, and
// then reads its partition, read_committed, up to a mark that it has just written;
// only then it takes requests. It does the same when the outcome of a commit is
// not known, so that every request it holds is either found in the log or is
// not there.
//
// Requests without a key go by a plain idempotent producer.
package ingest
