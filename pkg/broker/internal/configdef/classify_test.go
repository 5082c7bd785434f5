package configdef

import (
	"strings"
	"testing"
)

func TestClassify(t *testing.T) {
	for key, want := range map[string]struct {
		effect Effect
		note   string
		try    string
	}{
		"broker.id":                               {Honoured, "", ""},
		"listeners":                               {Honoured, "", ""},
		"log.dirs":                                {Honoured, "", ""},
		"log.retention.hours":                     {Honoured, "", ""},
		"log.retention.check.interval.ms":         {Honoured, "", ""},
		"log.flush.interval.messages":             {Honoured, "", ""},
		"group.initial.rebalance.delay.ms":        {Honoured, "", ""},
		"transaction.state.log.min.isr":           {Honoured, "", ""},
		"offsets.topic.replication.factor":        {Honoured, "", ""},
		"process.roles":                           {NotNeeded, "quorum", ""},
		"controller.quorum.voters":                {NotNeeded, "quorum", ""},
		"controller.listener.names":               {NotNeeded, "quorum", ""},
		"num.network.threads":                     {NotNeeded, "threads", ""},
		"num.recovery.threads.per.data.dir":       {NotNeeded, "threads", ""},
		"socket.send.buffer.bytes":                {NotNeeded, "sockets", ""},
		"log.cleaner.dedupe.buffer.size":          {Honoured, "", ""},
		"fetch.purgatory.purge.interval.requests": {NotNeeded, "purged", ""},
		"ssl.keystore.location":                   {NoEffect, "plain text", ""},
		"listener.name.x.ssl.keystore.location":   {NoEffect, "plain text", ""},
		"listener.name.x.max.connections":         {NoEffect, "connections", "max.connections"},
		"sasl.enabled.mechanisms":                 {NoEffect, "authenticate", ""},
		"remote.log.storage.system.enable":        {NoEffect, "tiered", ""},
		"create.topic.policy.class.name":          {NoEffect, "Java", ""},
		"quota.window.num":                        {NoEffect, "throttle", ""},
		"zookeeper.connect":                       {Gone, "ZooKeeper", ""},
		"zookeeper.connection.timeout.ms":         {Gone, "ZooKeeper", ""},
		"inter.broker.protocol.version":           {Gone, "4.0", ""},
		"advertised.host.name":                    {Gone, "3.0", "advertised.listeners"},
		"retention.ms":                            {NotKnown, "topic config", "log.retention.ms"},
		"segment.bytes":                           {NotKnown, "topic config", "log.segment.bytes"},
		"log.retention.hour":                      {NotKnown, "no such", "log.retention.hours"},
		"num.partition":                           {NotKnown, "no such", "num.partitions"},
		"confluent.license.topic":                 {NotKnown, "no such", ""},
	} {
		got := Classify(key)
		if got.Effect != want.effect || !strings.Contains(got.Note, want.note) || got.Try != want.try {
			t.Errorf("Classify(%s) = %v %+v, want %v %+v", key, got.Effect, got, want.effect, want)
		}
		if (got.Note == "") != (got.Effect == Honoured) {
			t.Errorf("Classify(%s): note %q", key, got.Note)
		}
	}
}

// TestEveryBrokerConfigIsJudged: each Kafka key has a verdict of its own words, and each rule judges some key.
func TestEveryBrokerConfigIsJudged(t *testing.T) {
	used := map[string]bool{}
	for _, d := range Broker().All() {
		v := Classify(d.Name)
		if v.Effect == Gone || v.Effect == NotKnown {
			t.Errorf("%s: %v", d.Name, v)
		}
		for _, rules := range [][]keyRule{honoured, notNeeded, noEffect} {
			if r, ok := match(rules, d.Name); ok {
				used[r.pattern] = true
				break
			}
		}
	}
	for _, rules := range [][]keyRule{honoured, notNeeded, noEffect} {
		for _, r := range rules {
			if !used[r.pattern] {
				t.Errorf("no config for the rule %s", r.pattern)
			}
			if _, ok := Broker().Lookup(r.try); r.try != "" && !ok {
				t.Errorf("%s: no config %s to try", r.pattern, r.try)
			}
		}
	}
	for _, r := range gone {
		if _, ok := Broker().Lookup(r.pattern); ok {
			t.Errorf("%s is not gone", r.pattern)
		}
	}
}

func TestSuggest(t *testing.T) {
	for in, want := range map[string]string{
		"retention.ms": "retention.ms", "retenton.ms": "retention.ms", "retention": "retention.ms", "retention_ms": "retention.ms", "Retention.Ms": "retention.ms",
		"cleanup.polcy": "cleanup.policy", "max.mesage.bytes": "max.message.bytes", "segment.byte": "segment.bytes", "log.retention.hour": "log.retention.hours",
		"consumer.session.timeout": "consumer.session.timeout.ms", "min.insync.replica": "min.insync.replicas", "interval": "interval.ms",
		"": "", "xyz": "", "completely.unrelated.key": "", strings.Repeat("a", 300): "",
	} {
		if got := Suggest(in); got != want {
			t.Errorf("Suggest(%q) = %q, want %q", in, got, want)
		}
	}
	if got := Topic().Suggest("retention.bites"); got != "retention.bytes" {
		t.Errorf("Topic().Suggest = %q", got)
	}
	if got := edits("kitten", "sitting", 5); got != 3 {
		t.Errorf("edits(kitten, sitting) = %d", got)
	}
	if got := edits("kitten", "sitting", 2); got != 3 {
		t.Errorf("edits(kitten, sitting, limit 2) = %d", got)
	}
}
