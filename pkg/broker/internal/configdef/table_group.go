package configdef

// groupDefs are the group configs (org.apache.kafka.coordinator.group.GroupConfig), sorted by name.
var groupDefs = []*Def{
	{
		Name: "consumer.assignment.interval.ms", Type: Int, Default: "1000", Check: Check{Rule: AtLeast}, Synonyms: []string{"group.consumer.assignment.interval.ms"},
		Doc: "Least time in milliseconds between two new assignments of this consumer group.",
	},
	{
		Name: "consumer.heartbeat.interval.ms", Type: Int, Default: "5000", Check: Check{Rule: AtLeast, Min: 1}, Synonyms: []string{"group.consumer.heartbeat.interval.ms"},
		Doc: "Milliseconds between two heartbeats that members of this consumer group are told to send.",
	},
	{
		Name: "consumer.session.timeout.ms", Type: Int, Default: "45000", Check: Check{Rule: AtLeast, Min: 1}, Synonyms: []string{"group.consumer.session.timeout.ms"},
		Doc: "Milliseconds without a heartbeat after which a member of this consumer group is removed.",
	},
	{
		Name: "share.assignment.interval.ms", Type: Int, Default: "1000", Check: Check{Rule: AtLeast}, Synonyms: []string{"group.share.assignment.interval.ms"},
		Doc: "Least time in milliseconds between two new assignments of this share group.",
	},
	{
		Name: "share.auto.offset.reset", Type: String, Default: "latest", Check: Check{Rule: OffsetReset},
		Doc: "Where a new share group begins: latest, earliest, or by_duration: and an ISO 8601 duration, such as by_duration:PT1H for one hour back.",
	},
	{
		Name: "share.delivery.count.limit", Type: Int, Default: "5", Check: Check{Rule: AtLeast, Min: 2}, Synonyms: []string{"group.share.delivery.count.limit"},
		Doc: "How often this share group delivers a record at most before it is given up.",
	},
	{
		Name: "share.heartbeat.interval.ms", Type: Int, Default: "5000", Check: Check{Rule: AtLeast, Min: 1}, Synonyms: []string{"group.share.heartbeat.interval.ms"},
		Doc: "Milliseconds between two heartbeats that members of this share group are told to send.",
	},
	{
		Name: "share.isolation.level", Type: String, Default: "read_uncommitted", Check: Check{Rule: OneOf, Words: []string{"read_committed", "read_uncommitted"}},
		Doc: "Whether the share group sees records of transactions only once they are committed (read_committed) or all at once (read_uncommitted).",
	},
	{
		Name: "share.partition.max.record.locks", Type: Int, Default: "2000", Check: Check{Rule: AtLeast, Min: 100}, Synonyms: []string{"group.share.partition.max.record.locks"},
		Doc: "Most records of one partition that may be acquired and not yet acknowledged in this share group.",
	},
	{
		Name: "share.record.lock.duration.ms", Type: Int, Default: "30000", Check: Check{Rule: AtLeast, Min: 1000}, Synonyms: []string{"group.share.record.lock.duration.ms"},
		Doc: "Milliseconds a record stays with the member that acquired it before another of this share group may have it.",
	},
	{
		Name: "share.renew.acknowledge.enable", Type: Boolean, Default: "true",
		Doc: "Let members of this share group prolong their hold on a record they are still working on.",
	},
	{
		Name: "share.session.timeout.ms", Type: Int, Default: "45000", Check: Check{Rule: AtLeast, Min: 1}, Synonyms: []string{"group.share.session.timeout.ms"},
		Doc: "Milliseconds without a heartbeat after which a member of this share group is removed.",
	},
	{
		Name: "streams.assignment.interval.ms", Type: Int, Default: "1000", Check: Check{Rule: AtLeast}, Synonyms: []string{"group.streams.assignment.interval.ms"},
		Doc: "Least time in milliseconds between two new assignments of this streams group.",
	},
	{
		Name: "streams.heartbeat.interval.ms", Type: Int, Default: "5000", Check: Check{Rule: AtLeast, Min: 1}, Synonyms: []string{"group.streams.heartbeat.interval.ms"},
		Doc: "Milliseconds between two heartbeats that members of this streams group are told to send.",
	},
	{
		Name: "streams.initial.rebalance.delay.ms", Type: Int, Default: "3000", Check: Check{Rule: AtLeast}, Synonyms: []string{"group.streams.initial.rebalance.delay.ms"},
		Doc: "Milliseconds this streams group, when it is new, waits for more members before its first assignment.",
	},
	{
		Name: "streams.num.standby.replicas", Type: Int, Default: "0", Check: Check{Rule: AtLeast}, Synonyms: []string{"group.streams.num.standby.replicas"},
		Doc: "Number of spare copies of the state of each task in this streams group.",
	},
	{
		Name: "streams.session.timeout.ms", Type: Int, Default: "45000", Check: Check{Rule: AtLeast, Min: 1}, Synonyms: []string{"group.streams.session.timeout.ms"},
		Doc: "Milliseconds without a heartbeat after which a member of this streams group is removed.",
	},
}
