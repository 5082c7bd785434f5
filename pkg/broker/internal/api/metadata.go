package api

import (
	"context"
	"math"
	"strconv"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/configdef"
	"kq/pkg/broker/internal/meta"
)

// The operations that everybody may do as long as there is no authorizer: a bit
// each (AclOperation), all that exist for the resource type.
const (
	topicOperations   = 3576 // read, write, create, delete, alter, describe, and the configs
	clusterOperations = 8096
	noOperations      = math.MinInt32 // not asked for
)

// handleMetadata answers Metadata 0-13 (KIP-4, KIP-516).
func handleMetadata(s *Service, r *Request, q *kmsg.MetadataRequest) kmsg.Response {
	if code := checkMetadata(q); code != 0 {
		return metadataError(q, code)
	}
	m := &metadataAnswer{s: s, conn: r.Conn, q: q, img: s.Image(), resp: kmsg.NewPtrMetadataResponse()}
	switch {
	case q.Topics == nil || q.Version == 0 && len(q.Topics) == 0:
		for _, t := range m.img.Topics() {
			m.add(t)
		}
	case hasTopicIDs(q):
		m.byID()
	default:
		m.byName()
	}
	m.cluster()
	return m.resp
}

// checkMetadata refuses requests that mean nothing.
func checkMetadata(q *kmsg.MetadataRequest) int16 {
	for _, t := range q.Topics {
		switch {
		case q.Version < 12 && (t.Topic == nil || t.TopicID != [16]byte{}):
			return kerr.InvalidRequest.Code
		case t.Topic == nil && !hasTopicIDs(q):
			return kerr.UnknownServerError.Code // a null pointer, in Kafka
		}
	}
	return 0
}

func hasTopicIDs(q *kmsg.MetadataRequest) bool {
	for _, t := range q.Topics {
		if t.TopicID != [16]byte{} {
			return true
		}
	}
	return false
}

// metadataError is the answer to a refused request: nothing but the error, at
// each topic.
func metadataError(q *kmsg.MetadataRequest, code int16) kmsg.Response {
	resp := kmsg.NewPtrMetadataResponse()
	resp.ControllerID = -1
	for _, t := range q.Topics {
		e := kmsg.NewMetadataResponseTopic()
		e.ErrorCode, e.TopicID, e.Topic = code, t.TopicID, t.Topic
		if e.Topic == nil {
			e.Topic = new(string)
		}
		resp.Topics = append(resp.Topics, e)
	}
	return resp
}

// metadataAnswer is an answer to Metadata in the making.
type metadataAnswer struct {
	s    *Service
	conn *Conn
	q    *kmsg.MetadataRequest
	img  *meta.Image
	resp *kmsg.MetadataResponse
}

// cluster adds what does not depend on the topics.
func (m *metadataAnswer) cluster() {
	m.resp.ClusterID = &m.img.ClusterID
	m.resp.ControllerID = m.s.anyBroker(m.img)
	for _, b := range m.img.Brokers() {
		host, port, ok := m.conn.Advertised(b.ID)
		if b.Fenced || !ok {
			continue
		}
		e := kmsg.NewMetadataResponseBroker()
		e.NodeID, e.Host, e.Port, e.Rack = b.ID, host, port, b.Rack
		m.resp.Brokers = append(m.resp.Brokers, e)
	}
	m.resp.AuthorizedOperations = noOperations
	if m.q.IncludeClusterAuthorizedOperations && m.q.Version >= 8 && m.q.Version <= 10 {
		m.resp.AuthorizedOperations = clusterOperations
	}
}

// anyBroker is the broker that clients are told to send their administration to:
// each passes it on. It is this one, so that it is near.
func (s *Service) anyBroker(img *meta.Image) int32 {
	if img.Alive(s.NodeID) {
		return s.NodeID
	}
	for _, b := range img.Brokers() {
		if !b.Fenced {
			return b.ID
		}
	}
	return -1
}

