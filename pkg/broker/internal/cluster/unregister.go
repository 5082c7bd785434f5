package cluster

import (
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/meta"
)

// unregisterBroker is the step of UnregisterBroker. The broker of this process
// serves on, so that it registers again in the same breath, as one that was
// started again would.
func (c *Controller) unregisterBroker(s *stepper, q *kmsg.UnregisterBrokerRequest) (*kmsg.UnregisterBrokerResponse, []meta.Record) {
	resp := kmsg.NewPtrUnregisterBrokerResponse()
	b := s.img.Broker(q.BrokerID)
	if b == nil {
		text := fmt.Sprintf("Broker ID %d is not currently registered", q.BrokerID)
		resp.ErrorCode, resp.ErrorMessage = kerr.BrokerIDNotRegistered.Code, &text
		return resp, nil
	}
	resp.ErrorMessage = ptr("") // as Kafka answers
	records := []meta.Record{&meta.UnregisterBroker{BrokerID: b.ID, BrokerEpoch: b.Epoch}}
	if b.ID == c.o.NodeID {
		return resp, append(records, s.registerSelf(c.log.EndOffset()+1, c.directory, c.o))
	}
	return resp, append(records, s.leave(b.ID)...)
}

// leave takes a broker out of the in-sync replicas and gives what it leads to
// others. The last replica in sync stays what it is.
func (s *stepper) leave(id int32) (records []meta.Record) {
	for _, t := range s.img.Topics() {
		for i := range t.Partitions {
			p := &t.Partitions[i]
			if !slices.Contains(p.ISR, id) && p.Leader != id {
				continue
			}
			ch := meta.NewPartitionChange(t.ID, int32(i))
			rest := without(p.ISR, []int32{id})
			if len(rest) > 0 {
				ch.ISR = rest
			}
			if p.Leader == id {
				ch.Leader = -1
				if k := slices.IndexFunc(rest, s.img.Alive); k >= 0 {
					ch.Leader = rest[k]
				}
			}
			records = append(records, ch)
		}
	}
	return records
}
