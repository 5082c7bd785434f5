package interop

import (
	"github.com/twmb/franz-go/pkg/kmsg"
)

// byName sorts what DescribeConfigs answers in hash order.
var byName = []string{"Resources.Configs", "Resources"}

func configRows() []Row {
	return []Row{
		{Name: "i-describe-topic", Traps: []int{117, 118}, Mask: []string{"Documentation"}, Sort: byName, Run: func(s *Session) {
			s.Topic("dct", 1, "retention.ms=5000", "cleanup.policy=compact")
			req := describeConfigs(4, kindTopic, "dct")
			req.Resources[0].ConfigNames = nil
			req.IncludeSynonyms, req.IncludeDocumentation = true, true
			s.Note("everything")
			s.Send(req)
		}},
		{Name: "i-describe-broker", Traps: []int{117, 118}, Mask: []string{"Documentation"}, Sort: byName, Edit: onlyFixedBrokerConfigs, Run: func(s *Session) {
			req := describeConfigs(4, kindBroker, itoa(s.Node))
			req.Resources[0].ConfigNames = nil
			req.IncludeSynonyms, req.IncludeDocumentation = true, true
			s.Send(req)
		}},
		{Name: "i-describe-keys", Traps: []int{117}, Sort: byName, Run: describeKeys},
		{Name: "i-describe-errors", Traps: []int{117}, Run: describeErrors},
		{Name: "i-describe-broker-default", Traps: []int{117}, Alone: true, Sort: byName, Run: func(s *Session) {
			s.Note("cluster defaults, nothing set")
			s.Send(describeConfigs(4, kindBroker, ""))
			s.Send(incremental(kindBroker, "", "set log.retention.ms=777000"))
			s.Until(describeConfigs(4, kindBroker, ""), func(r kmsg.Response) bool {
				return len(r.(*kmsg.DescribeConfigsResponse).Resources[0].Configs) > 0
			})
			every := describeConfigs(4, kindBroker, "")
			every.Resources[0].ConfigNames, every.IncludeSynonyms = nil, true
			s.Send(every)
			s.Topic("bd", 1)
			one := describeConfigs(4, kindTopic, "bd", "retention.ms", "segment.bytes")
			one.IncludeSynonyms = true
			s.Note("a topic inherits it")
			s.Send(one)
			s.Send(incremental(kindBroker, itoa(s.Node), "set log.retention.ms=888000"))
			s.Until(describeConfigs(4, kindTopic, "bd", "retention.ms"), func(r kmsg.Response) bool {
				return deref(r.(*kmsg.DescribeConfigsResponse).Resources[0].Configs[0].Value) == "888000"
			})
			s.Note("this broker's own wins")
			s.Send(one)
			broker := describeConfigs(4, kindBroker, itoa(s.Node), "log.retention.ms", "log.retention.hours")
			broker.IncludeSynonyms = true
			s.Send(broker)
		}},
		{Name: "i-incremental", Traps: []int{119}, Sort: byName, Run: incrementalOps},
		{Name: "i-incremental-errors", Traps: []int{119}, Run: incrementalErrors, Sort: byName},
		{Name: "i-incremental-broker", Traps: []int{119}, Run: func(s *Session) {
			for _, name := range []string{itoa(s.Node), ""} {
				for _, op := range []string{
					"set log.retention.ms=soon", "set no.such=1", "set broker.id=7", "set num.io.threads=0",
					"set log.cleaner.threads=x", "append log.cleanup.policy=compact", "delete message.max.bytes",
				} {
					s.Note("broker %q: %s", name, op)
					req := incremental(kindBroker, name, op)
					req.ValidateOnly = true
					s.Send(req)
				}
			}
		}},
		{Name: "i-alter-twice", Traps: []int{119}, Differs: "Kafka fails over its own error and leaves the request without an answer", Run: func(s *Session) {
			s.Topic("altertwice", 1)
			twice := alterConfigs(2, kindTopic, "altertwice", "retention.ms=1")
			twice.Resources = append(twice.Resources, twice.Resources[0])
			s.Try(twice)
		}},
		{Name: "i-alter", Traps: []int{119}, Sort: byName, Run: alterReplaces},
	}
}

