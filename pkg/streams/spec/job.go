package spec

import "time"

// Job is a job file: one application.
//
// In a source, a sink and a store, key and value name types (string, long,
// json); in a step they are expressions, and keyType and valueType name types.
type Job struct {
	Where
	// App is the application id: the consumer group, the prefix of internal topics and of transactional ids.
	App string `key:"app,required" pattern:"^[A-Za-z0-9._-]+$" example:"streams-wordcount"`
	// Brokers are the brokers to ask first; -b, the environment and the profile go before them.
	Brokers []string `key:"brokers,one" example:"localhost:9092"`
	// Config is how the job runs.
	Config Config `key:"config"`
	// Streams are topics read as events, by the name that pipelines use.
	Streams []*Stream `key:"streams,named"`
	// Tables are topics read as the latest value of each key.
	Tables []*Table `key:"tables,named"`
	// Globals are tables that every instance keeps whole.
	Globals []*Table `key:"globals,named"`
	// Stores gives options to stores by name, and declares those of process steps.
	Stores []*Store `key:"stores,named"`
	// Pipelines are chains of steps; the name of one can stand where a stream or a table does.
	Pipelines []*Pipeline `key:"pipelines,required,named"`
	// Query serves the stores over HTTP.
	Query *Query `key:"query"`
	// Tests are run by kq streams test, without a broker.
	Tests []*Test `key:"tests"`
	// Vars are texts that ${vars.NAME} puts into the file.
	Vars map[string]string `key:"vars"`

	file *file
}

// Config is how the job runs; a zero value was not given.
type Config struct {
	Where
	// Guarantee is what a crash leaves: no record lost, or each counted exactly once (at_least_once).
	Guarantee string `key:"guarantee" enum:"at_least_once exactly_once"`
	// Commit is the time between commits (30s; 100ms under exactly_once).
	Commit time.Duration `key:"commit" example:"100ms"`
	// Threads is how many tasks run at a time (1).
	Threads int `key:"threads" min:"1"`
	// Standbys is how many copies of each store other instances keep warm (0).
	Standbys int `key:"standbys" min:"0"`
	// StateDir is the directory of stores.
	StateDir string `key:"stateDir" example:"/var/lib/kq/streams"`
	// Store is where stores live unless they say otherwise (pebble).
	Store string `key:"store" enum:"pebble memory"`
	// Cache is how many bytes of updates a task holds back for each of its stores, so that several of one key become one (0B: every update goes on).
	Cache Size `key:"cache" example:"10MB"`
	// MaxIdle is how long a task with an empty input waits for it, so that records are taken in the order of their times (0s; -1ms does not even wait for what the broker has).
	MaxIdle time.Duration `key:"maxIdle,negative" example:"500ms"`
	// OffsetReset is where an input without a committed offset begins (earliest).
	OffsetReset string `key:"offsetReset" enum:"earliest latest none"`
	// OnError says what follows a record that cannot be handled.
	OnError OnError `key:"onError"`
	// DLQ is the topic of records whose error handler says dlq.
	DLQ *DLQ `key:"dlq"`
	// Kafka sets options of the clients.
	Kafka Kafka `key:"kafka"`
}

// OnError is what follows an error, by phase: fail stops the application, continue drops the record and counts it, dlq writes it to the dead-letter topic.
type OnError struct {
	Where
	// Deserialize is for records that are not what their type reads (fail).
	Deserialize string `key:"deserialize" enum:"fail continue dlq"`
	// Process is for expressions and operators that fail (fail).
	Process string `key:"process" enum:"fail continue dlq"`
	// Produce is for results that the broker refuses (fail).
	Produce string `key:"produce" enum:"fail continue dlq"`
}

// DLQ is the dead-letter topic; the reason stands in the headers of its records.
type DLQ struct {
	Where
	// Topic is its name.
	Topic string `key:"topic,required,bare" example:"orders-dlq"`
	// Create makes the topic where it is missing.
	Create *Create `key:"create"`
}

// Kafka holds options of the clients, under the names of Kafka's own.
type Kafka struct {
	Where
	// Linger is how long the producer waits for a fuller batch (linger.ms, 5ms at most); up to 10s.
	Linger time.Duration `key:"linger" example:"5ms"`
	// Batch is the largest batch (batch.size, 256KB), from 1KB to 64MB.
	Batch Size `key:"batch" example:"1MB"`
	// Compression is that of what is written (compression.type, none).
	Compression string `key:"compression" enum:"none gzip snappy lz4 zstd"`
	// SessionTimeout is how long the group waits for an instance that went silent (session.timeout.ms, 45s).
	SessionTimeout time.Duration `key:"sessionTimeout" example:"6s"`
	// TransactionTimeout is how long a transaction may stay open (transaction.timeout.ms, 10s).
	TransactionTimeout time.Duration `key:"transactionTimeout" example:"10s"`
	// InstanceID makes the membership static (group.instance.id).
	InstanceID string `key:"instanceId"`
	// Replication is the replication factor of internal topics (-1: the broker's default).
	Replication int `key:"replication" min:"-1"`
	// Warmups is how many tasks at most are restored ahead of a move (max.warmup.replicas, 2).
	Warmups int `key:"warmups" min:"1"`
	// AcceptableLag is how many records a store may lack and still take a task over (acceptable.recovery.lag, 10000).
	AcceptableLag int64 `key:"acceptableLag" min:"0"`
	// CleanupDelay is how long the local state of a task is kept that moved away (state.cleanup.delay.ms, 10m).
	CleanupDelay time.Duration `key:"cleanupDelay" example:"10m"`
}

// Create makes a topic that is missing when the job starts.
type Create struct {
	Where
	// Partitions is how many partitions it gets (the broker's default).
	Partitions int `key:"partitions" min:"1"`
	// Replication is its replication factor (the broker's default).
	Replication int `key:"replication" min:"1"`
	// Config is its configuration.
	Config map[string]string `key:"config" example:"cleanup.policy: compact"`
}

// Query is the HTTP server over the stores.
type Query struct {
	Where
	// Listen is the address to listen on; beyond the loopback it needs a token file.
	Listen string `key:"listen,required,bare" example:"127.0.0.1:7070"`
	// Advertise is the address at which other instances reach this one (listen).
	Advertise string `key:"advertise" example:"${HOST}:7070"`
	// Stores are those that are served (all).
	Stores []string `key:"stores"`
	// TokenFile holds the bearer token that a request must carry.
	TokenFile string `key:"tokenFile"`
}
