package admin

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
)

func TestSettledStates(t *testing.T) {
	led := kadm.PartitionDetails{0: {Leader: 1}}
	for name, tt := range map[string]struct {
		d           kadm.TopicDetail
		ready, gone bool
	}{
		"ready":         {kadm.TopicDetail{Partitions: led}, true, false},
		"no leader yet": {kadm.TopicDetail{Partitions: kadm.PartitionDetails{0: {Leader: 1}, 1: {Leader: -1}}}, false, false},
		"leader failed": {kadm.TopicDetail{Partitions: kadm.PartitionDetails{0: {Leader: 1, Err: kerr.LeaderNotAvailable}}}, false, false},
		"empty":         {kadm.TopicDetail{}, false, false},
		"unknown":       {kadm.TopicDetail{Err: kerr.UnknownTopicOrPartition}, false, true},
		"may not see":   {kadm.TopicDetail{Err: kerr.TopicAuthorizationFailed}, true, false},
	} {
		if isReady(tt.d) != tt.ready || isGone(tt.d) != tt.gone {
			t.Errorf("%s: ready %v, gone %v", name, isReady(tt.d), isGone(tt.d))
		}
		if allDone(kadm.TopicDetails{"a": {Partitions: led}, "b": tt.d}, isReady) != tt.ready {
			t.Errorf("%s beside one that is ready", name)
		}
	}
}
