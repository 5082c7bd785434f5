package configdef

// groupDefs are the group configs (org.apache.kafka.coordinator.group.GroupConfig), sorted by name.
var groupDefs = []*Def{
	{Name: "consumer.assignment.interval.ms", Type: Int, Default: "1000", Check: Check{Rule: AtLeast}, Synonyms: []string{"group.consumer.assignment.interval.ms"}},
	{Name: "consumer.heartbeat.interval.ms", Type: Int, Default: "5000", Check: Check{Rule: AtLeast, Min: 1}, Synonyms: []string{"group.consumer.heartbeat.interval.ms"}},
	{Name: "consumer.session.timeout.ms", Type: Int, Default: "45000", Check: Check{Rule: AtLeast, Min: 1}, Synonyms: []string{"group.consumer.session.timeout.ms"}},
	{Name: "share.assignment.interval.ms", Type: Int, Default: "1000", Check: Check{Rule: AtLeast}, Synonyms: []string{"group.share.assignment.interval.ms"}},
	{Name: "share.auto.offset.reset", Type: String, Default: "latest", Check: Check{Rule: OffsetReset}},
	{Name: "share.delivery.count.limit", Type: Int, Default: "5", Check: Check{Rule: AtLeast, Min: 2}, Synonyms: []string{"group.share.delivery.count.limit"}},
	{Name: "share.heartbeat.interval.ms", Type: Int, Default: "5000", Check: Check{Rule: AtLeast, Min: 1}, Synonyms: []string{"group.share.heartbeat.interval.ms"}},
	{Name: "share.isolation.level", Type: String, Default: "read_uncommitted", Check: Check{Rule: OneOf, Words: []string{"read_committed", "read_uncommitted"}}},
	{Name: "share.partition.max.record.locks", Type: Int, Default: "2000", Check: Check{Rule: AtLeast, Min: 100}, Synonyms: []string{"group.share.partition.max.record.locks"}},
	{Name: "share.record.lock.duration.ms", Type: Int, Default: "30000", Check: Check{Rule: AtLeast, Min: 1000}, Synonyms: []string{"group.share.record.lock.duration.ms"}},
	{Name: "share.renew.acknowledge.enable", Type: Boolean, Default: "true"},
	{Name: "share.session.timeout.ms", Type: Int, Default: "45000", Check: Check{Rule: AtLeast, Min: 1}, Synonyms: []string{"group.share.session.timeout.ms"}},
	{Name: "streams.assignment.interval.ms", Type: Int, Default: "1000", Check: Check{Rule: AtLeast}, Synonyms: []string{"group.streams.assignment.interval.ms"}},
	{Name: "streams.heartbeat.interval.ms", Type: Int, Default: "5000", Check: Check{Rule: AtLeast, Min: 1}, Synonyms: []string{"group.streams.heartbeat.interval.ms"}},
	{Name: "streams.initial.rebalance.delay.ms", Type: Int, Default: "3000", Check: Check{Rule: AtLeast}, Synonyms: []string{"group.streams.initial.rebalance.delay.ms"}},
	{Name: "streams.num.standby.replicas", Type: Int, Default: "0", Check: Check{Rule: AtLeast}, Synonyms: []string{"group.streams.num.standby.replicas"}},
	{Name: "streams.session.timeout.ms", Type: Int, Default: "45000", Check: Check{Rule: AtLeast, Min: 1}, Synonyms: []string{"group.streams.session.timeout.ms"}},
}
