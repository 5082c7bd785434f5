package conf

// maxInt32 bounds what is an int in the protocol or in kgo.
const maxInt32 = 1<<31 - 1

// table holds all properties: what they are called, take and mean. What a value
// then does is in security.go and, for a client, in package client.
func table() []Property {
	tables := [][]Property{securityTable(), clientTable(), producerTable(), consumerTable(), unusedTable()}
	var all []Property
	for _, t := range tables {
		all = append(all, t...)
	}
	return all
}

func securityTable() []Property {
	return []Property{
		{Name: "bootstrap.servers", Aliases: []string{"metadata.broker.list"}, Kind: Text, Doc: "brokers to ask first, HOST:PORT,…; -b goes before it"},
		{Name: "security.protocol", Kind: Choice, Upper: true, Choices: []string{"PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"}, Doc: "default: what the ssl.* and sasl.* given imply, else PLAINTEXT"},
		{Name: "sasl.mechanism", Aliases: []string{"sasl.mechanisms"}, Kind: Choice, Upper: true, Choices: []string{"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"}, Doc: "how to log in"},
		{Name: "sasl.username", Kind: Text, Doc: "user of PLAIN and SCRAM"},
		{Name: "sasl.password", Kind: Text, Secret: true, Doc: "password of PLAIN and SCRAM"},
		{Name: "sasl.jaas.config", Kind: Text, Secret: true, Doc: "user and password as Java takes them"},
		{Name: "sasl.oauthbearer.token", Kind: Text, Secret: true, Doc: "token of OAUTHBEARER"},
		{Name: "sasl.oauthbearer.extensions", Kind: Text, Doc: "extensions of OAUTHBEARER, KEY=VALUE,…"},
		{Name: "ssl.ca.location", Aliases: []string{"ssl.truststore.location"}, Kind: Path, Doc: "PEM file of the authorities to trust; default: the system's"},
		{Name: "ssl.truststore.certificates", Aliases: []string{"ssl.ca.pem"}, Kind: Text, Doc: "the authorities to trust, as PEM text"},
		{Name: "ssl.certificate.location", Aliases: []string{"ssl.keystore.location"}, Kind: Path, Doc: "PEM file of the client's certificate chain, perhaps its key too"},
		{Name: "ssl.keystore.certificate.chain", Aliases: []string{"ssl.certificate.pem"}, Kind: Text, Doc: "the client's certificate chain, as PEM text"},
		{Name: "ssl.key.location", Kind: Path, Doc: "PEM file of the client's key"},
		{Name: "ssl.keystore.key", Aliases: []string{"ssl.key.pem"}, Kind: Text, Secret: true, Doc: "the client's key, as PEM text"},
		{Name: "ssl.key.password", Kind: Text, Secret: true, Doc: "password of an encrypted key"},
		{Name: "ssl.endpoint.identification.algorithm", Kind: Choice, Choices: []string{"https", "none"}, Doc: "none: do not check the broker's host name"},
		{Name: "enable.ssl.certificate.verification", Kind: Bool, Doc: "false: believe any certificate; for tests"},
		{Name: "ssl.truststore.type", Kind: Choice, Upper: true, Choices: []string{"PEM", "JKS", "PKCS12"}, Doc: "only PEM can be read"},
		{Name: "ssl.keystore.type", Kind: Choice, Upper: true, Choices: []string{"PEM", "JKS", "PKCS12"}, Doc: "only PEM can be read"},
	}
}

