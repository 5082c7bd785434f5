package assign

import (
	"encoding/json"
	"fmt"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Protocol is the name of the assignor in the group's protocol list.
const Protocol = "kq-streams"

const wireVersion = 1

// Latest stands for the state of a task that the member runs: no lag.
const Latest = int64(-2)

// Subscription is what a member says about itself when it joins.
type Subscription struct {
	Version int `json:"v"`
	// Process is the id of the member's process; its threads share it.
	Process string `json:"process"`
	Thread  int    `json:"thread"`
	// Endpoint is where the process answers queries, HOST:PORT, "" for nowhere.
	Endpoint string `json:"endpoint,omitempty"`
	// Generation is that of Owned, -1 before the first.
	Generation int32 `json:"generation"`
	// Owned are the active tasks of the member.
	Owned []TaskID `json:"owned,omitempty"`
	// Offsets are the sums of the changelog offsets that the process has
	// locally, by task; Latest for a task that it runs.
	Offsets map[TaskID]int64 `json:"offsets,omitempty"`
}

// Hosts tells where tasks are, by endpoint.
type Hosts map[string]HostTasks

// HostTasks are the tasks of one process.
type HostTasks struct {
	Active  []TaskID `json:"active,omitempty"`
	Standby []TaskID `json:"standby,omitempty"`
}

// Assignment is what a member is told to run.
type Assignment struct {
	Version int      `json:"v"`
	Active  []TaskID `json:"active,omitempty"`
	// Standby tasks keep a copy of the state, warm-ups among them.
	Standby []TaskID `json:"standby,omitempty"`
	Hosts   Hosts    `json:"hosts,omitempty"`
	// Probe asks the member to join again after the probing interval: a warm-up is under way.
	Probe bool `json:"probe,omitempty"`
	// Error is why the group cannot run, such as a topic that is missing.
	Error string `json:"error,omitempty"`
}

// EncodeSubscription is the metadata of a JoinGroup request: Kafka's consumer
// layout, so that tools show the topics, with s in the user data.
func EncodeSubscription(topics []string, s *Subscription) ([]byte, error) {
	s.Version = wireVersion
	b, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("encode subscription: %w", err)
	}
	m := kmsg.NewConsumerMemberMetadata()
	m.Topics, m.UserData = topics, b
	return m.AppendTo(nil), nil
}

// DecodeSubscription reads what EncodeSubscription wrote.
func DecodeSubscription(b []byte) (topics []string, s *Subscription, err error) {
	m := kmsg.NewConsumerMemberMetadata()
	if err := m.ReadFrom(b); err != nil {
		return nil, nil, fmt.Errorf("decode subscription: %w", err)
	}
	s = new(Subscription)
	if err := json.Unmarshal(m.UserData, s); err != nil {
		return nil, nil, fmt.Errorf("decode subscription: %w", err)
	}
	if s.Version < 1 {
		return nil, nil, fmt.Errorf("decode subscription: version %d", s.Version)
	}
	return m.Topics, s, nil
}

// EncodeAssignment is a member's part of a SyncGroup request: Kafka's consumer
// layout with the input partitions, and a in the user data.
func EncodeAssignment(partitions map[string][]int32, a *Assignment) ([]byte, error) {
	a.Version = wireVersion
	b, err := json.Marshal(a)
	if err != nil {
		return nil, fmt.Errorf("encode assignment: %w", err)
	}
	m := kmsg.NewConsumerMemberAssignment()
	for _, topic := range sortedKeys(partitions) {
		t := kmsg.NewConsumerMemberAssignmentTopic()
		t.Topic, t.Partitions = topic, partitions[topic]
		m.Topics = append(m.Topics, t)
	}
	m.UserData = b
	return m.AppendTo(nil), nil
}

// DecodeAssignment reads what EncodeAssignment wrote. An empty assignment is no tasks.
func DecodeAssignment(b []byte) (map[string][]int32, *Assignment, error) {
	a := &Assignment{Version: wireVersion}
	if len(b) == 0 {
		return nil, a, nil
	}
	m := kmsg.NewConsumerMemberAssignment()
	if err := m.ReadFrom(b); err != nil {
		return nil, nil, fmt.Errorf("decode assignment: %w", err)
	}
	if len(m.UserData) > 0 {
		if err := json.Unmarshal(m.UserData, a); err != nil {
			return nil, nil, fmt.Errorf("decode assignment: %w", err)
		}
	}
	if a.Version < 1 {
		return nil, nil, fmt.Errorf("decode assignment: version %d", a.Version)
	}
	parts := make(map[string][]int32, len(m.Topics))
	for _, t := range m.Topics {
		parts[t.Topic] = t.Partitions
	}
	return parts, a, nil
}
