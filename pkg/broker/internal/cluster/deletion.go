package cluster

import (
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/configdef"
	"kq/pkg/broker/internal/meta"
)

// deleteTopics is the step of DeleteTopics (ControllerApis.deleteTopics). Names
// and ids in the answer follow the request, but for those that occur twice.
func (s *stepper) deleteTopics(q *kmsg.DeleteTopicsRequest) (*kmsg.DeleteTopicsResponse, []meta.Record) {
	d := deletion{s: s, resp: kmsg.NewPtrDeleteTopicsResponse(), taken: map[meta.ID]bool{}}
	asked := askedTopics(q)
	if configdef.EffectiveBroker("delete.topic.enable", nil, nil, s.static).Value == "false" {
		disabled := &refusal{err: kerr.TopicDeletionDisabled}
		if q.Version < 3 {
			disabled.err = kerr.InvalidRequest
		}
		for _, t := range asked {
			d.answer(t.Topic, t.TopicID, disabled)
		}
		return d.resp, nil
	}
	names, ids := map[string]int{}, map[meta.ID]int{}
	for _, t := range asked {
		if t.Topic != nil && t.TopicID == (meta.ID{}) {
			names[*t.Topic]++
		} else if t.Topic == nil {
			ids[t.TopicID]++
		}
	}
	for _, t := range asked {
		switch {
		case t.Topic == nil && t.TopicID == (meta.ID{}):
			d.answer(nil, t.TopicID, refuse(kerr.InvalidRequest, "Neither topic name nor id were specified."))
		case t.Topic == nil && ids[t.TopicID] == 1:
			d.byID(t.TopicID)
		case t.Topic == nil && ids[t.TopicID] > 1:
			ids[t.TopicID] = -1 // answered
			d.answer(nil, t.TopicID, refuse(kerr.InvalidRequest, "Duplicate topic id."))
		}
	}
	for _, t := range asked {
		switch {
		case t.Topic == nil:
		case t.TopicID != (meta.ID{}):
			d.answer(t.Topic, t.TopicID, refuse(kerr.InvalidRequest, "You may not specify both topic name and topic id."))
		case names[*t.Topic] == 1:
			d.byName(*t.Topic, ids)
		case names[*t.Topic] > 1:
			names[*t.Topic] = -1 // answered
			d.answer(t.Topic, meta.ID{}, refuse(kerr.InvalidRequest, "Duplicate topic name."))
		}
	}
	return d.resp, d.finish()
}

// askedTopics is what the request names, whatever its version.
func askedTopics(q *kmsg.DeleteTopicsRequest) []kmsg.DeleteTopicsRequestTopic {
	if q.Version >= 6 {
		return q.Topics
	}
	out := make([]kmsg.DeleteTopicsRequestTopic, len(q.TopicNames))
	for i := range q.TopicNames {
		out[i].Topic = &q.TopicNames[i]
	}
	return out
}

// deletion collects the topics of one DeleteTopics request.
type deletion struct {
	s     *stepper
	resp  *kmsg.DeleteTopicsResponse
	order []meta.ID
	taken map[meta.ID]bool // of order; false: named twice, in different ways
}

func (d *deletion) answer(name *string, id meta.ID, why *refusal) {
	r := kmsg.NewDeleteTopicsResponseTopic()
	r.Topic, r.TopicID = name, id
	why.fill(&r.ErrorCode, &r.ErrorMessage)
	d.resp.Topics = append(d.resp.Topics, r)
}

func (d *deletion) byID(id meta.ID) {
	if d.s.img.TopicByID(id) == nil {
		d.answer(nil, id, refuse(kerr.UnknownTopicID, "This server does not host this topic ID."))
		return
	}
	d.order, d.taken[id] = append(d.order, id), true
}

// byName comes after all ids. A topic that was named by its id too, even twice,
// is not deleted.
func (d *deletion) byName(name string, ids map[meta.ID]int) {
	t := d.s.img.Topic(name)
	if t == nil {
		d.answer(&name, meta.ID{}, refuse(kerr.UnknownTopicOrPartition, "This server does not host this topic-partition."))
		return
	}
	if _, twice := d.taken[t.ID]; twice || ids[t.ID] != 0 {
		d.taken[t.ID] = false
		d.answer(&name, t.ID, refuse(kerr.InvalidRequest, "The provided topic name maps to an ID that was already supplied."))
		return
	}
	d.order, d.taken[t.ID] = append(d.order, t.ID), true
}

// finish answers for the topics that go.
func (d *deletion) finish() (records []meta.Record) {
	for _, id := range d.order {
		if d.taken[id] {
			d.answer(&d.s.img.TopicByID(id).Name, id, nil)
			records = append(records, &meta.RemoveTopic{TopicID: id})
		}
	}
	return records
}
