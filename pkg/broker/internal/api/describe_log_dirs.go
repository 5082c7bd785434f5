package api

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/topic"
)

// handleDescribeLogDirs answers API 35 (ReplicaManager.describeLogDirs). Partitions
// that are not here, or offline, are left out.
func handleDescribeLogDirs(s *Service, _ *Request, q *kmsg.DescribeLogDirsRequest) kmsg.Response {
	resp := kmsg.NewPtrDescribeLogDirsResponse()
	dir := kmsg.NewDescribeLogDirsResponseDir()
	store := s.Topics.Store()
	dir.Dir = s.logDir()
	dir.TotalBytes, dir.UsableBytes = -1, -1
	if usage, err := store.Usage(); err == nil {
		dir.TotalBytes, dir.UsableBytes = usage.Total, usage.Free
	}
	wanted := wantedPartitions(q)
	for _, p := range s.Topics.Partitions() {
		if p.Err() != nil || wanted != nil && !wanted[partitionName{p.Topic, p.Index}] {
			continue
		}
		if n := len(dir.Topics); n == 0 || dir.Topics[n-1].Topic != p.Topic {
			t := kmsg.NewDescribeLogDirsResponseDirTopic()
			t.Topic = p.Topic
			dir.Topics = append(dir.Topics, t)
		}
		t := &dir.Topics[len(dir.Topics)-1]
		t.Partitions = append(t.Partitions, describeLog(p))
	}
	resp.Dirs = append(resp.Dirs, dir)
	return resp
}

func describeLog(p *topic.Partition) kmsg.DescribeLogDirsResponseDirTopicPartition {
	out := kmsg.NewDescribeLogDirsResponseDirTopicPartition()
	log := p.Log()
	out.Partition, out.Size = p.Index, log.Size()
	out.OffsetLag = max(0, log.HighWatermark()-log.EndOffset())
	return out
}

// wantedPartitions is what a request asks for; nil is everything.
func wantedPartitions(q *kmsg.DescribeLogDirsRequest) map[partitionName]bool {
	if q.Topics == nil {
		return nil
	}
	wanted := make(map[partitionName]bool)
	for i := range q.Topics {
		for _, p := range q.Topics[i].Partitions {
			wanted[partitionName{q.Topics[i].Topic, p}] = true
		}
	}
	return wanted
}