func clientTable() []Property {
	return []Property{
		{Name: "client.id", Kind: Text, Doc: "name told to brokers; default: kq"},
		{Name: "client.rack", Kind: Text, Doc: "rack to read in, from followers where they allow it"},
		{Name: "request.timeout.ms", Aliases: []string{"socket.timeout.ms"}, Kind: Millis, Least: 100, Most: 15 * 60 * 1000, Doc: "wait for the answer to a request"},
		{Name: "socket.connection.setup.timeout.ms", Kind: Millis, Least: 10, Doc: "wait for a connection, for the whole cluster to show itself"},
		{Name: "metadata.max.age.ms", Aliases: []string{"topic.metadata.refresh.interval.ms"}, Kind: Millis, Least: 1000, Doc: "ask again which broker leads what after this"},
		{Name: "connections.max.idle.ms", Kind: Millis, Least: 1000, Most: 15 * 60 * 1000, Doc: "close a connection nobody uses"},
		{Name: "retry.backoff.ms", Kind: Millis, Doc: "wait before a request is sent again; doubles each time"},
		{Name: "retry.backoff.max.ms", Kind: Millis, Doc: "wait before a request is sent again, at most"},
		{Name: "allow.auto.create.topics", Kind: Bool, Doc: "let the cluster create a topic that is asked for"},
		{Name: "receive.message.max.bytes", Kind: Bytes, Least: 1 << 10, Most: maxInt32, Doc: "size of an answer, at most"},
		{Name: "broker.address.family", Kind: Choice, Choices: []string{"any", "v4", "v6"}, Doc: "addresses to dial"},
	}
}

func producerTable() []Property {
	return []Property{
		{Name: "acks", Aliases: []string{"request.required.acks"}, Kind: Choice, Choices: []string{"all", "-1", "0", "1"}, Doc: "brokers that must have a record"},
		{Name: "enable.idempotence", Kind: Bool, Doc: "store no record twice; needs acks=all"},
		{Name: "retries", Aliases: []string{"message.send.max.retries"}, Kind: Int, Most: maxInt32, Doc: "tries after the first"},
		{Name: "delivery.timeout.ms", Aliases: []string{"message.timeout.ms"}, Kind: Millis, Least: 1000, Doc: "give a record up after this"},
		{Name: "linger.ms", Aliases: []string{"queue.buffering.max.ms"}, Kind: Millis, Most: 60 * 1000, Doc: "wait for more records for a batch"},
		{Name: "batch.size", Kind: Bytes, Least: 512, Most: 1 << 30, Doc: "size of a batch; never below max.request.size or its default"},
		{Name: "max.request.size", Aliases: []string{"message.max.bytes"}, Kind: Bytes, Least: 512, Most: 1 << 30, Doc: "size of a record or batch, at most"},
		{Name: "buffer.memory", Kind: Bytes, Least: 1024, Doc: "bytes of records that wait"},
		{Name: "queue.buffering.max.kbytes", Kind: Int, Least: 1, Most: maxInt32, Doc: "KiB of records that wait"},
		{Name: "queue.buffering.max.messages", Kind: Int, Least: 1, Most: maxInt32, Doc: "records that wait"},
		{Name: "max.in.flight.requests.per.connection", Aliases: []string{"max.in.flight"}, Kind: Int, Least: 1, Most: 1000000, Doc: "requests under way; without idempotence"},
		{Name: "compression.type", Aliases: []string{"compression.codec"}, Kind: Choice, Choices: []string{"none", "gzip", "snappy", "lz4", "zstd"}, Doc: "how batches are compressed"},
		{Name: "compression.level", Aliases: []string{"compression.gzip.level", "compression.lz4.level", "compression.zstd.level"}, Kind: Int, Least: -131072, Most: 22, Doc: "more is smaller and slower"},
		{Name: "transaction.timeout.ms", Kind: Millis, Least: 1, Most: maxInt32, Doc: "abort a transaction that is open for longer"},
		{Name: "partitioner", Kind: Choice, Choices: []string{"murmur2", "murmur2_random", "sticky", "rr", "random"}, Doc: "how a record's partition is found"},
	}
}

func consumerTable() []Property {
	return []Property{
		{Name: "fetch.min.bytes", Kind: Bytes, Most: maxInt32, Doc: "bytes a broker gathers before it answers"},
		{Name: "fetch.max.bytes", Kind: Bytes, Least: 1, Most: maxInt32, Doc: "bytes of an answer"},
		{Name: "fetch.max.wait.ms", Aliases: []string{"fetch.wait.max.ms"}, Kind: Millis, Least: 1, Most: maxInt32, Doc: "wait of a broker for fetch.min.bytes"},
		{Name: "max.partition.fetch.bytes", Aliases: []string{"fetch.message.max.bytes"}, Kind: Bytes, Least: 1, Most: maxInt32, Doc: "bytes of a partition in an answer"},
		{Name: "isolation.level", Kind: Choice, Choices: []string{"read_committed", "read_uncommitted"}, Doc: "read of transactions that are not committed"},
		{Name: "check.crcs", Kind: Bool, Doc: "check what was read against its checksums"},
		{Name: "group.instance.id", Kind: Text, Doc: "name of a static member of a group"},
		{Name: "session.timeout.ms", Kind: Millis, Least: 100, Doc: "a member of a group is gone after this silence"},
		{Name: "heartbeat.interval.ms", Kind: Millis, Least: 100, Doc: "between the signs of life of a member"},
		{Name: "max.poll.interval.ms", Kind: Millis, Least: 1000, Doc: "a member is gone that takes longer with what it read"},
	}
}

