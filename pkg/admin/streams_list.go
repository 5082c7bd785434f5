package admin

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"regexp"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// The runtimes of streams applications.
const (
	KQRuntime  = "kq"
	JVMRuntime = "jvm"
)

// The protocol names by which members of a classic group share tasks.
const (
	kqAssignor  = "kq-streams"
	jvmAssignor = "stream" // Kafka's StreamsPartitionAssignor
)

// ListStreamsOptions chooses applications.
type ListStreamsOptions struct {
	Match *regexp.Regexp // ids to list; nil for all
}

// StreamsApp is a streams application as a list shows it.
type StreamsApp struct {
	App     string `json:"app"`
	Runtime string `json:"runtime"` // kq or jvm; empty without members
	Type    string `json:"type"`    // of its group, of GroupTypes
	State   string `json:"state"`   // of its group, of GroupStates
	Members int    `json:"members"` // threads
	// Tasks is how many tasks the members run; nil where that is not known.
	Tasks          *int     `json:"tasks"`
	Lag            int64    `json:"lag"` // of all inputs, repartition topics among them
	InternalTopics []string `json:"internal_topics"`
	Error          *Error   `json:"error,omitempty"`
}

// ListStreams returns the streams applications of the cluster, by id: groups whose
// members share tasks, and groups without members that have internal topics.
func ListStreams(ctx context.Context, cl *kgo.Client, o ListStreamsOptions) ([]StreamsApp, error) {
	groups, err := ListGroups(ctx, cl, ListGroupsOptions{Match: o.Match})
	if err != nil {
		return nil, err
	}
	topics, err := ListTopics(ctx, cl, ListTopicsOptions{})
	if err != nil {
		return nil, err
	}
	var names []string
	for _, g := range groups {
		if g.Type != ShareGroup && g.Type != ConsumerGroup {
			names = append(names, g.Name)
		}
	}
	apps := []StreamsApp{}
	if len(names) == 0 {
		return apps, nil
	}
	described, err := DescribeGroups(ctx, cl, DescribeGroupsOptions{Groups: names})
	if err != nil {
		return nil, err
	}
	for i := range described {
		g := &described[i]
		if errors.Is(g.Error, kerr.GroupIDNotFound) {
			continue // it went away since it was listed
		}
		s := streamsApp(g)
		for _, t := range topics {
			if InternalTopicOf(g.Name, t.Name) {
				s.InternalTopics = append(s.InternalTopics, t.Name)
			}
		}
		if s.Runtime != "" || g.Type == StreamsGroup || len(g.Members) == 0 && len(s.InternalTopics) > 0 {
			apps = append(apps, s)
		}
	}
	return apps, nil
}

func streamsApp(g *GroupDescription) StreamsApp {
	s := StreamsApp{
		App: g.Name, Type: g.Type, State: g.State, Members: len(g.Members), Lag: g.Lag, InternalTopics: []string{}, Error: g.Error,
	}
	count := jvmTasks
	switch {
	case g.Assignor == kqAssignor:
		s.Runtime, count = KQRuntime, kqTasks
	case g.Assignor == jvmAssignor:
		s.Runtime = JVMRuntime
	case g.Type == StreamsGroup && len(g.Members) > 0:
		s.Runtime = JVMRuntime
		return s
	case len(g.Members) > 0:
		return s
	}
	sum := 0
	for _, m := range g.Members {
		var a kmsg.ConsumerMemberAssignment
		if len(m.RawAssignment) == 0 {
			continue // it waits for the group
		}
		if a.ReadFrom(m.RawAssignment) != nil {
			return s
		}
		n, ok := count(a.UserData)
		if !ok {
			return s
		}
		sum += n
	}
	s.Tasks = &sum
	return s
}

// kqTasks counts the active tasks of a member of kq.
func kqTasks(userData []byte) (int, bool) {
	var a struct {
		Active []json.RawMessage `json:"active"`
	}
	if len(userData) == 0 {
		return 0, true
	}
	err := json.Unmarshal(userData, &a)
	return len(a.Active), err == nil
}

// jvmTasks counts the active tasks in an AssignmentInfo: version, from version 3
// on the version that all members know, and the number of active tasks.
func jvmTasks(userData []byte) (int, bool) {
	if len(userData) < 8 {
		return 0, len(userData) == 0
	}
	at := 4
	if binary.BigEndian.Uint32(userData) >= 3 {
		at = 8
	}
	if len(userData) < at+4 {
		return 0, false
	}
	n := binary.BigEndian.Uint32(userData[at:])
	// A task is at least two numbers of four bytes.
	return int(n), uint64(n)*8 <= uint64(len(userData)-at-4)
}
