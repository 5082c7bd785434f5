package configdef

// honoured are the broker keys kq acts on. Whoever gives a key an effect adds it here; the first rule that matches
// decides, and honoured goes before notNeeded and noEffect.
var honoured = []keyRule{
	{pattern: "broker.id"},
	{pattern: "node.id"},
	{pattern: "broker.rack"},
	{pattern: "listeners"},
	{pattern: "advertised.listeners"},
	{pattern: "listener.security.protocol.map"}, // PLAINTEXT only
	{pattern: "log.dirs"},
	{pattern: "log.dir"},
	{pattern: "num.partitions"},
	{pattern: "default.replication.factor"},
	{pattern: "auto.create.topics.enable"},
	{pattern: "delete.topic.enable"},
	{pattern: "log.retention.*"},
	{pattern: "log.segment.bytes"},
	{pattern: "log.segment.delete.delay.ms"},
	{pattern: "log.roll.*"},
	{pattern: "log.cleanup.policy"},
	{pattern: "log.preallocate"},
	{pattern: "log.message.timestamp.*"},
	{pattern: "log.flush.*"},
	{pattern: "log.index.*"},
	{pattern: "log.cleaner.*"},
	{pattern: "message.max.bytes"},
	{pattern: "compression.*"},
	{pattern: "min.insync.replicas"},
	{pattern: "unclean.leader.election.enable"},
	{pattern: "socket.request.max.bytes"},
	{pattern: "connections.max.idle.ms"},
	{pattern: "max.connections"},
	{pattern: "fetch.max.bytes"},
	{pattern: "max.incremental.fetch.session.cache.slots"},
	{pattern: "producer.id.expiration.ms"},
	{pattern: "offsets.topic.*"},
	{pattern: "offsets.retention.*"},
	{pattern: "offset.metadata.max.bytes"},
	{pattern: "group.*"},
	{pattern: "transaction.*"},
	{pattern: "transactional.id.expiration.ms"},
	{pattern: "share.coordinator.state.topic.*"},
}

// notNeeded are the keys of parts that kq does not have or runs by itself.
var notNeeded = []keyRule{
	{pattern: "process.roles", note: quorumNote},
	{pattern: "controller.*", note: quorumNote},
	{pattern: "metadata.*", note: quorumNote},
	{pattern: "internal.metadata.*", note: quorumNote},
	{pattern: "sasl.mechanism.controller.protocol", note: quorumNote},
	{pattern: "initial.broker.registration.timeout.ms", note: quorumNote},
	{pattern: "broker.heartbeat.interval.ms", note: quorumNote},
	{pattern: "broker.session.timeout.ms", note: quorumNote},
	{pattern: "early.start.listeners", note: quorumNote},
	{pattern: "inter.broker.listener.name", note: "the brokers of one kq process reach each other without a listener"},
	{pattern: "security.inter.broker.protocol", note: "the brokers of one kq process reach each other without a listener"},
	{pattern: "sasl.mechanism.inter.broker.protocol", note: "the brokers of one kq process reach each other without a listener"},
	{pattern: "num.network.threads", note: threadsNote},
	{pattern: "num.io.threads", note: threadsNote},
	{pattern: "num.recovery.threads.per.data.dir", note: threadsNote},
	{pattern: "num.replica.fetchers", note: threadsNote},
	{pattern: "num.replica.alter.log.dirs.threads", note: threadsNote},
	{pattern: "background.threads", note: threadsNote},
	{pattern: "share.coordinator.threads", note: threadsNote},
	{pattern: "queued.*", note: "kq reads a connection only as fast as it answers it"},
	{pattern: "*.purgatory.purge.interval.requests", note: "kq keeps no finished requests that would have to be purged"},
	{pattern: "socket.*", note: "kq leaves the sockets to the operating system"},
	{pattern: "replica.socket.*", note: "kq leaves the sockets to the operating system"},
	{pattern: "metric.reporters", note: metricsNote},
	{pattern: "metrics.*", note: metricsNote},
	{pattern: "kafka.metrics.*", note: metricsNote},
	{pattern: "controlled.shutdown.enable", note: "kq always stops in an orderly way"},
	{pattern: "server.max.startup.time.ms", note: "kq starts in milliseconds"},
	{pattern: "log.initial.task.delay.ms", note: "kq starts its tasks at once"},
	{pattern: "unstable.*", note: "kq serves stable versions only"},
}