// unusedTable names what the .properties files of other programs hold.
func unusedTable() []Property {
	var all []Property
	add := func(why string, names ...string) {
		for _, n := range names {
			all = append(all, Property{Name: n, Kind: Text, Unused: why, Secret: n == "sasl.oauthbearer.client.credentials.client.secret"})
		}
	}
	add("-g names the group", "group.id")
	add("--from says where to begin", "auto.offset.reset")
	add("kq produce --txn names it", "transactional.id")
	add("a PEM file of certificates has no password", "ssl.truststore.password", "ssl.keystore.password")
	add("kq takes a token: sasl.oauthbearer.token", "sasl.oauthbearer.token.endpoint.url", "sasl.oauthbearer.method", "sasl.oauthbearer.client.id",
		"sasl.oauthbearer.client.secret", "sasl.oauthbearer.scope", "sasl.oauthbearer.config", "sasl.oauthbearer.jwks.endpoint.url",
		"sasl.oauthbearer.client.credentials.client.id", "sasl.oauthbearer.client.credentials.client.secret")
	add("kq has no Kerberos", "sasl.kerberos.service.name", "sasl.kerberos.kinit.cmd", "sasl.kerberos.keytab", "sasl.kerberos.principal", "sasl.kerberos.min.time.before.relogin")
	add("it names a Java class", "key.serializer", "value.serializer", "key.deserializer", "value.deserializer", "partitioner.class", "interceptor.classes",
		"metric.reporters", "partition.assignment.strategy", "sasl.login.class", "sasl.login.callback.handler.class", "sasl.client.callback.handler.class",
		"ssl.engine.factory.class", "security.providers", "ssl.provider", "config.providers", "key.deserializer.encoding", "value.deserializer.encoding")
	add("kq needs none", "ssl.protocol", "ssl.enabled.protocols", "ssl.cipher.suites", "ssl.keymanager.algorithm", "ssl.trustmanager.algorithm", "ssl.secure.random.implementation",
		"client.dns.lookup", "send.buffer.bytes", "receive.buffer.bytes", "socket.send.buffer.bytes", "socket.receive.buffer.bytes", "socket.keepalive.enable",
		"socket.nagle.disable", "reconnect.backoff.ms", "reconnect.backoff.max.ms", "metadata.max.idle.ms", "max.block.ms", "metadata.recovery.strategy",
		"metadata.recovery.rebootstrap.trigger.ms", "socket.connection.setup.timeout.max.ms", "default.api.timeout.ms", "metrics.num.samples",
		"metrics.sample.window.ms", "metrics.recording.level", "enable.metrics.push", "auto.include.jmx.reporter", "debug", "log_level", "statistics.interval.ms",
		"api.version.request", "broker.version.fallback", "log.connection.close", "internal.termination.signal")
	add("kq sees to it itself", "enable.auto.commit", "auto.commit.interval.ms", "auto.offset.store", "enable.auto.offset.store", "max.poll.records",
		"exclude.internal.topics", "group.protocol", "group.remote.assignor", "enable.partition.eof", "queued.min.messages", "queued.max.messages.kbytes",
		"partitioner.adaptive.partitioning.enable", "partitioner.availability.timeout.ms", "partitioner.ignore.keys", "sticky.partitioning.linger.ms",
		"batch.num.messages", "sasl.login.refresh.window.factor", "sasl.login.refresh.window.jitter", "sasl.login.refresh.min.period.seconds",
		"sasl.login.refresh.buffer.seconds", "enable.gapless.guarantee", "enable.sparse.connections")
	return all
}
