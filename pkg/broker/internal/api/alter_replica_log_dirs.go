package api

import (
	"path/filepath"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// handleAlterReplicaLogDirs answers AlterReplicaLogDirs 1-2. There is one log
// directory: replicas are in it already, and no other one is known
// (ReplicaManager.alterReplicaLogDirs). Of a partition named twice the last counts.
func handleAlterReplicaLogDirs(s *Service, _ *Request, q *kmsg.AlterReplicaLogDirsRequest) kmsg.Response {
	resp := kmsg.NewPtrAlterReplicaLogDirsResponse()
	own := s.logDir()
	topics, parts := map[string]int{}, map[partitionName]int{}
	for i := range q.Dirs {
		for j := range q.Dirs[i].Topics {
			qt := &q.Dirs[i].Topics[j]
			for _, index := range qt.Partitions {
				k, ok := topics[qt.Topic]
				if !ok {
					k = len(resp.Topics)
					topics[qt.Topic] = k
					rt := kmsg.NewAlterReplicaLogDirsResponseTopic()
					rt.Topic = qt.Topic
					resp.Topics = append(resp.Topics, rt)
				}
				rt := &resp.Topics[k]
				n, ok := parts[partitionName{qt.Topic, index}]
				if !ok {
					n = len(rt.Partitions)
					parts[partitionName{qt.Topic, index}] = n
					p := kmsg.NewAlterReplicaLogDirsResponseTopicPartition()
					p.Partition = index
					rt.Partitions = append(rt.Partitions, p)
				}
				rt.Partitions[n].ErrorCode = s.moveReplica(qt.Topic, index, q.Dirs[i].Dir == own)
			}
		}
	}
	return resp
}

// moveReplica is the code for one replica; own says that it is to go where it is.
func (s *Service) moveReplica(name string, index int32, own bool) int16 {
	part, err := s.Topics.Topic([]byte(name)).Partition(index)
	switch {
	case !own:
		return kerr.LogDirNotFound.Code
	case err != nil:
		return codeOf(err)
	}
	return codeOf(part.Err())
}

// logDir is the log directory as it is told to clients.
func (s *Service) logDir() string {
	dir := s.Topics.Store().Dir()
	if abs, err := filepath.Abs(dir); err == nil {
		return abs
	}
	return dir
}
