package api

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/meta"
)

// brief is an answer as JSON, without what is always there.
func brief(t *testing.T, resp kmsg.Response) string {
	t.Helper()
	p, err := json.Marshal(resp)
	if err != nil {
		t.Fatal(err)
	}
	text := string(p)
	for _, drop := range []string{`,"UnknownTags":{}`, `"UnknownTags":{},`, `"UnknownTags":{}`, `"ThrottleMillis":0,`, `"Version":0,`, `"Version":1,`, `"Version":2,`} {
		text = strings.ReplaceAll(text, drop, "")
	}
	return text
}

// expect asks and compares the answer, which is Apache Kafka 4.3.1's.
func (n *node) expect(t *testing.T, name string, q kmsg.Request, want string) {
	t.Helper()
	if got := brief(t, ask(t, n.Service, q)); got != want {
		t.Errorf("%s: %s\nwant %s", name, got, want)
	}
}

func TestAlterReplicaLogDirs(t *testing.T) {
	n := newNode(t, nil)
	n.topic("p", 2)
	type dir = kmsg.AlterReplicaLogDirsRequestDir
	type names = kmsg.AlterReplicaLogDirsRequestDirTopic
	here := n.logDir()
	for _, c := range []struct {
		name string
		dirs []dir
		want string
	}{
		{"nothing", nil, `{"Topics":[]}`},
		{
			"where they are",
			[]dir{{Dir: here, Topics: []names{{Topic: "p", Partitions: []int32{0, 1, 9, 0}}, {Topic: "none", Partitions: []int32{0}}}}},
			`{"Topics":[{"Topic":"p","Partitions":[{"Partition":0,"ErrorCode":0},{"Partition":1,"ErrorCode":0},{"Partition":9,"ErrorCode":3}]},{"Topic":"none","Partitions":[{"Partition":0,"ErrorCode":3}]}]}`,
		},
		{"elsewhere", []dir{{Dir: "/nowhere", Topics: []names{{Topic: "p", Partitions: []int32{0, 9}}}}}, `{"Topics":[{"Topic":"p","Partitions":[{"Partition":0,"ErrorCode":57},{"Partition":9,"ErrorCode":57}]}]}`},
		{"the same, spelled otherwise", []dir{{Dir: here + "/", Topics: []names{{Topic: "p", Partitions: []int32{0}}}}}, `{"Topics":[{"Topic":"p","Partitions":[{"Partition":0,"ErrorCode":57}]}]}`},
		{"the last counts", []dir{{Dir: here, Topics: []names{{Topic: "p", Partitions: []int32{0}}}}, {Dir: "x", Topics: []names{{Topic: "p", Partitions: []int32{0}}}}}, `{"Topics":[{"Topic":"p","Partitions":[{"Partition":0,"ErrorCode":57}]}]}`},
	} {
		want := strings.ReplaceAll(c.want, `"Topics":[]`, `"Topics":null`)
		n.expect(t, c.name, &kmsg.AlterReplicaLogDirsRequest{Version: 2, Dirs: c.dirs}, want)
	}
}

func TestDescribeQuorum(t *testing.T) {
	n := newNode(t, nil)
	n.apply(&meta.RegisterBroker{BrokerID: nodeID, Endpoints: []meta.Endpoint{{Name: "PLAINTEXT", Host: "h", Port: 9092}}})
	type names = kmsg.DescribeQuorumRequestTopic
	one := []kmsg.DescribeQuorumRequestTopicPartition{{}}
	q := &kmsg.DescribeQuorumRequest{Version: 2, Topics: []names{{Topic: "__cluster_metadata", Partitions: one}}}
	resp := ask(t, n.Service, q).(*kmsg.DescribeQuorumResponse)
	p := resp.Topics[0].Partitions[0]
	if p.LeaderID != nodeID || p.HighWatermark != n.image.Offset+1 || len(p.CurrentVoters) != 1 || p.CurrentVoters[0].LogEndOffset != p.HighWatermark || p.CurrentVoters[0].LastFetchTimestamp <= 0 || len(p.Observers) != 0 {
		t.Errorf("quorum: %+v", p)
	}
	if len(resp.Nodes) != 1 || resp.Nodes[0].Listeners[0].Port != 9092 || *resp.ErrorMessage != "" {
		t.Errorf("nodes: %+v", resp.Nodes)
	}
	const refused = `"ErrorCode":3,"ErrorMessage":"This server does not host this topic-partition.","LeaderID":0,"LeaderEpoch":0,"HighWatermark":0,"CurrentVoters":null,"Observers":null}`
	q.Topics = nil
	n.expect(t, "nothing", q, `{"ErrorCode":0,"ErrorMessage":"","Topics":null,"Nodes":null}`)
	q.Topics = []names{{Topic: "__cluster_metadata"}}
	n.expect(t, "no partition", q, `{"ErrorCode":0,"ErrorMessage":"","Topics":[{"Topic":"__cluster_metadata","Partitions":null}],"Nodes":null}`)
	q.Topics = []names{{Topic: "__cluster_metadata", Partitions: append(one, kmsg.DescribeQuorumRequestTopicPartition{Partition: 1})}}
	n.expect(t, "partition 1 too", q, `{"ErrorCode":0,"ErrorMessage":"","Topics":[{"Topic":"__cluster_metadata","Partitions":[{"Partition":0,`+refused+`,{"Partition":1,`+refused+`]}],"Nodes":null}`)
	q.Topics = []names{{Topic: "p", Partitions: one}}
	n.expect(t, "another topic", q, `{"ErrorCode":0,"ErrorMessage":"","Topics":[{"Topic":"p","Partitions":[{"Partition":0,`+refused+`]}],"Nodes":null}`)
}