// onlyFixedBrokerConfigs drops the values that name this run's ports and folders.
func onlyFixedBrokerConfigs(api string, tree map[string]any) {
	if api != "DescribeConfigs" {
		return
	}
	own := map[string]bool{
		"listeners": true, "advertised.listeners": true, "log.dirs": true, "log.dir": true, "metadata.log.dir": true,
		"controller.quorum.voters": true, "controller.quorum.bootstrap.servers": true, "process.roles": true,
		"controller.listener.names": true, "listener.security.protocol.map": true,
		// what a one-node Kafka needs in its file
		"offsets.topic.replication.factor": true, "offsets.topic.num.partitions": true,
		"transaction.state.log.replication.factor": true, "transaction.state.log.min.isr": true, "transaction.state.log.num.partitions": true,
		"share.coordinator.state.topic.replication.factor": true, "share.coordinator.state.topic.min.isr": true,
		"group.initial.rebalance.delay.ms": true,
	}
	for _, r := range asList(tree["Resources"]) {
		r, _ := r.(map[string]any)
		var kept []any
		for _, c := range asList(r["Configs"]) {
			if c, ok := c.(map[string]any); ok {
				if name, _ := c["Name"].(string); !own[name] {
					kept = append(kept, c)
				}
			}
		}
		r["Configs"] = kept
	}
}

func describeKeys(s *Session) {
	s.Topic("dk", 1, "max.message.bytes=2000")
	null := describeConfigs(1, kindTopic, "dk")
	null.Resources[0].ConfigNames = nil
	versions(1, 4, func(v int16) {
		req := describeConfigs(v, kindTopic, "dk", "max.message.bytes", "retention.ms", "no.such.key", "retention.ms")
		s.Send(req)
		req.IncludeSynonyms, req.IncludeDocumentation = true, false
		s.Send(req)
	})
	empty := describeConfigs(4, kindTopic, "dk")
	empty.Resources[0].ConfigNames = []string{}
	all := s.Do(null).(*kmsg.DescribeConfigsResponse)
	none := s.Do(empty).(*kmsg.DescribeConfigsResponse)
	s.Note("null keys: %d configs, an empty list: %d", len(all.Resources[0].Configs), len(none.Resources[0].Configs))
	s.Note("broker keys")
	req := describeConfigs(4, kindBroker, itoa(s.Node), "node.id", "broker.id", "log.retention.hours", "log.retention.ms", "ssl.keystore.password", "no.such", "message.max.bytes")
	req.IncludeSynonyms = true
	s.Send(req)
}

func describeErrors(s *Session) {
	s.Topic("de", 1)
	s.Send(describeConfigs(4, kindTopic, "none", "retention.ms"))
	s.Send(describeConfigs(4, kindTopic, "bad name", "retention.ms"))
	s.Send(describeConfigs(4, kindTopic, "", "retention.ms"))
	s.Send(describeConfigs(4, kindBroker, "77", "node.id"))
	s.Send(describeConfigs(4, kindBroker, "one", "node.id"))
	s.Send(describeConfigs(4, kindBroker, "-1", "node.id"))
	s.Note("unknown and odd resource types")
	for _, kind := range []kmsg.ConfigResourceType{0, 1, 3, 99} {
		s.Send(describeConfigs(4, kind, "x"))
	}
	s.Note("the same resource twice")
	req := describeConfigs(4, kindTopic, "de", "retention.ms")
	req.Resources = append(req.Resources, req.Resources[0])
	s.Send(req)
	s.Note("broker loggers")
	s.Send(describeConfigs(4, 8, "77"))
	s.Note("nothing")
	req.Resources = nil
	s.Send(req)
}

// showTopic records the effective values of keys on a topic, once want is visible.
func (s *Session) showTopic(topic, key, want string, keys ...string) {
	s.TB.Helper()
	s.Until(describeConfigs(4, kindTopic, topic, key), func(r kmsg.Response) bool {
		return deref(r.(*kmsg.DescribeConfigsResponse).Resources[0].Configs[0].Value) == want
	})
	s.Send(describeConfigs(4, kindTopic, topic, keys...))
}