// noEffect are the keys of Kafka features that kq does not have (yet).
var noEffect = []keyRule{
	{pattern: "ssl.*", note: "listeners are plain text"},
	{pattern: "sasl.*", note: "listeners do not authenticate"},
	{pattern: "security.*", note: "listeners do not authenticate"},
	{pattern: "principal.builder.class", note: classNote},
	{pattern: "connections.max.reauth.ms", note: "listeners do not authenticate"},
	{pattern: "connection.failed.authentication.delay.ms", note: "listeners do not authenticate"},
	{pattern: "delegation.token.*", note: "kq issues no delegation tokens"},
	{pattern: "authorizer.class.name", note: "kq does not check ACLs: every client may do everything"},
	{pattern: "remote.*", note: tieredNote},
	{pattern: "log.local.retention.*", note: tieredNote},
	{pattern: "follower.fetch.last.tiered.offset.enable", note: tieredNote},
	{pattern: "*quota.window.num", note: quotaNote},
	{pattern: "*quota.window.size.seconds", note: quotaNote},
	{pattern: "*.throttled.rate", note: quotaNote},
	{pattern: "replica.alter.log.dirs.io.max.bytes.per.second", note: quotaNote},
	{pattern: "max.connection*", note: "kq limits the number of connections as a whole only", try: "max.connections"},
	{pattern: "config.providers", note: "kq replaces no variables in this file"},
	{pattern: "*.class", note: classNote},
	{pattern: "*.class.name", note: classNote},
}

// gone are the keys older versions of Kafka had.
var gone = []keyRule{
	{pattern: "zookeeper.*", note: "kq needs no ZooKeeper"},
	{pattern: "broker.id.generation.enable", note: "kq needs no ZooKeeper; the broker id is broker.id, or 1"},
	{pattern: "reserved.broker.max.id", note: "kq needs no ZooKeeper; the broker id is broker.id, or 1"},
	{pattern: "control.plane.listener.name", note: quorumNote},
	{pattern: "host.name", note: "Kafka 3.0 dropped it", try: "listeners"},
	{pattern: "port", note: "Kafka 3.0 dropped it", try: "listeners"},
	{pattern: "advertised.host.name", note: "Kafka 3.0 dropped it", try: "advertised.listeners"},
	{pattern: "advertised.port", note: "Kafka 3.0 dropped it", try: "advertised.listeners"},
	{pattern: "inter.broker.protocol.version", note: "Kafka 4.0 dropped it; kq always runs the newest version"},
	{pattern: "log.message.format.version", note: "Kafka 4.0 dropped it; logs are always in format version 2"},
	{pattern: "log.message.downconversion.enable", note: "Kafka 4.0 dropped it"},
	{pattern: "log.message.timestamp.difference.max.ms", note: "Kafka 4.0 dropped it", try: "log.message.timestamp.before.max.ms"},
	{pattern: "message.format.version", note: "Kafka 4.0 dropped it; logs are always in format version 2"},
	{pattern: "offsets.commit.required.acks", note: "Kafka 4.0 dropped it; offset commits wait for all in-sync replicas"},
	{pattern: "controlled.shutdown.*", note: "Kafka 4.0 dropped it; kq always stops in an orderly way"},
	{pattern: "leader.imbalance.per.broker.percentage", note: "Kafka 4.0 dropped it", try: "auto.leader.rebalance.enable"},
	{pattern: "group.coordinator.new.enable", note: "Kafka 4.0 dropped it; the new group coordinator is the only one"},
	{pattern: "auto.include.jmx.reporter", note: metricsNote},
	{pattern: "password.encoder.*", note: "kq needs no ZooKeeper to keep passwords in"},
	{pattern: "delegation.token.master.key", note: "Kafka 4.0 dropped it; kq issues no delegation tokens"},
	{pattern: "quota.producer.default", note: "Kafka 3.0 dropped it; quotas are set with kafka-configs"},
	{pattern: "quota.consumer.default", note: "Kafka 3.0 dropped it; quotas are set with kafka-configs"},
	{pattern: "unstable.metadata.versions.enable", note: "kq serves stable versions only"},
	{pattern: "eligible.leader.replicas.enable", note: "Kafka 4.0 made it a feature of the cluster"},
}

const (
	quorumNote  = "kq is its own controller and needs no quorum"
	threadsNote = "kq sizes its own threads"
	metricsNote = "kq has no JMX; its metrics are Prometheus's: kq serve --metrics HOST:PORT"
	classNote   = "kq runs no Java classes"
	tieredNote  = "kq has no tiered storage: all data stays on the local disk"
	quotaNote   = "kq does not throttle"
)