// byID adds topics by their ids, the unknown ones first. Names in the same
// request do not count.
func (m *metadataAnswer) byID() {
	seen := map[meta.ID]bool{{}: true}
	var known []*meta.Topic
	for _, asked := range m.q.Topics {
		if seen[asked.TopicID] {
			continue
		}
		seen[asked.TopicID] = true
		if t := m.img.TopicByID(asked.TopicID); t != nil {
			known = append(known, t)
			continue
		}
		e := kmsg.NewMetadataResponseTopic()
		e.ErrorCode, e.TopicID = kerr.UnknownTopicID.Code, asked.TopicID
		m.resp.Topics = append(m.resp.Topics, e)
	}
	for _, t := range known {
		m.add(t)
	}
}

// byName adds topics by their names, each once, and makes those that are missing
// if the client and the broker want that.
func (m *metadataAnswer) byName() {
	seen := make(map[string]bool, len(m.q.Topics))
	var missing []string
	for _, asked := range m.q.Topics {
		name := *asked.Topic
		if seen[name] {
			continue
		}
		seen[name] = true
		if t := m.img.Topic(name); t != nil {
			m.add(t)
		} else {
			missing = append(missing, name)
		}
	}
	if len(missing) == 0 {
		return
	}
	if (m.q.AllowAutoTopicCreation || m.q.Version < 4) && m.s.brokerConfig("auto.create.topics.enable") == "true" {
		m.s.autoCreate(m.img, missing)
		m.img = m.s.Image()
	}
	for _, name := range missing {
		if t := m.img.Topic(name); t != nil {
			m.add(t)
		} else {
			m.unknown(name)
		}
	}
}

// unknown adds a name without a topic. One that could not be made is only
// unknown too, as in Kafka.
func (m *metadataAnswer) unknown(name string) {
	e := kmsg.NewMetadataResponseTopic()
	e.Topic, e.IsInternal = &name, meta.InternalTopic(name)
	e.ErrorCode = unknownTopicCode(name)
	e.AuthorizedOperations = m.topicOperations()
	m.resp.Topics = append(m.resp.Topics, e)
}

// unknownTopicCode is the error of a name that is no topic's.
func unknownTopicCode(name string) int16 {
	if meta.CheckTopicName(name) != "" {
		return kerr.InvalidTopicException.Code
	}
	return kerr.UnknownTopicOrPartition.Code
}

func (m *metadataAnswer) topicOperations() int32 {
	if m.q.IncludeTopicAuthorizedOperations && m.q.Version >= 8 {
		return topicOperations
	}
	return noOperations
}

// add adds a topic.
func (m *metadataAnswer) add(t *meta.Topic) {
	e := kmsg.NewMetadataResponseTopic()
	e.Topic, e.TopicID, e.IsInternal = &t.Name, t.ID, t.Internal
	e.AuthorizedOperations = m.topicOperations()
	e.Partitions = make([]kmsg.MetadataResponseTopicPartition, len(t.Partitions))
	for i := range t.Partitions {
		p := &t.Partitions[i]
		to := &e.Partitions[i]
		to.Default()
		to.Partition, to.Replicas, to.ISR, to.LeaderEpoch = int32(i), p.Replicas, p.ISR, p.LeaderEpoch
		to.OfflineReplicas = m.img.OfflineReplicas(p)
		to.Leader, to.ErrorCode = leader(m.img, m.conn, p, m.q.Version >= 6)
		if m.q.Version == 0 {
			m.onlyAlive(to)
		}
	}
	m.resp.Topics = append(m.resp.Topics, e)
}

// onlyAlive leaves out the replicas that version 0 cannot call offline.
func (m *metadataAnswer) onlyAlive(p *kmsg.MetadataResponseTopicPartition) {
	alive := func(ids []int32) []int32 {
		out := make([]int32, 0, len(ids))
		for _, id := range ids {
			if m.img.Alive(id) {
				out = append(out, id)
			}
		}
		return out
	}
	n := len(p.Replicas)
	p.Replicas, p.ISR = alive(p.Replicas), alive(p.ISR)
	if p.ErrorCode == 0 && len(p.Replicas) < n {
		p.ErrorCode = kerr.ReplicaNotAvailable.Code
	}
}

