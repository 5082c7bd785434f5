package configdef

// brokerDefs are the broker configs (kafka.server.KafkaConfig), and the three dynamic replication quotas (QuotaConfig), which are
// listed only where they are set, sorted by name.
var brokerDefs = []*Def{
	{
		Name: "add.partitions.to.txn.retry.backoff.max.ms", Type: Int, Default: "100", Mode: ReadOnly, Check: Check{Rule: AtLeast},
		Doc: "Longest wait in milliseconds between attempts of the broker to add a partition to a transaction that is still completing.",
	},
	{
		Name: "add.partitions.to.txn.retry.backoff.ms", Type: Int, Default: "20", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "First wait in milliseconds between attempts of the broker to add a partition to a transaction.",
	},
	{
		Name: "advertised.listeners", Type: List, Null: true, Mode: ReadOnly, Check: Check{Rule: FilledList},
		Doc: "Addresses, as NAME://host:port, that clients are told to connect to. Set it where they differ from the addresses the broker binds, as behind NAT or in a container.",
	},
	{
		Name: "alter.config.policy.class.name", Type: Class, Null: true, Mode: ReadOnly,
		Doc: "Java class that may veto changes of configs. It runs on the controller.",
	},
	{
		Name: "alter.log.dirs.replication.quota.window.num", Type: Int, Default: "11", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Number of samples kept to measure the traffic of replicas that move between directories.",
	},
	{
		Name: "alter.log.dirs.replication.quota.window.size.seconds", Type: Int, Default: "1", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Length in seconds of one sample of the traffic of replicas that move between directories.",
	},
	{
		Name: "authorizer.class.name", Type: String, Mode: ReadOnly, Check: Check{Rule: NonNull},
		Doc: "Java class that checks ACLs. Empty means that every client may do everything.",
	},
	{
		Name: "auto.create.topics.enable", Type: Boolean, Default: "true", Mode: ReadOnly,
		Doc: "Create a topic when a client asks for the metadata of one that does not exist.",
	},
	{
		Name: "auto.leader.rebalance.enable", Type: Boolean, Default: "true", Mode: ReadOnly,
		Doc: "Give leadership back to the preferred replicas from time to time, when it has drifted away from them.",
	},
	{
		Name: "background.threads", Type: Int, Default: "10", Mode: ClusterWide, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Number of threads for background work such as deleting files and expiring state.",
	},
	{
		Name: "broker.heartbeat.interval.ms", Type: Int, Default: "2000", Mode: ReadOnly,
		Doc: "Milliseconds between two heartbeats of a broker to the controller.",
	},
	{
		Name: "broker.id", Type: Int, Default: "-1", Mode: ReadOnly,
		Doc: "Number of this broker in the cluster. The newer name is node.id; when both are set they must agree.",
	},
	{
		Name: "broker.rack", Type: String, Null: true, Mode: ReadOnly,
		Doc: "Name of the rack or zone the broker stands in. Replicas of a partition are spread over racks, and consumers can read from a replica in their own.",
	},
	{
		Name: "broker.session.timeout.ms", Type: Int, Default: "9000", Mode: ReadOnly,
		Doc: "Milliseconds without a heartbeat after which the controller takes a broker for dead.",
	},
	{
		Name: "client.quota.callback.class", Type: Class, Null: true, Mode: ReadOnly,
		Doc: "Java class that decides which quota applies to a client.",
	},
	{
		Name: "compression.gzip.level", Type: Int, Default: "-1", Mode: ClusterWide, Check: Check{Rule: GzipLevel},
		Doc: "Default of the topic config of the same name: effort of gzip from 1 to 9, or -1 for the library's choice.",
	},
	{
		Name: "compression.lz4.level", Type: Int, Default: "9", Mode: ClusterWide, Check: Check{Rule: Between, Min: 1, Max: 17},
		Doc: "Default of the topic config of the same name: effort of lz4 from 1 to 17.",
	},
	{
		Name: "compression.type", Type: String, Default: "producer", Mode: ClusterWide, Check: Check{Rule: OneOf, Words: []string{"uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"}},
		Doc: "Default of the topic config of the same name: producer keeps batches as they arrive, any codec recompresses them, uncompressed unpacks them.",
	},
	{
		Name: "compression.zstd.level", Type: Int, Default: "3", Mode: ClusterWide, Check: Check{Rule: Between, Min: -131072, Max: 22},
		Doc: "Default of the topic config of the same name: effort of zstd from -131072 to 22.",
	},
	{
		Name: "config.providers", Type: List, Mode: ClusterWide, Check: Check{Rule: AnyList},
		Doc: "Names of the providers that replace variables in config values, such as passwords kept in another file.",
	},
	{
		Name: "connection.failed.authentication.delay.ms", Type: Int, Default: "100", Mode: ReadOnly, Check: Check{Rule: AtLeast},
		Doc: "Milliseconds a connection stays open after a failed login, to slow down guessing. It must be less than connections.max.idle.ms.",
	},
	{
		Name: "connections.max.idle.ms", Type: Long, Default: "600000", Mode: ReadOnly,
		Doc: "Close a connection on which nothing happened for this many milliseconds.",
	},
	{
		Name: "connections.max.reauth.ms", Type: Long, Default: "0", Mode: ReadOnly,
		Doc: "With SASL, milliseconds after which a client must log in again on its open connection. 0 never asks.",
	},
	{
		Name: "controlled.shutdown.enable", Type: Boolean, Default: "true", Mode: ReadOnly,
		Doc: "Hand over leadership before the broker stops.",
	},
	{
		Name: "controller.listener.names", Type: List, Required: true, Mode: ReadOnly, Check: Check{Rule: FilledList},
		Doc: "Names of the listeners of the controllers. Brokers use the first to reach the controller.",
	},
	{
		Name: "controller.performance.always.log.threshold.ms", Type: Long, Default: "2000", Internal: true, Mode: ReadOnly, Check: Check{Rule: AtLeast},
		Doc: "Milliseconds above which every slow controller event is logged.",
	},
	{
		Name: "controller.performance.sample.period.ms", Type: Long, Default: "60000", Internal: true, Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 100},
		Doc: "Milliseconds between two reports about the speed of controller events.",
	},
	{
		Name: "controller.quorum.append.linger.ms", Type: Int, Default: "25", Mode: ReadOnly, Check: Check{Rule: AtLeast},
		Doc: "Milliseconds the leading controller collects metadata records before it writes them to disk.",
	},
	{
		Name: "controller.quorum.auto.join.enable", Type: Boolean, Default: "false", Mode: ReadOnly,
		Doc: "Let a new controller join the quorum by itself.",
	},
	{
		Name: "controller.quorum.bootstrap.servers", Type: List, Mode: ReadOnly, Check: Check{Rule: QuorumEndpoint},
		Doc: "Addresses, as host:port, at which the members of the controller quorum are found.",
	},
	{
		Name: "controller.quorum.election.backoff.max.ms", Type: Int, Default: "1000", Mode: ReadOnly, Check: Check{Rule: AtLeast},
		Doc: "Longest wait in milliseconds between two elections of a leading controller.",
	},
	{
		Name: "controller.quorum.election.timeout.ms", Type: Int, Default: "1000", Mode: ReadOnly, Check: Check{Rule: AtLeast},
		Doc: "Milliseconds a controller waits for the outcome of an election before it starts another.",
	},
	{
		Name: "controller.quorum.fetch.max.bytes", Type: Int, Default: "1048576", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Most bytes of metadata log one fetch of a controller returns; a single larger batch is still returned.",
	},
	{
		Name: "controller.quorum.fetch.snapshot.max.bytes", Type: Int, Default: "1048576", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Most bytes of a metadata snapshot one request returns.",
	},
	{
		Name: "controller.quorum.fetch.timeout.ms", Type: Int, Default: "2000", Mode: ReadOnly, Check: Check{Rule: AtLeast},
		Doc: "Milliseconds without contact after which a controller stands for election, or a leader without a majority resigns.",
	},
	{
		Name: "controller.quorum.request.timeout.ms", Type: Int, Default: "2000", Mode: ReadOnly, Check: Check{Rule: AtLeast},
		Doc: "Milliseconds a controller waits for the answer of another before it tries again.",
	},
	{
		Name: "controller.quorum.retry.backoff.ms", Type: Int, Default: "20", Mode: ReadOnly, Check: Check{Rule: AtLeast},
		Doc: "First wait in milliseconds before a failed request between controllers is tried again.",
	},
	{
		Name: "controller.quorum.voters", Type: List, Mode: ReadOnly, Check: Check{Rule: QuorumEndpoint},
		Doc: "Members of a controller quorum of fixed size, as id@host:port.",
	},
	{
		Name: "controller.quota.window.num", Type: Int, Default: "11", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Number of samples kept to measure how fast clients create and delete partitions.",
	},
	{
		Name: "controller.quota.window.size.seconds", Type: Int, Default: "1", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Length in seconds of one sample of how fast clients create and delete partitions.",
	},
	{
		Name: "controller.socket.timeout.ms", Type: Int, Default: "30000", Mode: ReadOnly,
		Doc: "Milliseconds before a connection between controller and broker is given up.",
	},
	{
		Name: "cordoned.log.dirs", Type: List, Mode: PerBroker, Check: Check{Rule: AnyList},
		Doc: "Data directories that receive no new partitions, or * for all. Partitions that are there stay.",
	},
	{
		Name: "create.topic.policy.class.name", Type: Class, Null: true, Mode: ReadOnly,
		Doc: "Java class that may veto the creation of topics. It runs on the controller.",
	},
	{
		Name: "default.replication.factor", Type: Int, Default: "1", Mode: ReadOnly,
		Doc: "Number of replicas of a topic that is created automatically or with -1 as its replication factor.",
	},
	{
		Name: "delegation.token.expiry.check.interval.ms", Type: Long, Default: "3600000", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Milliseconds between two searches for expired delegation tokens.",
	},
	{
		Name: "delegation.token.expiry.time.ms", Type: Long, Default: "86400000", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Milliseconds a delegation token is valid before it must be renewed.",
	},
	{
		Name: "delegation.token.max.lifetime.ms", Type: Long, Default: "604800000", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Milliseconds after which a delegation token can no longer be renewed.",
	},
	{
		Name: "delegation.token.secret.key", Type: Password, Null: true, Mode: ReadOnly,
		Doc: "Secret with which delegation tokens are signed, the same on every broker and controller. Without it there are no tokens.",
	},
	{
		Name: "delete.records.purgatory.purge.interval.requests", Type: Int, Default: "1", Mode: ReadOnly,
		Doc: "Completed DeleteRecords requests that may pile up in the waiting list before it is swept.",
	},
	{
		Name: "delete.topic.enable", Type: Boolean, Default: "true", Mode: ReadOnly,
		Doc: "Allow clients to delete topics.",
	},
	{
		Name: "early.start.listeners", Type: List, Null: true, Mode: ReadOnly, Check: Check{Rule: AnyList},
		Doc: "Listeners that accept connections before the authorizer is ready, for authorizers that keep their state in the cluster.",
	},
	{
		Name: "fetch.max.bytes", Type: Int, Default: "57671680", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1024},
		Doc: "Most bytes the broker returns for one fetch, whatever the client asks for.",
	},
	{
		Name: "fetch.purgatory.purge.interval.requests", Type: Int, Default: "1000", Mode: ReadOnly,
		Doc: "Completed fetches that may pile up in the waiting list before it is swept.",
	},
	{
		Name: "follower.fetch.last.tiered.offset.enable", Type: Boolean, Default: "false", Mode: ClusterWide,
		Doc: "Let an empty follower begin after the data that is already in remote storage instead of copying it all.",
	},
	{
		Name: "follower.replication.throttled.rate", Type: Long, Default: "9223372036854775807", Internal: true, Mode: ClusterWide, Check: Check{Rule: AtLeast},
		Doc: "Bytes per second in which followers may fetch the replicas that are marked as throttled. It can only be set dynamically.",
	},
	{
		Name: "group.consumer.assignment.interval.ms", Type: Int, Default: "1000", Mode: ClusterWide, Check: Check{Rule: AtLeast},
		Doc: "Least time in milliseconds between two new assignments of a consumer group.",
	},
	{
		Name: "group.consumer.assignors", Type: List, Default: "uniform,range", Mode: ReadOnly, Check: Check{Rule: FilledList},
		Doc: "Assignors the broker offers to consumer groups, by built-in name or Java class. The first is the default.",
	},
	{
		Name: "group.consumer.heartbeat.interval.ms", Type: Int, Default: "5000", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Milliseconds between two heartbeats that members of a consumer group are told to send.",
	},
	{
		Name: "group.consumer.max.assignment.interval.ms", Type: Int, Default: "15000", Mode: ReadOnly, Check: Check{Rule: AtLeast},
		Doc: "Largest assignment interval, in milliseconds, that a consumer group may be given.",
	},
	{
		Name: "group.consumer.max.heartbeat.interval.ms", Type: Int, Default: "15000", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Largest heartbeat interval, in milliseconds, that a consumer group may be given.",
	},
	{
		Name: "group.consumer.max.session.timeout.ms", Type: Int, Default: "60000", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Largest session timeout, in milliseconds, that a consumer group may be given.",
	},
	{
		Name: "group.consumer.max.size", Type: Int, Default: "2147483647", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Most members of one group of the consumer protocol.",
	},
	{
		Name: "group.consumer.migration.policy", Type: String, Default: "bidirectional", Mode: ReadOnly, Check: Check{Rule: OneOfFold, Words: []string{"DISABLED", "DOWNGRADE", "UPGRADE", "BIDIRECTIONAL"}},
		Doc: "Whether a live group may change between the classic and the consumer protocol: upgrade, downgrade, bidirectional or disabled. Empty groups always may.",
	},
	{
		Name: "group.consumer.min.assignment.interval.ms", Type: Int, Default: "0", Mode: ReadOnly, Check: Check{Rule: AtLeast},
		Doc: "Smallest assignment interval, in milliseconds, that a consumer group may be given.",
	},
	{
		Name: "group.consumer.min.heartbeat.interval.ms", Type: Int, Default: "5000", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Smallest heartbeat interval, in milliseconds, that a consumer group may be given.",
	},
	{
		Name: "group.consumer.min.session.timeout.ms", Type: Int, Default: "45000", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Smallest session timeout, in milliseconds, that a consumer group may be given.",
	},
	{
		Name: "group.consumer.regex.refresh.interval.ms", Type: Int, Default: "600000", Internal: true, Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 10000},
		Doc: "Milliseconds between two evaluations of the regular expressions that consumer groups subscribe with.",
	},
	{
		Name: "group.consumer.session.timeout.ms", Type: Int, Default: "45000", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Milliseconds without a heartbeat after which a member of a consumer group is removed.",
	},
	{
		Name: "group.coordinator.append.linger.ms", Type: Int, Default: "-1", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: -1},
		Doc: "Milliseconds the group coordinator collects changes before it writes them. -1 adapts to the load.",
	},
	{
		Name: "group.coordinator.background.threads", Type: Int, Default: "2", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Number of threads of the group coordinator for slow work such as evaluating regular expressions.",
	},
	{
		Name: "group.coordinator.cached.buffer.max.bytes", Type: Int, Default: "1048588", Mode: ClusterWide, Check: Check{Rule: AtLeast, Min: 524288},
		Doc: "Largest write buffer, in bytes, that the group coordinator keeps for the next write.",
	},
	{
		Name: "group.coordinator.rebalance.protocols", Type: List, Default: "classic,consumer,streams", Mode: ReadOnly, Check: Check{Rule: FilledListOf, Words: []string{"consumer", "classic", "share", "streams"}},
		Doc: "Group protocols the broker serves. Deprecated: the cluster features say the same.",
	},
	{
		Name: "group.coordinator.threads", Type: Int, Default: "4", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Number of threads that serve group requests.",
	},
	{
		Name: "group.initial.rebalance.delay.ms", Type: Int, Default: "3000", Mode: ReadOnly,
		Doc: "Milliseconds a new, empty group of the classic protocol waits for more members before its first rebalance.",
	},
	{
		Name: "group.max.session.timeout.ms", Type: Int, Default: "1800000", Mode: ReadOnly,
		Doc: "Largest session timeout, in milliseconds, that a member of the classic protocol may ask for.",
	},
	{
		Name: "group.max.size", Type: Int, Default: "2147483647", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Most members of one group of the classic protocol.",
	},
	{
		Name: "group.min.session.timeout.ms", Type: Int, Default: "6000", Mode: ReadOnly,
		Doc: "Smallest session timeout, in milliseconds, that a member of the classic protocol may ask for.",
	},
	{
		Name: "group.share.assignment.interval.ms", Type: Int, Default: "1000", Mode: ClusterWide, Check: Check{Rule: AtLeast},
		Doc: "Least time in milliseconds between two new assignments of a share group.",
	},
	{
		Name: "group.share.assignors", Type: List, Default: "simple", Mode: ReadOnly, Check: Check{Rule: FilledList},
		Doc: "The one assignor of all share groups, by built-in name or Java class.",
	},
	{
		Name: "group.share.delivery.count.limit", Type: Int, Default: "5", Mode: ReadOnly, Check: Check{Rule: Between, Min: 2, Max: 10},
		Doc: "How often a share group delivers a record at most before it is given up.",
	},
	{
		Name: "group.share.heartbeat.interval.ms", Type: Int, Default: "5000", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Milliseconds between two heartbeats that members of a share group are told to send.",
	},
	{
		Name: "group.share.initialize.retry.interval.ms", Type: Int, Default: "30000", Internal: true, Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Milliseconds before the state of a share group that could not be set up is tried again.",
	},
	{
		Name: "group.share.max.assignment.interval.ms", Type: Int, Default: "15000", Mode: ReadOnly, Check: Check{Rule: AtLeast},
		Doc: "Largest assignment interval, in milliseconds, that a share group may be given.",
	},
	{
		Name: "group.share.max.delivery.count.limit", Type: Int, Default: "10", Mode: ReadOnly, Check: Check{Rule: Between, Min: 5, Max: 25},
		Doc: "Largest delivery limit that a share group may be given.",
	},
	{
		Name: "group.share.max.heartbeat.interval.ms", Type: Int, Default: "15000", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Largest heartbeat interval, in milliseconds, that a share group may be given.",
	},
	{
		Name: "group.share.max.partition.max.record.locks", Type: Int, Default: "4000", Mode: ReadOnly, Check: Check{Rule: Between, Min: 2000, Max: 10000},
		Doc: "Largest number of records in flight per partition that a share group may be given.",
	},
	{
		Name: "group.share.max.record.lock.duration.ms", Type: Int, Default: "60000", Mode: ReadOnly, Check: Check{Rule: Between, Min: 30000, Max: 3600000},
		Doc: "Longest acquisition lock, in milliseconds, that a share group may be given.",
	},
	{
		Name: "group.share.max.session.timeout.ms", Type: Int, Default: "60000", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Largest session timeout, in milliseconds, that a share group may be given.",
	},
	{
		Name: "group.share.max.share.sessions", Type: Int, Default: "2000", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Most share fetch sessions the broker keeps.",
	},
	{
		Name: "group.share.max.size", Type: Int, Default: "200", Mode: ReadOnly, Check: Check{Rule: Between, Min: 1, Max: 1000},
		Doc: "Most members of one share group.",
	},
	{
		Name: "group.share.min.assignment.interval.ms", Type: Int, Default: "0", Mode: ReadOnly, Check: Check{Rule: AtLeast},
		Doc: "Smallest assignment interval, in milliseconds, that a share group may be given.",
	},
	{
		Name: "group.share.min.delivery.count.limit", Type: Int, Default: "2", Mode: ReadOnly, Check: Check{Rule: Between, Min: 2, Max: 5},
		Doc: "Smallest delivery limit that a share group may be given.",
	},
	{
		Name: "group.share.min.heartbeat.interval.ms", Type: Int, Default: "5000", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Smallest heartbeat interval, in milliseconds, that a share group may be given.",
	},
	{
		Name: "group.share.min.partition.max.record.locks", Type: Int, Default: "100", Mode: ReadOnly, Check: Check{Rule: Between, Min: 100, Max: 2000},
		Doc: "Smallest number of records in flight per partition that a share group may be given.",
	},
	{
		Name: "group.share.min.record.lock.duration.ms", Type: Int, Default: "15000", Mode: ReadOnly, Check: Check{Rule: Between, Min: 1000, Max: 30000},
		Doc: "Shortest acquisition lock, in milliseconds, that a share group may be given.",
	},
	{
		Name: "group.share.min.session.timeout.ms", Type: Int, Default: "45000", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Smallest session timeout, in milliseconds, that a share group may be given.",
	},
	{
		Name: "group.share.partition.max.record.locks", Type: Int, Default: "2000", Mode: ReadOnly, Check: Check{Rule: Between, Min: 100, Max: 10000},
		Doc: "Most records of one partition that may be acquired and not yet acknowledged within a share group.",
	},
	{
		Name: "group.share.persister.class.name", Type: String, Default: "org.apache.kafka.server.share.persister.DefaultStatePersister", Internal: true, Mode: ReadOnly,
		Doc: "Java class that stores the state of share groups.",
	},
	{
		Name: "group.share.record.lock.duration.ms", Type: Int, Default: "30000", Mode: ReadOnly, Check: Check{Rule: Between, Min: 1000, Max: 3600000},
		Doc: "Milliseconds a record stays with the member of a share group that acquired it before another may have it.",
	},
	{
		Name: "group.share.session.timeout.ms", Type: Int, Default: "45000", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Milliseconds without a heartbeat after which a member of a share group is removed.",
	},
	{
		Name: "group.streams.assignment.interval.ms", Type: Int, Default: "1000", Mode: ClusterWide, Check: Check{Rule: AtLeast},
		Doc: "Least time in milliseconds between two new assignments of a streams group.",
	},
	{
		Name: "group.streams.heartbeat.interval.ms", Type: Int, Default: "5000", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Milliseconds between two heartbeats that members of a streams group are told to send.",
	},
	{
		Name: "group.streams.initial.rebalance.delay.ms", Type: Int, Default: "3000", Mode: ReadOnly, Check: Check{Rule: AtLeast},
		Doc: "Milliseconds a new streams group waits for more members before its first assignment.",
	},
	{
		Name: "group.streams.max.assignment.interval.ms", Type: Int, Default: "15000", Mode: ReadOnly, Check: Check{Rule: AtLeast},
		Doc: "Largest assignment interval, in milliseconds, that a streams group may be given.",
	},
	{
		Name: "group.streams.max.heartbeat.interval.ms", Type: Int, Default: "15000", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Largest heartbeat interval, in milliseconds, that a streams group may be given.",
	},
	{
		Name: "group.streams.max.session.timeout.ms", Type: Int, Default: "60000", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Largest session timeout, in milliseconds, that a streams group may be given.",
	},
	{
		Name: "group.streams.max.size", Type: Int, Default: "2147483647", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Most members of one streams group.",
	},
	{
		Name: "group.streams.max.standby.replicas", Type: Int, Default: "2", Mode: ReadOnly, Check: Check{Rule: AtLeast},
		Doc: "Largest number of standby replicas that a streams group may be given.",
	},
	{
		Name: "group.streams.min.assignment.interval.ms", Type: Int, Default: "0", Mode: ReadOnly, Check: Check{Rule: AtLeast},
		Doc: "Smallest assignment interval, in milliseconds, that a streams group may be given.",
	},
	{
		Name: "group.streams.min.heartbeat.interval.ms", Type: Int, Default: "5000", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Smallest heartbeat interval, in milliseconds, that a streams group may be given.",
	},
	{
		Name: "group.streams.min.session.timeout.ms", Type: Int, Default: "45000", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Smallest session timeout, in milliseconds, that a streams group may be given.",
	},
	{
		Name: "group.streams.num.standby.replicas", Type: Int, Default: "0", Mode: ReadOnly, Check: Check{Rule: AtLeast},
		Doc: "Number of spare copies of the state of each task in a streams group.",
	},
	{
		Name: "group.streams.session.timeout.ms", Type: Int, Default: "45000", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Milliseconds without a heartbeat after which a member of a streams group is removed.",
	},
	{
		Name: "initial.broker.registration.timeout.ms", Type: Int, Default: "60000", Mode: ReadOnly,
		Doc: "Milliseconds a starting broker tries to register with the controllers before it gives up.",
	},
	{
		Name: "inter.broker.listener.name", Type: String, Null: true, Mode: ReadOnly,
		Doc: "Name of the listener the brokers reach each other on. Without it the listener follows from security.inter.broker.protocol.",
	},
	{
		Name: "internal.metadata.delete.delay.millis", Type: Long, Default: "60000", Internal: true, Mode: ReadOnly,
		Doc: "Milliseconds before deleted files of the metadata log are removed from disk, for tests.",
	},
	{
		Name: "internal.metadata.log.segment.bytes", Type: Int, Null: true, Internal: true, Mode: ReadOnly,
		Doc: "Size in bytes of a segment of the metadata log, for tests.",
	},
	{
		Name: "internal.metadata.max.batch.size.in.bytes", Type: Int, Default: "8388608", Internal: true, Mode: ReadOnly,
		Doc: "Largest batch of metadata records in bytes, for tests.",
	},
	{
		Name: "kafka.metrics.polling.interval.secs", Type: Int, Default: "10", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Seconds between two reports of the reporters in kafka.metrics.reporters.",
	},
	{
		Name: "kafka.metrics.reporters", Type: List, Mode: ReadOnly, Check: Check{Rule: AnyList},
		Doc: "Java classes that report the metrics of the Yammer library.",
	},
	{
		Name: "leader.imbalance.check.interval.seconds", Type: Long, Default: "300", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Seconds between two checks whether leadership has drifted away from the preferred replicas.",
	},
	{
		Name: "leader.replication.throttled.rate", Type: Long, Default: "9223372036854775807", Internal: true, Mode: ClusterWide, Check: Check{Rule: AtLeast},
		Doc: "Bytes per second in which leaders may send the replicas that are marked as throttled. It can only be set dynamically.",
	},
	{
		Name: "listener.security.protocol.map", Type: String, Default: "SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT", Mode: PerBroker,
		Doc: "The security protocol of each listener name, as NAME:PROTOCOL with PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL.",
	},
	{
		Name: "listeners", Type: List, Default: "PLAINTEXT://:9092", Mode: PerBroker, Check: Check{Rule: FilledList},
		Doc: "Addresses the broker binds, as NAME://host:port. Without a host it binds the default interface, with 0.0.0.0 every one.",
	},
	{
		Name: "log.cleaner.backoff.ms", Type: Long, Default: "15000", Mode: ClusterWide, Check: Check{Rule: AtLeast},
		Doc: "Milliseconds the cleaner sleeps when no log needs cleaning.",
	},
	{
		Name: "log.cleaner.dedupe.buffer.size", Type: Long, Default: "134217728", Mode: ClusterWide,
		Doc: "Memory in bytes that all cleaner threads together use to remember the keys they have seen.",
	},
	{
		Name: "log.cleaner.delete.retention.ms", Type: Long, Default: "86400000", Mode: ClusterWide, Check: Check{Rule: AtLeast},
		Doc: "Default for topics of delete.retention.ms: how many milliseconds compacted logs keep tombstones.",
	},
	{
		Name: "log.cleaner.enable", Type: Boolean, Default: "true", Mode: ReadOnly,
		Doc: "Run the cleaner. Without it compacted topics, the offsets topic among them, grow for ever; the switch is deprecated.",
	},
	{
		Name: "log.cleaner.io.buffer.load.factor", Type: Double, Default: "0.9", Mode: ClusterWide,
		Doc: "How full the cleaner's key buffer may become, as a share from 0 to 1. Fuller cleans more at once, with more collisions.",
	},
	{
		Name: "log.cleaner.io.buffer.size", Type: Int, Default: "524288", Mode: ClusterWide, Check: Check{Rule: AtLeast},
		Doc: "Memory in bytes that all cleaner threads together use to read and write.",
	},
	{
		Name: "log.cleaner.io.max.bytes.per.second", Type: Double, Default: "1.7976931348623157E308", Mode: ClusterWide,
		Doc: "Limit in bytes per second on what the cleaner reads and writes.",
	},
	{
		Name: "log.cleaner.max.compaction.lag.ms", Type: Long, Default: "9223372036854775807", Mode: ClusterWide, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Default for topics of max.compaction.lag.ms: milliseconds after which a record must be considered for compaction.",
	},
	{
		Name: "log.cleaner.min.cleanable.ratio", Type: Double, Default: "0.5", Mode: ClusterWide, Check: Check{Rule: Between, Max: 1},
		Doc: "Default for topics of min.cleanable.dirty.ratio: the uncompacted share, from 0 to 1, at which a log is cleaned.",
	},
	{
		Name: "log.cleaner.min.compaction.lag.ms", Type: Long, Default: "0", Mode: ClusterWide, Check: Check{Rule: AtLeast},
		Doc: "Default for topics of min.compaction.lag.ms: milliseconds for which a fresh record is left alone.",
	},
	{
		Name: "log.cleaner.threads", Type: Int, Default: "1", Mode: ClusterWide, Check: Check{Rule: AtLeast},
		Doc: "Number of threads that compact logs.",
	},
	{
		Name: "log.cleanup.policy", Type: List, Default: "delete", Mode: ClusterWide, Check: Check{Rule: ListOf, Words: []string{"compact", "delete"}},
		Doc: "Default for topics of cleanup.policy: delete, compact or both; empty keeps everything.",
	},
	{
		Name: "log.dir", Type: List, Default: "/tmp/kafka-logs", Mode: ReadOnly, Check: Check{Rule: FilledList},
		Doc: "Directories of the data where log.dirs is not set, separated by commas.",
	},
	{
		Name: "log.dir.failure.timeout.ms", Type: Long, Default: "30000", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Milliseconds after which a broker stops when it cannot tell the controller that one of its directories failed.",
	},
	{
		Name: "log.dirs", Type: List, Null: true, Mode: ReadOnly, Check: Check{Rule: FilledList},
		Doc: "Directories of the data, separated by commas. It wins over log.dir.",
	},
	{
		Name: "log.flush.interval.messages", Type: Long, Default: "9223372036854775807", Mode: ClusterWide, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Default for topics of flush.messages: records after which a log is forced to disk.",
	},
	{
		Name: "log.flush.interval.ms", Type: Long, Null: true, Mode: ClusterWide, Synonyms: []string{"log.flush.interval.ms", "log.flush.scheduler.interval.ms"},
		Doc: "Default for topics of flush.ms: milliseconds after which a log is forced to disk. Without it log.flush.scheduler.interval.ms counts.",
	},
	{
		Name: "log.flush.offset.checkpoint.interval.ms", Type: Int, Default: "60000", Mode: ReadOnly, Check: Check{Rule: AtLeast},
		Doc: "Milliseconds between two writes of the recovery points, before which nothing needs checking after a crash.",
	},
	{
		Name: "log.flush.scheduler.interval.ms", Type: Long, Default: "9223372036854775807", Mode: ReadOnly,
		Doc: "Milliseconds between two looks for logs that are due to be forced to disk.",
	},
	{
		Name: "log.flush.start.offset.checkpoint.interval.ms", Type: Int, Default: "60000", Mode: ReadOnly, Check: Check{Rule: AtLeast},
		Doc: "Milliseconds between two writes of the offsets at which the logs start.",
	},
	{
		Name: "log.index.interval.bytes", Type: Int, Default: "4096", Mode: ClusterWide, Check: Check{Rule: AtLeast},
		Doc: "Default for topics of index.interval.bytes: bytes of records between two index entries.",
	},
	{
		Name: "log.index.size.max.bytes", Type: Int, Default: "10485760", Mode: ClusterWide, Check: Check{Rule: AtLeast, Min: 4},
		Doc: "Default for topics of segment.index.bytes: largest index of a segment in bytes.",
	},
	{
		Name: "log.initial.task.delay.ms", Type: Long, Default: "30000", Internal: true, Mode: ReadOnly, Check: Check{Rule: AtLeast},
		Doc: "Milliseconds after the start before retention, flushing and checkpoints begin, for tests.",
	},
	{
		Name: "log.local.retention.bytes", Type: Long, Default: "-2", Mode: ClusterWide, Check: Check{Rule: AtLeast, Min: -2},
		Doc: "Default for topics of local.retention.bytes: bytes a tiered partition keeps on the local disk; -2 means log.retention.bytes.",
	},
	{
		Name: "log.local.retention.ms", Type: Long, Default: "-2", Mode: ClusterWide, Check: Check{Rule: AtLeast, Min: -2},
		Doc: "Default for topics of local.retention.ms: milliseconds tiered data stays on the local disk; -2 means log.retention.ms.",
	},
	{
		Name: "log.message.timestamp.after.max.ms", Type: Long, Default: "3600000", Mode: ClusterWide, Check: Check{Rule: AtLeast},
		Doc: "Default for topics of message.timestamp.after.max.ms: milliseconds a timestamp may lie in the future.",
	},
	{
		Name: "log.message.timestamp.before.max.ms", Type: Long, Default: "9223372036854775807", Mode: ClusterWide, Check: Check{Rule: AtLeast},
		Doc: "Default for topics of message.timestamp.before.max.ms: milliseconds a timestamp may lie in the past.",
	},
	{
		Name: "log.message.timestamp.type", Type: String, Default: "CreateTime", Mode: ClusterWide, Check: Check{Rule: OneOf, Words: []string{"CreateTime", "LogAppendTime"}},
		Doc: "Default for topics of message.timestamp.type: CreateTime or LogAppendTime.",
	},
	{
		Name: "log.preallocate", Type: Boolean, Default: "false", Mode: ClusterWide,
		Doc: "Default for topics of preallocate: reserve the whole segment file when it is created.",
	},
	{
		Name: "log.retention.bytes", Type: Long, Default: "-1", Mode: ClusterWide,
		Doc: "Default for topics of retention.bytes: largest size of a partition in bytes; -1 sets no limit.",
	},
	{
		Name: "log.retention.check.interval.ms", Type: Long, Default: "300000", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Milliseconds between two searches for segments that are past their retention.",
	},
	{
		Name: "log.retention.hours", Type: Int, Default: "168", Mode: ReadOnly, Synonyms: []string{"log.retention.ms", "log.retention.minutes", "log.retention.hours"},
		Doc: "Default for topics of retention.ms, in hours. log.retention.minutes and log.retention.ms win over it.",
	},
	{
		Name: "log.retention.minutes", Type: Int, Null: true, Mode: ReadOnly, Synonyms: []string{"log.retention.ms", "log.retention.minutes", "log.retention.hours"},
		Doc: "Default for topics of retention.ms, in minutes. log.retention.ms wins over it, it wins over log.retention.hours.",
	},
	{
		Name: "log.retention.ms", Type: Long, Null: true, Mode: ClusterWide, Synonyms: []string{"log.retention.ms", "log.retention.minutes", "log.retention.hours"},
		Doc: "Default for topics of retention.ms, in milliseconds; -1 sets no limit. It wins over log.retention.minutes and log.retention.hours.",
	},
	{
		Name: "log.roll.hours", Type: Int, Default: "168", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1}, Synonyms: []string{"log.roll.ms", "log.roll.hours"},
		Doc: "Default for topics of segment.ms, in hours. log.roll.ms wins over it.",
	},
	{
		Name: "log.roll.jitter.hours", Type: Int, Default: "0", Mode: ReadOnly, Check: Check{Rule: AtLeast}, Synonyms: []string{"log.roll.jitter.ms", "log.roll.jitter.hours"},
		Doc: "Default for topics of segment.jitter.ms, in hours. log.roll.jitter.ms wins over it.",
	},
	{
		Name: "log.roll.jitter.ms", Type: Long, Null: true, Mode: ClusterWide, Synonyms: []string{"log.roll.jitter.ms", "log.roll.jitter.hours"},
		Doc: "Default for topics of segment.jitter.ms: milliseconds taken at random off the age of a full segment.",
	},
	{
		Name: "log.roll.ms", Type: Long, Null: true, Mode: ClusterWide, Synonyms: []string{"log.roll.ms", "log.roll.hours"},
		Doc: "Default for topics of segment.ms: milliseconds after which a segment is closed. It wins over log.roll.hours.",
	},
	{
		Name: "log.segment.bytes", Type: Int, Default: "1073741824", Mode: ClusterWide, Check: Check{Rule: AtLeast, Min: 1048576},
		Doc: "Default for topics of segment.bytes: size in bytes at which a segment is closed.",
	},
	{
		Name: "log.segment.delete.delay.ms", Type: Long, Default: "60000", Mode: ClusterWide, Check: Check{Rule: AtLeast},
		Doc: "Default for topics of file.delete.delay.ms: milliseconds before the files of a dropped segment are removed.",
	},
	{
		Name: "max.connection.creation.rate", Type: Int, Default: "2147483647", Mode: ClusterWide, Check: Check{Rule: AtLeast},
		Doc: "New connections per second the broker accepts. With the prefix of a listener it limits that listener.",
	},
	{
		Name: "max.connections", Type: Int, Default: "2147483647", Mode: ClusterWide, Check: Check{Rule: AtLeast},
		Doc: "Connections the broker keeps open at most. With the prefix of a listener it limits that listener.",
	},
	{
		Name: "max.connections.per.ip", Type: Int, Default: "2147483647", Mode: ClusterWide, Check: Check{Rule: AtLeast},
		Doc: "Connections the broker keeps open at most from one address. 0 admits only the addresses in max.connections.per.ip.overrides.",
	},
	{
		Name: "max.connections.per.ip.overrides", Type: String, Mode: ClusterWide,
		Doc: "Limits for single hosts or addresses in place of max.connections.per.ip, as host:count.",
	},
	{
		Name: "max.incremental.fetch.session.cache.slots", Type: Int, Default: "1000", Mode: ReadOnly, Check: Check{Rule: AtLeast},
		Doc: "Incremental fetch sessions the broker keeps at most.",
	},
	{
		Name: "max.request.partition.size.limit", Type: Int, Default: "2000", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Partitions one request may ask for at most where the answer comes in pages, as when topics are described.",
	},
	{
		Name: "message.max.bytes", Type: Int, Default: "1048588", Mode: ClusterWide, Check: Check{Rule: AtLeast},
		Doc: "Default for topics of max.message.bytes: largest record batch in bytes.",
	},
	{
		Name: "metadata.log.dir", Type: String, Null: true, Mode: ReadOnly,
		Doc: "Directory of the metadata log. Without it the log lies in the first directory of log.dirs.",
	},
	{
		Name: "metadata.log.max.record.bytes.between.snapshots", Type: Long, Default: "20971520", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Bytes of new metadata records after which a snapshot is written.",
	},
	{
		Name: "metadata.log.max.snapshot.interval.ms", Type: Long, Default: "3600000", Mode: ReadOnly, Check: Check{Rule: AtLeast},
		Doc: "Milliseconds after which a snapshot of new metadata is written. 0 waits for the size alone.",
	},
	{
		Name: "metadata.log.segment.bytes", Type: Int, Default: "1073741824", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 8388608},
		Doc: "Size in bytes at which a segment of the metadata log is closed.",
	},
	{
		Name: "metadata.log.segment.ms", Type: Long, Default: "604800000", Mode: ReadOnly,
		Doc: "Milliseconds after which a segment of the metadata log is closed.",
	},
	{
		Name: "metadata.max.idle.interval.ms", Type: Int, Default: "500", Mode: ReadOnly, Check: Check{Rule: AtLeast},
		Doc: "Milliseconds between the empty records an idle controller writes to the metadata log. 0 writes none.",
	},
	{
		Name: "metadata.max.retention.bytes", Type: Long, Default: "104857600", Mode: ReadOnly,
		Doc: "Bytes of metadata log and snapshots above which the oldest are deleted. One snapshot always stays.",
	},
	{
		Name: "metadata.max.retention.ms", Type: Long, Default: "604800000", Mode: ReadOnly,
		Doc: "Milliseconds after which metadata log and snapshots are deleted. One snapshot always stays.",
	},
	{
		Name: "metric.reporters", Type: List, Default: "org.apache.kafka.common.metrics.JmxReporter", Mode: ClusterWide, Check: Check{Rule: AnyList},
		Doc: "Java classes that report metrics.",
	},
	{
		Name: "metrics.num.samples", Type: Int, Default: "2", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Number of samples a metric is computed from.",
	},
	{
		Name: "metrics.recording.level", Type: String, Default: "INFO", Mode: ReadOnly,
		Doc: "How much is measured: INFO, DEBUG or TRACE.",
	},
	{
		Name: "metrics.sample.window.ms", Type: Long, Default: "30000", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Length in milliseconds of one sample of a metric.",
	},
	{
		Name: "min.insync.replicas", Type: Int, Default: "1", Mode: ClusterWide, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Default of the topic config of the same name: replicas that must be in sync for a write with acks=all.",
	},
	{
		Name: "node.id", Type: Int, Required: true, Mode: ReadOnly, Check: Check{Rule: AtLeast},
		Doc: "Number of this node in the cluster, 0 or more. It must agree with broker.id where that is set too.",
	},
	{
		Name: "num.io.threads", Type: Int, Default: "8", Mode: ClusterWide, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Number of threads that process requests.",
	},
	{
		Name: "num.network.threads", Type: Int, Default: "3", Mode: ClusterWide, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Number of threads of each listener that read requests and send answers.",
	},
	{
		Name: "num.partitions", Type: Int, Default: "1", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Number of partitions of a topic that is created automatically or with -1 as its number of partitions.",
	},
	{
		Name: "num.recovery.threads.per.data.dir", Type: Int, Default: "2", Mode: ClusterWide, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Number of threads for each data directory that check logs at the start and flush them at the end.",
	},
	{
		Name: "num.replica.alter.log.dirs.threads", Type: Int, Null: true, Mode: ReadOnly,
		Doc: "Number of threads that move replicas between data directories. Without it there is one for each directory.",
	},
	{
		Name: "num.replica.fetchers", Type: Int, Default: "1", Mode: ClusterWide, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Number of threads that copy partitions from each other broker.",
	},
	{
		Name: "offset.metadata.max.bytes", Type: Int, Default: "4096", Mode: ReadOnly,
		Doc: "Longest note, in bytes, that a client may store with a committed offset.",
	},
	{
		Name: "offsets.commit.timeout.ms", Type: Int, Default: "5000", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Milliseconds a commit waits for the replicas of the offsets topic before it fails.",
	},
	{
		Name: "offsets.load.buffer.size", Type: Int, Default: "5242880", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Bytes read at a time when a coordinator loads committed offsets; a larger batch is still read.",
	},
	{
		Name: "offsets.retention.check.interval.ms", Type: Long, Default: "600000", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Milliseconds between two searches for committed offsets that are past their retention.",
	},
	{
		Name: "offsets.retention.minutes", Type: Int, Default: "10080", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Minutes committed offsets are kept after their group became empty, or, without a subscription, after the last commit.",
	},
	{
		Name: "offsets.topic.compression.codec", Type: Int, Default: "0", Mode: ReadOnly,
		Doc: "Codec of the offsets topic as a number: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd.",
	},
	{
		Name: "offsets.topic.num.partitions", Type: Int, Default: "50", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Number of partitions of the offsets topic. It must not change once the topic exists.",
	},
	{
		Name: "offsets.topic.replication.factor", Type: Short, Default: "3", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Number of replicas of the offsets topic. The topic is not created before there are that many brokers.",
	},
	{
		Name: "offsets.topic.segment.bytes", Type: Int, Default: "104857600", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Size in bytes of a segment of the offsets topic. Small segments make compaction and loading fast.",
	},
	{
		Name: "principal.builder.class", Type: Class, Default: "org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder", Mode: PerBroker,
		Doc: "Java class that turns a login into the name ACLs are written for.",
	},
	{
		Name: "process.roles", Type: List, Required: true, Mode: ReadOnly, Check: Check{Rule: FilledListOf, Words: []string{"broker", "controller"}},
		Doc: "Roles of this process: broker, controller or both.",
	},
	{
		Name: "producer.id.expiration.check.interval.ms", Type: Int, Default: "600000", Internal: true, Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Milliseconds between two searches for producer ids that have expired.",
	},
	{
		Name: "producer.id.expiration.ms", Type: Int, Default: "86400000", Mode: ClusterWide, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Milliseconds without a write after which a partition forgets a producer id. One with an open transaction is kept.",
	},
	{
		Name: "producer.purgatory.purge.interval.requests", Type: Int, Default: "1000", Mode: ReadOnly,
		Doc: "Completed produce requests that may pile up in the waiting list before it is swept.",
	},
	{
		Name: "queued.max.request.bytes", Type: Long, Default: "-1", Mode: ReadOnly,
		Doc: "Bytes of waiting requests above which nothing more is read. -1 sets no limit.",
	},
	{
		Name: "queued.max.requests", Type: Int, Default: "500", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Number of waiting requests above which nothing more is read.",
	},
	{
		Name: "quota.window.num", Type: Int, Default: "11", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Number of samples kept to measure the traffic of clients against their quotas.",
	},
	{
		Name: "quota.window.size.seconds", Type: Int, Default: "1", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Length in seconds of one sample of the traffic of clients.",
	},
	{
		Name: "remote.fetch.max.wait.ms", Type: Int, Default: "500", Mode: ClusterWide, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Milliseconds a fetch waits at most for data in remote storage.",
	},
	{
		Name: "remote.list.offsets.request.timeout.ms", Type: Long, Default: "30000", Mode: ClusterWide, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Milliseconds a lookup of offsets waits at most for remote storage.",
	},
	{
		Name: "remote.log.index.file.cache.total.size.bytes", Type: Long, Default: "1073741824", Mode: ClusterWide, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Bytes of disk for the indexes that are fetched from remote storage.",
	},
	{
		Name: "remote.log.index.file.cache.ttl.ms", Type: Long, Default: "900000", Internal: true, Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: -1},
		Doc: "Milliseconds after its last use an index from remote storage is dropped. -1 keeps it.",
	},
	{
		Name: "remote.log.manager.copier.thread.pool.size", Type: Int, Default: "10", Mode: ClusterWide, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Number of threads that copy segments to remote storage.",
	},
	{
		Name: "remote.log.manager.copy.max.bytes.per.second", Type: Long, Default: "9223372036854775807", Mode: ClusterWide, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Limit in bytes per second on copying to remote storage.",
	},
	{
		Name: "remote.log.manager.copy.quota.window.num", Type: Int, Default: "11", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Number of samples kept to measure the copying to remote storage.",
	},
	{
		Name: "remote.log.manager.copy.quota.window.size.seconds", Type: Int, Default: "1", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Length in seconds of one sample of the copying to remote storage.",
	},
	{
		Name: "remote.log.manager.expiration.thread.pool.size", Type: Int, Default: "10", Mode: ClusterWide, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Number of threads that delete expired segments in remote storage.",
	},
	{
		Name: "remote.log.manager.fetch.max.bytes.per.second", Type: Long, Default: "9223372036854775807", Mode: ClusterWide, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Limit in bytes per second on reading from remote storage.",
	},
	{
		Name: "remote.log.manager.fetch.quota.window.num", Type: Int, Default: "11", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Number of samples kept to measure the reading from remote storage.",
	},
	{
		Name: "remote.log.manager.fetch.quota.window.size.seconds", Type: Int, Default: "1", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Length in seconds of one sample of the reading from remote storage.",
	},
	{
		Name: "remote.log.manager.follower.thread.pool.size", Type: Int, Default: "2", Mode: ClusterWide, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Number of threads with which followers keep track of what is in remote storage.",
	},
	{
		Name: "remote.log.manager.task.interval.ms", Type: Long, Default: "30000", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Milliseconds between two runs of the tasks that copy to and delete from remote storage.",
	},
	{
		Name: "remote.log.manager.task.retry.backoff.max.ms", Type: Long, Default: "30000", Internal: true, Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Longest wait in milliseconds before a failed request to remote storage is tried again.",
	},
	{
		Name: "remote.log.manager.task.retry.backoff.ms", Type: Long, Default: "500", Internal: true, Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "First wait in milliseconds before a failed request to remote storage is tried again.",
	},
	{
		Name: "remote.log.manager.task.retry.jitter", Type: Double, Default: "0.2", Internal: true, Mode: ReadOnly, Check: Check{Rule: Between, Max: 0.5},
		Doc: "Random share, from 0 to 0.5, by which the wait before a retry to remote storage varies.",
	},
	{
		Name: "remote.log.manager.thread.pool.size", Type: Int, Default: "2", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Older name of remote.log.manager.follower.thread.pool.size, deprecated.",
	},
	{
		Name: "remote.log.metadata.custom.metadata.max.bytes", Type: Int, Default: "128", Mode: ReadOnly, Check: Check{Rule: AtLeast},
		Doc: "Bytes of notes that a plugin of remote storage may attach to a segment. With more the segment is not copied.",
	},
	{
		Name: "remote.log.metadata.manager.class.name", Type: String, Default: "org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager", Mode: ReadOnly, Check: Check{Rule: NonEmpty},
		Doc: "Java class that remembers which segments are in remote storage.",
	},
	{
		Name: "remote.log.metadata.manager.class.path", Type: String, Null: true, Mode: ReadOnly,
		Doc: "Class path of remote.log.metadata.manager.class.name.",
	},
	{
		Name: "remote.log.metadata.manager.impl.prefix", Type: String, Default: "rlmm.config.", Mode: ReadOnly, Check: Check{Rule: NonEmpty},
		Doc: "Configs that begin with this are handed to the class that remembers remote segments.",
	},
	{
		Name: "remote.log.metadata.manager.listener.name", Type: String, Null: true, Mode: ReadOnly, Check: Check{Rule: NonEmpty},
		Doc: "Listener on which the class that remembers remote segments connects to this broker.",
	},
	{
		Name: "remote.log.reader.max.pending.tasks", Type: Int, Default: "100", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Reads from remote storage that may wait at most; further fetches get an error.",
	},
	{
		Name: "remote.log.reader.threads", Type: Int, Default: "10", Mode: ClusterWide, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Number of threads that read from remote storage.",
	},
	{
		Name: "remote.log.storage.manager.class.name", Type: String, Null: true, Mode: ReadOnly, Check: Check{Rule: NonEmpty},
		Doc: "Java class that stores segments in remote storage.",
	},
	{
		Name: "remote.log.storage.manager.class.path", Type: String, Null: true, Mode: ReadOnly,
		Doc: "Class path of remote.log.storage.manager.class.name.",
	},
	{
		Name: "remote.log.storage.manager.impl.prefix", Type: String, Default: "rsm.config.", Mode: ReadOnly, Check: Check{Rule: NonEmpty},
		Doc: "Configs that begin with this are handed to the class that stores remote segments.",
	},
	{
		Name: "remote.log.storage.system.enable", Type: Boolean, Default: "false", Mode: ReadOnly,
		Doc: "Switch tiered storage on for the broker. Topics then choose it with remote.storage.enable.",
	},
	{
		Name: "replica.alter.log.dirs.io.max.bytes.per.second", Type: Long, Default: "9223372036854775807", Internal: true, Mode: ClusterWide, Check: Check{Rule: AtLeast},
		Doc: "Bytes per second in which replicas may move between directories of a broker. It can only be set dynamically.",
	},
	{
		Name: "replica.fetch.backoff.ms", Type: Int, Default: "1000", Mode: ReadOnly, Check: Check{Rule: AtLeast},
		Doc: "Milliseconds a follower waits after a partition failed to fetch.",
	},
	{
		Name: "replica.fetch.max.bytes", Type: Int, Default: "1048576", Mode: ReadOnly, Check: Check{Rule: AtLeast},
		Doc: "Bytes of one partition a follower asks for in a fetch; a larger first batch is still returned.",
	},
	{
		Name: "replica.fetch.min.bytes", Type: Int, Default: "1", Mode: ReadOnly,
		Doc: "Bytes a follower's fetch waits for, up to replica.fetch.wait.max.ms.",
	},
	{
		Name: "replica.fetch.response.max.bytes", Type: Int, Default: "10485760", Mode: ReadOnly, Check: Check{Rule: AtLeast},
		Doc: "Bytes of all partitions together a follower asks for in a fetch; a larger first batch is still returned.",
	},
	{
		Name: "replica.fetch.wait.max.ms", Type: Int, Default: "500", Mode: ReadOnly,
		Doc: "Milliseconds a follower's fetch waits for data. It must not exceed replica.lag.time.max.ms.",
	},
	{
		Name: "replica.high.watermark.checkpoint.interval.ms", Type: Long, Default: "5000", Mode: ReadOnly,
		Doc: "Milliseconds between two writes of the high watermarks to disk.",
	},
	{
		Name: "replica.lag.time.max.ms", Type: Long, Default: "30000", Mode: ReadOnly,
		Doc: "Milliseconds a follower may stay behind the end of the log before it leaves the in-sync replicas.",
	},
	{
		Name: "replica.selector.class", Type: String, Null: true, Mode: ReadOnly,
		Doc: "Java class that picks the replica a consumer reads from. Without it that is the leader.",
	},
	{
		Name: "replica.socket.receive.buffer.bytes", Type: Int, Default: "65536", Mode: ReadOnly,
		Doc: "Size in bytes of the receive buffer of the sockets that followers fetch over.",
	},
	{
		Name: "replica.socket.timeout.ms", Type: Int, Default: "30000", Mode: ReadOnly,
		Doc: "Milliseconds a follower waits on its socket. It must be at least replica.fetch.wait.max.ms.",
	},
	{
		Name: "replication.quota.window.num", Type: Int, Default: "11", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Number of samples kept to measure throttled replication.",
	},
	{
		Name: "replication.quota.window.size.seconds", Type: Int, Default: "1", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Length in seconds of one sample of throttled replication.",
	},
	{
		Name: "request.timeout.ms", Type: Int, Default: "30000", Mode: ReadOnly,
		Doc: "Milliseconds the broker waits for an answer to the requests it sends itself.",
	},
	{
		Name: "sasl.client.callback.handler.class", Type: Class, Null: true, Mode: ReadOnly,
		Doc: "Java class that supplies the credentials of connections the broker opens.",
	},
	{
		Name: "sasl.enabled.mechanisms", Type: List, Default: "GSSAPI", Mode: PerBroker, Check: Check{Rule: AnyList},
		Doc: "SASL mechanisms clients may log in with, such as PLAIN or SCRAM-SHA-512.",
	},
	{
		Name: "sasl.jaas.config", Type: Password, Null: true, Mode: PerBroker,
		Doc: "Login module and its options in JAAS form, for one listener and mechanism.",
	},
	{
		Name: "sasl.kerberos.kinit.cmd", Type: String, Default: "/usr/bin/kinit", Mode: PerBroker,
		Doc: "Path of the kinit command.",
	},
	{
		Name: "sasl.kerberos.min.time.before.relogin", Type: Long, Default: "60000", Mode: PerBroker,
		Doc: "Milliseconds that must lie between two renewals of a Kerberos ticket.",
	},
	{
		Name: "sasl.kerberos.principal.to.local.rules", Type: List, Default: "DEFAULT", Mode: PerBroker, Check: Check{Rule: AnyList},
		Doc: "Rules that shorten a Kerberos principal to a user name. The first that matches counts.",
	},
	{
		Name: "sasl.kerberos.service.name", Type: String, Null: true, Mode: PerBroker,
		Doc: "Kerberos name of the service the brokers run as.",
	},
	{
		Name: "sasl.kerberos.ticket.renew.jitter", Type: Double, Default: "0.05", Mode: PerBroker,
		Doc: "Random share by which the renewal of a Kerberos ticket varies.",
	},
	{
		Name: "sasl.kerberos.ticket.renew.window.factor", Type: Double, Default: "0.8", Mode: PerBroker,
		Doc: "Share of a Kerberos ticket's lifetime after which it is renewed.",
	},
	{
		Name: "sasl.login.callback.handler.class", Type: Class, Null: true, Mode: ReadOnly,
		Doc: "Java class that handles the broker's own login, for one listener and mechanism.",
	},
	{
		Name: "sasl.login.class", Type: Class, Null: true, Mode: ReadOnly,
		Doc: "Java class that performs the broker's own login, for one listener and mechanism.",
	},
	{
		Name: "sasl.login.connect.timeout.ms", Type: Int, Null: true, Mode: ReadOnly,
		Doc: "Milliseconds to connect to the OAuth provider.",
	},
	{
		Name: "sasl.login.read.timeout.ms", Type: Int, Null: true, Mode: ReadOnly,
		Doc: "Milliseconds to wait for the OAuth provider's answer.",
	},
	{
		Name: "sasl.login.refresh.buffer.seconds", Type: Short, Default: "300", Mode: PerBroker,
		Doc: "Seconds before its expiry by which an OAuth token should be renewed.",
	},
	{
		Name: "sasl.login.refresh.min.period.seconds", Type: Short, Default: "60", Mode: PerBroker,
		Doc: "Seconds that should pass at least before an OAuth token is renewed, 0 to 900.",
	},
	{
		Name: "sasl.login.refresh.window.factor", Type: Double, Default: "0.8", Mode: PerBroker,
		Doc: "Share of an OAuth token's lifetime, 0.5 to 1, after which it is renewed.",
	},
	{
		Name: "sasl.login.refresh.window.jitter", Type: Double, Default: "0.05", Mode: PerBroker,
		Doc: "Random share, 0 to 0.25, by which the renewal of an OAuth token varies.",
	},
	{
		Name: "sasl.login.retry.backoff.max.ms", Type: Long, Default: "10000", Mode: ReadOnly,
		Doc: "Longest wait in milliseconds before a failed login at the OAuth provider is tried again.",
	},
	{
		Name: "sasl.login.retry.backoff.ms", Type: Long, Default: "100", Mode: ReadOnly,
		Doc: "First wait in milliseconds before a failed login at the OAuth provider is tried again.",
	},
	{
		Name: "sasl.mechanism.controller.protocol", Type: String, Default: "GSSAPI", Mode: ReadOnly,
		Doc: "SASL mechanism of connections to the controllers.",
	},
	{
		Name: "sasl.mechanism.inter.broker.protocol", Type: String, Default: "GSSAPI", Mode: PerBroker,
		Doc: "SASL mechanism of connections between brokers.",
	},
	{
		Name: "sasl.oauthbearer.assertion.algorithm", Type: String, Default: "RS256", Mode: ReadOnly, Check: Check{Rule: OneOfFold, Words: []string{"ES256", "RS256"}},
		Doc: "Algorithm with which the broker signs its JWT assertion: RS256 or ES256.",
	},
	{
		Name: "sasl.oauthbearer.assertion.claim.aud", Type: String, Null: true, Mode: ReadOnly,
		Doc: "Audience (aud) of the JWT assertion the broker makes.",
	},
	{
		Name: "sasl.oauthbearer.assertion.claim.exp.seconds", Type: Int, Default: "300", Mode: ReadOnly, Check: Check{Rule: Between, Max: 86400},
		Doc: "Seconds for which the JWT assertion the broker makes stays valid.",
	},
	{
		Name: "sasl.oauthbearer.assertion.claim.iss", Type: String, Null: true, Mode: ReadOnly,
		Doc: "Issuer (iss) of the JWT assertion the broker makes.",
	},
	{
		Name: "sasl.oauthbearer.assertion.claim.jti.include", Type: Boolean, Default: "false", Mode: ReadOnly,
		Doc: "Give each JWT assertion a unique id (jti).",
	},
	{
		Name: "sasl.oauthbearer.assertion.claim.nbf.seconds", Type: Int, Default: "60", Mode: ReadOnly, Check: Check{Rule: Between, Max: 3600},
		Doc: "Seconds before now from which the JWT assertion is valid, to allow for other clocks.",
	},
	{
		Name: "sasl.oauthbearer.assertion.claim.sub", Type: String, Null: true, Mode: ReadOnly,
		Doc: "Subject (sub) of the JWT assertion the broker makes.",
	},
	{
		Name: "sasl.oauthbearer.assertion.file", Type: String, Null: true, Mode: ReadOnly,
		Doc: "File with a ready-made JWT assertion, in place of one the broker makes.",
	},
	{
		Name: "sasl.oauthbearer.assertion.private.key.file", Type: String, Null: true, Mode: ReadOnly,
		Doc: "PEM file of the private key that signs the JWT assertion.",
	},
	{
		Name: "sasl.oauthbearer.assertion.private.key.passphrase", Type: Password, Null: true, Mode: ReadOnly,
		Doc: "Passphrase of the private key that signs the JWT assertion.",
	},
	{
		Name: "sasl.oauthbearer.assertion.template.file", Type: String, Null: true, Mode: ReadOnly,
		Doc: "File with further headers and claims of the JWT assertion.",
	},
	{
		Name: "sasl.oauthbearer.client.credentials.client.id", Type: String, Null: true, Mode: ReadOnly,
		Doc: "Client id with which the broker asks the OAuth provider for a token.",
	},
	{
		Name: "sasl.oauthbearer.client.credentials.client.secret", Type: Password, Null: true, Mode: ReadOnly,
		Doc: "Client secret with which the broker asks the OAuth provider for a token.",
	},
	{
		Name: "sasl.oauthbearer.clock.skew.seconds", Type: Int, Default: "30", Mode: ReadOnly,
		Doc: "Seconds by which the clocks of broker and OAuth provider may differ.",
	},
	{
		Name: "sasl.oauthbearer.expected.audience", Type: List, Mode: ReadOnly, Check: Check{Rule: AnyList},
		Doc: "Audiences (aud) of which a token must name one. Without it any is accepted.",
	},
	{
		Name: "sasl.oauthbearer.expected.issuer", Type: String, Null: true, Mode: ReadOnly,
		Doc: "Issuer (iss) a token must name. Without it any is accepted.",
	},
	{
		Name: "sasl.oauthbearer.jwks.endpoint.refresh.ms", Type: Long, Default: "3600000", Mode: ReadOnly,
		Doc: "Milliseconds between two fetches of the OAuth provider's public keys.",
	},
	{
		Name: "sasl.oauthbearer.jwks.endpoint.retry.backoff.max.ms", Type: Long, Default: "10000", Mode: ReadOnly,
		Doc: "Longest wait in milliseconds before a failed fetch of the public keys is tried again.",
	},
	{
		Name: "sasl.oauthbearer.jwks.endpoint.retry.backoff.ms", Type: Long, Default: "100", Mode: ReadOnly,
		Doc: "First wait in milliseconds before a failed fetch of the public keys is tried again.",
	},
	{
		Name: "sasl.oauthbearer.jwks.endpoint.url", Type: String, Null: true, Mode: ReadOnly,
		Doc: "URL, of a server or a file, of the public keys (JWKS) that tokens are checked with.",
	},
	{
		Name: "sasl.oauthbearer.jwt.retriever.class", Type: Class, Default: "org.apache.kafka.common.security.oauthbearer.DefaultJwtRetriever", Mode: ReadOnly,
		Doc: "Java class that fetches tokens from the OAuth provider.",
	},
	{
		Name: "sasl.oauthbearer.jwt.validator.class", Type: Class, Default: "org.apache.kafka.common.security.oauthbearer.DefaultJwtValidator", Mode: ReadOnly,
		Doc: "Java class that checks tokens.",
	},
	{
		Name: "sasl.oauthbearer.scope", Type: String, Null: true, Mode: ReadOnly,
		Doc: "Scope the broker asks for with its token.",
	},
	{
		Name: "sasl.oauthbearer.scope.claim.name", Type: String, Default: "scope", Mode: ReadOnly,
		Doc: "Name of the claim that holds the scopes of a token.",
	},
	{
		Name: "sasl.oauthbearer.sub.claim.name", Type: String, Default: "sub", Mode: ReadOnly,
		Doc: "Name of the claim that holds the user of a token.",
	},
	{
		Name: "sasl.oauthbearer.token.endpoint.url", Type: String, Null: true, Mode: ReadOnly,
		Doc: "URL, of a server or a file, from which the broker gets its token.",
	},
	{
		Name: "sasl.server.callback.handler.class", Type: Class, Null: true, Mode: ReadOnly,
		Doc: "Java class that checks the credentials of clients, for one listener and mechanism.",
	},
	{
		Name: "sasl.server.max.receive.size", Type: Int, Default: "524288", Mode: ReadOnly,
		Doc: "Bytes a client may send at most before it is logged in.",
	},
	{
		Name: "security.inter.broker.protocol", Type: String, Default: "PLAINTEXT", Mode: ReadOnly, Check: Check{Rule: OneOf, Words: []string{"PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"}},
		Doc: "Security protocol between brokers where inter.broker.listener.name is not set.",
	},
	{
		Name: "security.providers", Type: String, Null: true, Mode: ReadOnly,
		Doc: "Java classes that add providers of cryptography.",
	},
	{
		Name: "server.max.startup.time.ms", Type: Long, Default: "9223372036854775807", Internal: true, Mode: ReadOnly, Check: Check{Rule: AtLeast},
		Doc: "Milliseconds the start may take, for tests.",
	},
	{
		Name: "share.coordinator.append.linger.ms", Type: Int, Default: "-1", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: -1},
		Doc: "Milliseconds the share coordinator collects changes before it writes them. -1 adapts to the load.",
	},
	{
		Name: "share.coordinator.cached.buffer.max.bytes", Type: Int, Default: "1048588", Mode: ClusterWide, Check: Check{Rule: AtLeast, Min: 524288},
		Doc: "Largest write buffer, in bytes, that the share coordinator keeps for the next write.",
	},
	{
		Name: "share.coordinator.cold.partition.snapshot.interval.ms", Type: Int, Default: "300000", Internal: true, Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Milliseconds after which the state of an idle share partition is written anew, so that old records can go.",
	},
	{
		Name: "share.coordinator.load.buffer.size", Type: Int, Default: "5242880", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Bytes read at a time when the state of share groups is loaded; a larger batch is still read.",
	},
	{
		Name: "share.coordinator.snapshot.update.records.per.snapshot", Type: Int, Default: "500", Mode: ReadOnly, Check: Check{Rule: Between, Max: 500},
		Doc: "Changes of a share partition that are written before its whole state is written again.",
	},
	{
		Name: "share.coordinator.state.topic.compression.codec", Type: Int, Default: "0", Mode: ReadOnly,
		Doc: "Codec of the share-group state topic as a number: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd.",
	},
	{
		Name: "share.coordinator.state.topic.min.isr", Type: Short, Default: "2", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "min.insync.replicas of the share-group state topic.",
	},
	{
		Name: "share.coordinator.state.topic.num.partitions", Type: Int, Default: "50", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Number of partitions of the share-group state topic. It must not change once the topic exists.",
	},
	{
		Name: "share.coordinator.state.topic.prune.interval.ms", Type: Int, Default: "300000", Internal: true, Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Milliseconds between two removals of state records that are no longer needed.",
	},
	{
		Name: "share.coordinator.state.topic.replication.factor", Type: Short, Default: "3", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Number of replicas of the share-group state topic. The topic is not created before there are that many brokers.",
	},
	{
		Name: "share.coordinator.state.topic.segment.bytes", Type: Int, Default: "104857600", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Size in bytes of a segment of the share-group state topic.",
	},
	{
		Name: "share.coordinator.threads", Type: Int, Default: "1", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Number of threads of the share coordinator.",
	},
	{
		Name: "share.coordinator.write.timeout.ms", Type: Int, Default: "5000", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Milliseconds a change of share state waits for the replicas of its topic before it fails.",
	},
	{
		Name: "share.fetch.purgatory.purge.interval.requests", Type: Int, Default: "1000", Mode: ReadOnly,
		Doc: "Completed share fetches that may pile up in the waiting list before it is swept.",
	},
	{
		Name: "socket.connection.setup.timeout.max.ms", Type: Long, Default: "30000", Mode: ReadOnly,
		Doc: "Longest time in milliseconds to set up a connection the broker opens, after repeated failures.",
	},
	{
		Name: "socket.connection.setup.timeout.ms", Type: Long, Default: "10000", Mode: ReadOnly,
		Doc: "Milliseconds to set up a connection the broker opens; it grows with repeated failures.",
	},
	{
		Name: "socket.listen.backlog.size", Type: Int, Default: "50", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Connections that may wait to be accepted. The operating system may set a lower limit.",
	},
	{
		Name: "socket.receive.buffer.bytes", Type: Int, Default: "102400", Mode: ReadOnly,
		Doc: "Size in bytes of the receive buffer of a socket. -1 leaves it to the operating system.",
	},
	{
		Name: "socket.request.max.bytes", Type: Int, Default: "104857600", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Largest request in bytes. A larger one closes the connection.",
	},
	{
		Name: "socket.send.buffer.bytes", Type: Int, Default: "102400", Mode: ReadOnly,
		Doc: "Size in bytes of the send buffer of a socket. -1 leaves it to the operating system.",
	},
	{
		Name: "ssl.allow.dn.changes", Type: Boolean, Default: "false", Mode: ReadOnly,
		Doc: "Allow a certificate that is replaced at run time to have another distinguished name.",
	},
	{
		Name: "ssl.allow.san.changes", Type: Boolean, Default: "false", Mode: ReadOnly,
		Doc: "Allow a certificate that is replaced at run time to have other alternative names.",
	},
	{
		Name: "ssl.cipher.suites", Type: List, Mode: PerBroker, Check: Check{Rule: AnyList},
		Doc: "Cipher suites that may be used. Empty allows all the library has.",
	},
	{
		Name: "ssl.client.auth", Type: String, Default: "none", Mode: PerBroker, Check: Check{Rule: OneOf, Words: []string{"required", "requested", "none"}},
		Doc: "Whether clients show a certificate: required, requested (they may) or none.",
	},
	{
		Name: "ssl.enabled.protocols", Type: List, Default: "TLSv1.2,TLSv1.3", Mode: PerBroker, Check: Check{Rule: AnyList},
		Doc: "TLS versions that may be used; both ends take the newest they share.",
	},
	{
		Name: "ssl.endpoint.identification.algorithm", Type: String, Default: "https", Mode: PerBroker,
		Doc: "How the host name in a server's certificate is checked: https, or empty for not at all.",
	},
	{
		Name: "ssl.engine.factory.class", Type: Class, Null: true, Mode: PerBroker,
		Doc: "Java class that makes the TLS engines.",
	},
	{
		Name: "ssl.key.password", Type: Password, Null: true, Mode: PerBroker,
		Doc: "Password of the private key.",
	},
	{
		Name: "ssl.keymanager.algorithm", Type: String, Default: "SunX509", Mode: PerBroker,
		Doc: "Algorithm of the Java key manager.",
	},
	{
		Name: "ssl.keystore.certificate.chain", Type: Password, Null: true, Mode: PerBroker,
		Doc: "Certificate chain as PEM text, in place of a key store file.",
	},
	{
		Name: "ssl.keystore.key", Type: Password, Null: true, Mode: PerBroker,
		Doc: "Private key as PEM text (PKCS #8), in place of a key store file.",
	},
	{
		Name: "ssl.keystore.location", Type: String, Null: true, Mode: PerBroker,
		Doc: "Path of the key store file with the private key and its certificates.",
	},
	{
		Name: "ssl.keystore.password", Type: Password, Null: true, Mode: PerBroker,
		Doc: "Password of the key store file. PEM files have none.",
	},
	{
		Name: "ssl.keystore.type", Type: String, Default: "JKS", Mode: PerBroker,
		Doc: "Format of the key store: JKS, PKCS12 or PEM.",
	},
	{
		Name: "ssl.principal.mapping.rules", Type: String, Default: "DEFAULT", Mode: ReadOnly,
		Doc: "Rules that shorten the distinguished name of a client certificate to a user name. The first that matches counts.",
	},
	{
		Name: "ssl.protocol", Type: String, Default: "TLSv1.3", Mode: PerBroker,
		Doc: "TLS version the Java context is made for, such as TLSv1.3.",
	},
	{
		Name: "ssl.provider", Type: String, Null: true, Mode: PerBroker,
		Doc: "Java security provider of TLS. Without it the platform's default.",
	},
	{
		Name: "ssl.secure.random.implementation", Type: String, Null: true, Mode: PerBroker,
		Doc: "Java random number generator of TLS.",
	},
	{
		Name: "ssl.trustmanager.algorithm", Type: String, Default: "PKIX", Mode: PerBroker,
		Doc: "Algorithm of the Java trust manager.",
	},
	{
		Name: "ssl.truststore.certificates", Type: Password, Null: true, Mode: PerBroker,
		Doc: "Trusted certificates as PEM text, in place of a trust store file.",
	},
	{
		Name: "ssl.truststore.location", Type: String, Null: true, Mode: PerBroker,
		Doc: "Path of the trust store file with the trusted certificates.",
	},
	{
		Name: "ssl.truststore.password", Type: Password, Null: true, Mode: PerBroker,
		Doc: "Password of the trust store file. Without it the file is used unverified.",
	},
	{
		Name: "ssl.truststore.type", Type: String, Default: "JKS", Mode: PerBroker,
		Doc: "Format of the trust store: JKS, PKCS12 or PEM.",
	},
	{
		Name: "telemetry.max.bytes", Type: Int, Default: "1048576", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Bytes of metrics a client may push at a time, after compression.",
	},
	{
		Name: "transaction.abort.timed.out.transaction.cleanup.interval.ms", Type: Int, Default: "10000", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Milliseconds between two searches for transactions that ran out of time and are rolled back.",
	},
	{
		Name: "transaction.max.timeout.ms", Type: Int, Default: "900000", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Longest transaction timeout in milliseconds a producer may ask for.",
	},
	{
		Name: "transaction.partition.verification.enable", Type: Boolean, Default: "true", Mode: ClusterWide,
		Doc: "Check before a transactional write that the partition was added to the transaction, so that no transaction is left hanging.",
	},
	{
		Name: "transaction.remove.expired.transaction.cleanup.interval.ms", Type: Int, Default: "3600000", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Milliseconds between two searches for transactional ids that have expired.",
	},
	{
		Name: "transaction.state.log.load.buffer.size", Type: Int, Default: "5242880", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Bytes read at a time when a coordinator loads transactions; a larger batch is still read.",
	},
	{
		Name: "transaction.state.log.min.isr", Type: Int, Default: "2", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "min.insync.replicas of the transaction state topic.",
	},
	{
		Name: "transaction.state.log.num.partitions", Type: Int, Default: "50", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Number of partitions of the transaction state topic. It must not change once the topic exists.",
	},
	{
		Name: "transaction.state.log.replication.factor", Type: Short, Default: "3", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Number of replicas of the transaction state topic. The topic is not created before there are that many brokers.",
	},
	{
		Name: "transaction.state.log.segment.bytes", Type: Int, Default: "104857600", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Size in bytes of a segment of the transaction state topic. Small segments make compaction and loading fast.",
	},
	{
		Name: "transaction.two.phase.commit.enable", Type: Boolean, Default: "false", Mode: ReadOnly,
		Doc: "Allow transactions that an outside coordinator commits in two phases, and that never time out.",
	},
	{
		Name: "transactional.id.expiration.ms", Type: Int, Default: "604800000", Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Milliseconds without activity after which a transactional id is forgotten. One with an open transaction is kept.",
	},
	{
		Name: "unclean.leader.election.enable", Type: Boolean, Default: "false", Mode: ClusterWide,
		Doc: "Default of the topic config of the same name: let a replica that is not in sync lead when no other is left, and lose records.",
	},
	{
		Name: "unclean.leader.election.interval.ms", Type: Long, Default: "300000", Internal: true, Mode: ReadOnly, Check: Check{Rule: AtLeast, Min: 1},
		Doc: "Milliseconds between two searches for partitions without a leader that may elect an unclean one.",
	},
	{
		Name: "unstable.api.versions.enable", Type: Boolean, Default: "false", Internal: true, Mode: ReadOnly,
		Doc: "Serve versions of requests that are not final yet, for development.",
	},
	{
		Name: "unstable.feature.versions.enable", Type: Boolean, Default: "false", Internal: true, Mode: ReadOnly,
		Doc: "Allow versions of cluster features that are not final yet, for development.",
	},
}
