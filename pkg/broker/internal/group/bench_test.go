package group

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/vfs"
)

func onDisk(f *fixture) {
	dir := f.TempDir()
	f.fs = vfs.OS()
	f.dir = dir
}

// BenchmarkCommit commits one offset at a time.
func BenchmarkCommit(b *testing.B) {
	f := newFixture(b, onDisk).ready()
	f.topic("in", 1)
	for i := 0; b.Loop(); i++ {
		if code := f.commit(commitReq(name(i%100), "in", int64(i))); code != 0 {
			b.Fatal(code)
		}
	}
}

// BenchmarkHeartbeat is the cost of a member of 5,000 groups.
func BenchmarkHeartbeat(b *testing.B) {
	f := newFixture(b).ready()
	members := make([]*member, 5000)
	for i := range members {
		members[i] = f.stable(name(i))
	}
	for i := 0; b.Loop(); i++ {
		if code := members[i%len(members)].heartbeat(); code != 0 {
			b.Fatal(code)
		}
	}
}

// BenchmarkLoad reads back a million offsets of a thousand groups.
func BenchmarkLoad(b *testing.B) {
	f := newFixture(b, onDisk).ready()
	f.topic("in", 1000)
	for i := range 1000 {
		q := kmsg.NewPtrOffsetCommitRequest()
		q.Version, q.Group, q.Generation = 8, name(i), -1
		t := kmsg.OffsetCommitRequestTopic{Topic: "in"}
		for p := range int32(1000) {
			t.Partitions = append(t.Partitions, kmsg.OffsetCommitRequestTopicPartition{Partition: p, Offset: int64(p), LeaderEpoch: 0})
		}
		q.Topics = append(q.Topics, t)
		if code := f.commit(q); code != 0 {
			b.Fatal(code)
		}
	}
	for b.Loop() {
		f.restart()
	}
}