// leader is the leader of a partition as the client of a connection sees it, and
// the partition's error. missingListener says that the client knows
// LISTENER_NOT_FOUND.
func leader(img *meta.Image, conn *Conn, p *meta.Partition, missingListener bool) (id int32, code int16) {
	if img.Broker(p.Leader) == nil {
		return -1, kerr.LeaderNotAvailable.Code
	}
	if _, _, ok := conn.Advertised(p.Leader); ok {
		return p.Leader, 0
	}
	if missingListener {
		return -1, kerr.ListenerNotFound.Code
	}
	return -1, kerr.LeaderNotAvailable.Code
}

// brokerConfig is the value of a broker config that only the file sets.
func (s *Service) brokerConfig(name string) string {
	return configdef.EffectiveBroker(name, nil, nil, s.Static).Value
}

func (s *Service) brokerNumber(name string) int {
	n, err := strconv.Atoi(s.brokerConfig(name))
	if err != nil {
		return 1
	}
	return n
}

// autoCreate makes topics that a client asked about (AutoTopicCreationManager).
// What cannot be made is left out.
func (s *Service) autoCreate(img *meta.Image, names []string) {
	q := kmsg.NewPtrCreateTopicsRequest()
	q.Version = 7
	for _, name := range names {
		if meta.CheckTopicName(name) == "" {
			q.Topics = append(q.Topics, s.autoTopic(img, name))
		}
	}
	if len(q.Topics) > 0 {
		s.Controller.CreateTopics(context.Background(), q)
	}
}

// autoTopic is how a topic is made by itself. The internal ones have configs of
// their own, and no more replicas than there are brokers.
func (s *Service) autoTopic(img *meta.Image, name string) kmsg.CreateTopicsRequestTopic {
	t := kmsg.NewCreateTopicsRequestTopic()
	t.Topic, t.NumPartitions, t.ReplicationFactor = name, -1, -1
	internal := func(partitions, replicas string, configs ...string) {
		alive := 0
		for _, b := range img.Brokers() {
			if !b.Fenced {
				alive++
			}
		}
		t.NumPartitions = int32(s.brokerNumber(partitions))
		t.ReplicationFactor = int16(min(s.brokerNumber(replicas), max(1, alive)))
		for i := 0; i < len(configs); i += 2 {
			c := kmsg.NewCreateTopicsRequestTopicConfig()
			c.Name, c.Value = configs[i], &configs[i+1]
			t.Configs = append(t.Configs, c)
		}
	}
	switch name {
	case "__consumer_offsets":
		internal("offsets.topic.num.partitions", "offsets.topic.replication.factor",
			"compression.type", "producer", "cleanup.policy", "compact",
			"segment.bytes", s.brokerConfig("offsets.topic.segment.bytes"))
	case "__transaction_state":
		internal("transaction.state.log.num.partitions", "transaction.state.log.replication.factor",
			"compression.type", "uncompressed", "cleanup.policy", "compact",
			"min.insync.replicas", s.brokerConfig("transaction.state.log.min.isr"),
			"segment.bytes", s.brokerConfig("transaction.state.log.segment.bytes"),
			"unclean.leader.election.enable", "false")
	case "__share_group_state":
		internal("share.coordinator.state.topic.num.partitions", "share.coordinator.state.topic.replication.factor",
			"compression.type", "producer", "cleanup.policy", "delete",
			"min.insync.replicas", s.brokerConfig("share.coordinator.state.topic.min.isr"),
			"segment.bytes", s.brokerConfig("share.coordinator.state.topic.segment.bytes"), "retention.ms", "-1")
	}
	return t
}