func TestListConfigResources(t *testing.T) {
	n := newNode(t, nil)
	n.topic("p", 1)
	value := "v"
	n.apply(&meta.RegisterBroker{BrokerID: nodeID},
		&meta.ConfigRecord{ResourceType: meta.ResourceGroup, ResourceName: "g", Name: "consumer.session.timeout.ms", Value: &value},
		&meta.ConfigRecord{ResourceType: meta.ResourceClientMetrics, ResourceName: "m", Name: "interval.ms", Value: &value})
	for _, c := range []struct {
		version int16
		types   []int8
		want    string
	}{
		{0, nil, `0 m`},
		{1, nil, `0 2p 41 81 16m 32g`},
		{1, []int8{4, 2, 2}, `0 2p 41`},
		{1, []int8{32}, `0 32g`},
		{1, []int8{2, 3}, `35`},
		{1, []int8{0}, `35`},
		{1, []int8{1}, `35`},
		{1, []int8{99}, `35`},
	} {
		resp := ask(t, n.Service, &kmsg.ListConfigResourcesRequest{Version: c.version, ResourceTypes: c.types}).(*kmsg.ListConfigResourcesResponse)
		got := itoa(int(resp.ErrorCode))
		for _, r := range resp.ConfigResources {
			if got += " "; c.version > 0 {
				got += itoa(int(r.Type))
			}
			got += r.Name
		}
		if got != c.want {
			t.Errorf("version %d types %v: %s, want %s", c.version, c.types, got, c.want)
		}
	}
}

func itoa(n int) string {
	p, _ := json.Marshal(n)
	return string(p)
}

func TestListPartitionReassignments(t *testing.T) {
	n := newNode(t, nil)
	id := n.topic("p", 2)
	n.topic("q", 1)
	q := kmsg.NewPtrListPartitionReassignmentsRequest()
	n.expect(t, "none", q, `{"ErrorCode":0,"ErrorMessage":null,"Topics":null}`)
	ch := meta.NewPartitionChange(id, 1)
	ch.Replicas, ch.AddingReplicas = []int32{nodeID, 2}, []int32{2}
	n.apply(ch)
	const moving = `{"ErrorCode":0,"ErrorMessage":null,"Topics":[{"Topic":"p","Partitions":[{"Partition":1,"Replicas":[1,2],"AddingReplicas":[2],"RemovingReplicas":null}]}]}`
	n.expect(t, "all", q, moving)
	q.Topics = []kmsg.ListPartitionReassignmentsRequestTopic{{Topic: "p", Partitions: []int32{1, 0, 9}}, {Topic: "none", Partitions: []int32{0}}}
	n.expect(t, "named", q, moving)
	q.Topics[0].Partitions = []int32{0}
	n.expect(t, "another", q, `{"ErrorCode":0,"ErrorMessage":null,"Topics":null}`)
}

// Trap 126, without an authorizer.
func TestACLs(t *testing.T) {
	n := newNode(t, nil)
	d := &kmsg.DescribeACLsRequest{Version: 3, ResourceType: 1, ResourcePatternType: 1, Operation: 1, PermissionType: 1}
	resp := ask(t, n.Service, d).(*kmsg.DescribeACLsResponse)
	if resp.ErrorCode != 54 || *resp.ErrorMessage != "No Authorizer is configured on the broker" {
		t.Errorf("describe: %+v", resp)
	}
	creation := kmsg.CreateACLsRequestCreation{ResourceType: 2, ResourceName: "p", ResourcePatternType: 3, Principal: "User:a", Host: "*", Operation: 3, PermissionType: 3}
	c := &kmsg.CreateACLsRequest{Version: 2, Creations: []kmsg.CreateACLsRequestCreation{creation, creation}}
	if r := ask(t, n.Service, c).(*kmsg.CreateACLsResponse).Results; len(r) != 2 || r[1].ErrorCode != 54 || *r[1].ErrorMessage != "No Authorizer is configured." {
		t.Errorf("create: %+v", r)
	}
	x := &kmsg.DeleteACLsRequest{Version: 1, Filters: []kmsg.DeleteACLsRequestFilter{{ResourceType: 1, ResourcePatternType: 1, Operation: 1, PermissionType: 1}}}
	if r := ask(t, n.Service, x).(*kmsg.DeleteACLsResponse).Results; len(r) != 1 || r[0].ErrorCode != 54 || *r[0].ErrorMessage != "No Authorizer is configured." {
		t.Errorf("delete: %+v", r)
	}
	d.ResourceType = 0
	c.Creations[1].Operation = 99
	x.Filters[0].PermissionType = 4
	for _, q := range []kmsg.Request{d, c, x} {
		_, a := send(n.Service, q.Key(), q.GetVersion(), q.AppendTo(nil))
		if <-a.done; !errors.Is(a.closed, errUnknownACL) {
			t.Errorf("%T of an unknown kind: closed with %v", q, a.closed)
		}
	}
}
