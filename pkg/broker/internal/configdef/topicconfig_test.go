package configdef

import (
	"math"
	"reflect"
	"testing"
)

func TestTopicDefaultsAreKafkas(t *testing.T) {
	got, err := ResolveTopic(nil, nil, nil, nil)
	want := TopicConfig{
		Delete: true, CompressionType: "producer", GzipLevel: -1, LZ4Level: 9, ZstdLevel: 3,
		SegmentBytes: 1 << 30, SegmentMs: 604800000, SegmentIndexBytes: 10 << 20, IndexIntervalBytes: 4096, FileDeleteDelayMs: 60000,
		RetentionMs: 604800000, RetentionBytes: -1, LocalRetentionMs: -2, LocalRetentionBytes: -2,
		FlushMessages: math.MaxInt64, FlushMs: math.MaxInt64, DeleteRetentionMs: 86400000, MaxCompactionLagMs: math.MaxInt64,
		MinCleanableDirtyRatio: 0.5, MaxMessageBytes: 1048588, TimestampBeforeMaxMs: math.MaxInt64, TimestampAfterMaxMs: 3600000,
		MinInsyncReplicas: 1, LeaderThrottled: []string{}, FollowerThrottled: []string{},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v\nwant %+v", got, err, want)
	}
}

// TestEveryTopicConfigIsTyped: each definition sets exactly one field, and no other.
func TestEveryTopicConfigIsTyped(t *testing.T) {
	sample := Value{Bool: true, Int: 77, Float: 0.77, Text: "LogAppendTime", List: []string{"delete", "compact"}}
	for _, d := range topicDefs {
		var c TopicConfig
		if !c.set(d.Name, sample) {
			t.Errorf("%s is not stored", d.Name)
		}
		changed := 0
		for i, v := 0, reflect.ValueOf(c); i < v.NumField(); i++ {
			if !v.Field(i).IsZero() {
				changed++
			}
		}
		if changed != 1 && (changed != 2 || d.Name != "cleanup.policy") {
			t.Errorf("%s sets %d fields", d.Name, changed)
		}
	}
	var c TopicConfig
	if c.set("nope", sample) {
		t.Error("an unknown name is stored")
	}
}

func TestResolveLayers(t *testing.T) {
	static := map[string]string{"log.retention.hours": "2", "log.roll.hours": "3", "message.max.bytes": "5", "log.cleanup.policy": "compact", "log.flush.scheduler.interval.ms": "9"}
	dynamic := map[string]string{"log.roll.ms": "44"}
	perBroker := map[string]string{"message.max.bytes": "6"}
	got, err := ResolveTopic(map[string]string{"segment.bytes": "2097152", "internal.segment.bytes": "100", "message.timestamp.type": "LogAppendTime"}, perBroker, dynamic, static)
	if err != nil {
		t.Fatal(err)
	}
	if got.RetentionMs != 7200000 || got.SegmentMs != 44 || got.MaxMessageBytes != 6 || !got.Compact || got.Delete || got.FlushMs != 9 || got.SegmentBytes != 100 || !got.LogAppendTime {
		t.Errorf("got %+v", got)
	}
}

// TestResolveAgreesWithDescribe: what the log works with is what a client is shown.
func TestResolveAgreesWithDescribe(t *testing.T) {
	for _, g := range readGolden[goldenDescribe](t, "describe.jsonl") {
		if g.What != "topic" {
			continue
		}
		c, err := ResolveTopic(g.Resource, g.Broker, g.Default, goldenStatic(g.Static))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range g.Entries {
			d, _ := Topic().Lookup(e.N)
			v, err := d.Parse(*e.V)
			if err != nil {
				t.Fatal(err)
			}
			again := c
			again.set(e.N, v)
			if e.N != "segment.bytes" && !reflect.DeepEqual(again, c) {
				t.Errorf("%s=%s is described, but resolved to %+v", e.N, *e.V, c)
			}
		}
	}
}

func TestResolveSurvivesBadValues(t *testing.T) {
	got, err := ResolveTopic(map[string]string{"retention.ms": "x", "future.config": "1", "max.message.bytes": "7"}, nil, nil, map[string]string{"log.segment.bytes": "y"})
	if err == nil || got.RetentionMs != 604800000 || got.MaxMessageBytes != 7 || got.SegmentBytes != 1<<30 {
		t.Errorf("got %+v, %v", got, err)
	}
}

func BenchmarkTopicDefaults(b *testing.B) {
	for b.Loop() {
		if _, err := TopicDefaults(nil, nil, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTopicWith(b *testing.B) {
	base, _ := TopicDefaults(nil, nil, nil)
	for b.Loop() {
		if _, err := base.With(map[string]string{"retention.ms": "1000", "cleanup.policy": "compact"}); err != nil {
			b.Fatal(err)
		}
	}
}