func incrementalOps(s *Session) {
	s.Topic("inc", 1, "cleanup.policy=delete")
	s.Send(incremental(kindTopic, "inc", "set retention.ms=60000", "append cleanup.policy=compact"))
	s.showTopic("inc", "retention.ms", "60000", "retention.ms", "cleanup.policy")
	s.Note("append what is there, subtract what is not, subtract")
	s.Send(incremental(kindTopic, "inc", "append cleanup.policy=compact"))
	s.Send(incremental(kindTopic, "inc", "subtract cleanup.policy=nothing"))
	s.Send(incremental(kindTopic, "inc", "subtract cleanup.policy=delete", "set retention.ms=60001"))
	s.showTopic("inc", "retention.ms", "60001", "retention.ms", "cleanup.policy")
	s.Note("subtract the last, append a list")
	s.Send(incremental(kindTopic, "inc", "subtract cleanup.policy=compact"))
	s.Send(incremental(kindTopic, "inc", "append cleanup.policy=compact,delete", "set retention.ms=60002"))
	s.showTopic("inc", "retention.ms", "60002", "retention.ms", "cleanup.policy")
	s.Note("delete, delete what is not set")
	s.Send(incremental(kindTopic, "inc", "delete cleanup.policy", "delete flush.ms", "set retention.ms=60003"))
	s.showTopic("inc", "retention.ms", "60003", "retention.ms", "cleanup.policy", "flush.ms")
	s.Note("validate only")
	req := incremental(kindTopic, "inc", "set retention.ms=1")
	req.ValidateOnly = true
	s.Send(req)
	s.showTopic("inc", "retention.ms", "60003", "retention.ms")
	s.Note("atomic in a resource: one bad key, nothing changes")
	s.Send(incremental(kindTopic, "inc", "set retention.ms=7", "set segment.ms=never"))
	s.showTopic("inc", "retention.ms", "60003", "retention.ms", "segment.ms")
	s.Note("values are trimmed")
	s.Send(incremental(kindTopic, "inc", "set retention.ms= 8 "))
	s.Send(incremental(kindTopic, "inc", "set flush.ms=60004"))
	s.showTopic("inc", "flush.ms", "60004", "retention.ms", "flush.ms")
	s.Note("v0")
	old := incremental(kindTopic, "inc", "set flush.ms=60005")
	old.Version = 0
	s.Send(old)
}

func incrementalErrors(s *Session) {
	s.Topic("ie", 1)
	for _, ops := range [][]string{
		{"append retention.ms=5"},
		{"subtract retention.ms=5"},
		{"set retention.ms=1", "set retention.ms=2"},
		{"set retention.ms=1", "delete retention.ms"},
		{"bad retention.ms=1"},
		{"set retention.ms"},
		{"append cleanup.policy"},
		{"set no.such=1"},
		{"delete no.such"},
		{"append no.such=1"},
		{"set retention.ms=soon"},
		{"set retention.ms="},
		{"set cleanup.policy=shred"},
		{"append cleanup.policy=shred"},
		{"set segment.bytes=1"},
		{"set min.insync.replicas=0"},
		{"set ="},
		{},
	} {
		s.Note("%q", ops)
		s.Send(incremental(kindTopic, "ie", ops...))
	}
	s.Note("unknown topic, invalid name, empty name")
	s.Send(incremental(kindTopic, "none", "set retention.ms=1"))
	s.Send(incremental(kindTopic, "bad name", "set retention.ms=1"))
	s.Send(incremental(kindTopic, "", "set retention.ms=1"))
	s.Note("unknown broker, not a number")
	s.Send(incremental(kindBroker, "77", "set log.retention.ms=1"))
	s.Send(incremental(kindBroker, "one", "set log.retention.ms=1"))
	s.Note("resource types")
	for _, kind := range []kmsg.ConfigResourceType{0, 3, 99} {
		s.Send(incremental(kind, "x", "set a=1"))
	}
	s.Note("a resource twice")
	req := incremental(kindTopic, "ie", "set retention.ms=1")
	req.Resources = append(req.Resources, req.Resources[0])
	s.Send(req)
	s.Note("one good, one bad")
	req = incremental(kindTopic, "ie", "set retention.ms=5")
	req.Resources = append(req.Resources, incremental(kindTopic, "none", "set retention.ms=5").Resources[0])
	s.Send(req)
}

func alterReplaces(s *Session) {
	s.Topic("alter", 1, "retention.ms=5000", "flush.ms=6000")
	s.Send(alterConfigs(1, kindTopic, "alter", "segment.ms=60000"))
	s.showTopic("alter", "segment.ms", "60000", "retention.ms", "flush.ms", "segment.ms")
	versions(0, 2, func(v int16) {
		for _, settings := range [][]string{
			{"no.such=1"}, {"retention.ms=soon"}, {"retention.ms"}, {"retention.ms=1", "retention.ms=2"}, {"cleanup.policy=shred"},
		} {
			s.Note("%q", settings)
			s.Try(alterConfigs(v, kindTopic, "alter", settings...))
		}
	})
	s.Send(alterConfigs(2, kindTopic, "none", "retention.ms=1"))
	s.Send(alterConfigs(2, kindBroker, "77", "log.retention.ms=1"))
	s.Send(alterConfigs(2, kindBroker, "one", "log.retention.ms=1"))
	s.Send(alterConfigs(2, 99, "x", "a=1"))
	check := alterConfigs(2, kindTopic, "alter", "retention.ms=9")
	check.ValidateOnly = true
	s.Note("validate only")
	s.Send(check)
	s.Note("an empty set takes everything back")
	s.Send(alterConfigs(2, kindTopic, "alter"))
	s.showTopic("alter", "segment.ms", "604800000", "retention.ms", "segment.ms")
}
