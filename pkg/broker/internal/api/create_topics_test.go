package api

import (
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/meta"
)

// The way to the controller and back, at every version; what it decides is
// tested there.
func TestTopicAdministration(t *testing.T) {
	a := newAdmin(t, nil)
	for v := int16(2); v <= 7; v++ {
		q := kmsg.NewPtrCreateTopicsRequest()
		topic := kmsg.NewCreateTopicsRequestTopic()
		topic.Topic, topic.NumPartitions, topic.ReplicationFactor = "a", -1, -1
		q.Topics = append(q.Topics, topic)
		q.ValidateOnly = v < 7
		r := a.ask(q, v).(*kmsg.CreateTopicsResponse).Topics[0]
		if said(r.ErrorCode, r.ErrorMessage) != "0" || v >= 5 && (len(r.Configs) < 30 || r.NumPartitions != 1) || v == 7 && r.TopicID == (meta.ID{}) {
			t.Errorf("create v%d: %+v", v, r)
		}
	}
	for v := range int16(4) {
		q := kmsg.NewPtrCreatePartitionsRequest()
		q.Topics = []kmsg.CreatePartitionsRequestTopic{{Topic: "a", Count: int32(v) + 2}}
		if r := a.ask(q, v).(*kmsg.CreatePartitionsResponse).Topics[0]; said(r.ErrorCode, r.ErrorMessage) != "0" {
			t.Errorf("add partitions v%d: %+v", v, r)
		}
	}
	if n := len(a.Image().Topic("a").Partitions); n != 5 {
		t.Errorf("%d partitions", n)
	}
	for v := int16(1); v <= 6; v++ {
		a.create("b")
		q := kmsg.NewPtrDeleteTopicsRequest()
		name := "b"
		q.TopicNames = []string{name}
		q.Topics = []kmsg.DeleteTopicsRequestTopic{{Topic: &name}}
		if r := a.ask(q, v).(*kmsg.DeleteTopicsResponse).Topics[0]; r.ErrorCode != 0 || *r.Topic != "b" || a.Image().Topic("b") != nil {
			t.Errorf("delete v%d: %+v", v, r)
		}
	}
}
