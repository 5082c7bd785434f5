package meta

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"sync"
)

// The resource types of configs, as Kafka numbers them (ConfigResource.Type).
const (
	ResourceTopic         int8 = 2
	ResourceBroker        int8 = 4
	ResourceBrokerLogger  int8 = 8
	ResourceClientMetrics int8 = 16
	ResourceGroup         int8 = 32
)

// Resource names one set of configs. The cluster-wide broker default has the
// type ResourceBroker and an empty name.
type Resource struct {
	Type int8
	Name string
}

// Topic is one topic. Read-only.
type Topic struct {
	Name       string
	ID         ID
	Internal   bool
	Partitions []Partition // by partition id, without gaps
}

// Partition is the controller's view of one partition. Read-only.
type Partition struct {
	Replicas       []int32
	ISR            []int32
	Adding         []int32
	Removing       []int32
	Leader         int32 // -1 none
	LeaderEpoch    int32
	PartitionEpoch int32
	RecoveryState  int8    // 1 while the leader recovers from an unclean election
	Directories    []ID    // the log directory of each replica
	ELR            []int32 // eligible leader replicas
	LastKnownELR   []int32
}

// Broker is one registered broker. Read-only.
type Broker struct {
	ID                   int32
	Epoch                int64
	Incarnation          ID
	Endpoints            []Endpoint
	Features             []FeatureRange
	Rack                 *string
	Fenced               bool
	InControlledShutdown bool
	LogDirs              []ID
	CordonedLogDirs      []ID
}

// configs are the overrides of one resource; never empty inside an image.
type configs struct{ values map[string]string }

// Image is the whole cluster metadata at one offset of the metadata log. It
// never changes; Apply makes a new one that shares what is the same.
type Image struct {
	Offset    int64  // of the last record in it, -1 for none
	Epoch     int32  // of the controller that wrote that record
	ClusterID string // 22 characters

	topics         tree[string, *Topic]
	topicsByID     tree[ID, *Topic]
	partitions     int
	brokers        []*Broker // by id
	configs        tree[Resource, *configs]
	features       map[string]int16
	scram          tree[scramKey, *UserScramCredential]
	quotas         tree[string, *Quotas] // by quotaKey
	nextProducerID int64
	producerBlock  *ProducerIDs // the last record, nil before the first block
	unknown        []*Unknown   // in log order

	sortOnce sync.Once
	sorted   []*Topic // guarded by sortOnce
}

// NewImage is the image before the first record.
func NewImage(clusterID string) *Image {
	return &Image{
		Offset:     -1,
		ClusterID:  clusterID,
		topics:     tree[string, *Topic]{compare: strings.Compare},
		topicsByID: tree[ID, *Topic]{compare: func(a, b ID) int { return bytes.Compare(a[:], b[:]) }},
		configs: tree[Resource, *configs]{compare: func(a, b Resource) int {
			return cmp.Or(cmp.Compare(a.Type, b.Type), strings.Compare(a.Name, b.Name))
		}},
		scram:    tree[scramKey, *UserScramCredential]{compare: compareScram},
		quotas:   tree[string, *Quotas]{compare: strings.Compare},
		features: map[string]int16{},
	}
}

// at returns a copy to build the next image in, with its own sort cache.
func (img *Image) at(offset int64, epoch int32) *Image {
	return &Image{
		Offset: offset, Epoch: epoch, ClusterID: img.ClusterID,
		topics: img.topics, topicsByID: img.topicsByID, partitions: img.partitions,
		brokers: img.brokers, configs: img.configs, features: img.features,
		scram: img.scram, quotas: img.quotas,
		nextProducerID: img.nextProducerID, producerBlock: img.producerBlock, unknown: img.unknown,
	}
}

// Topic returns a topic by name, nil when there is none.
func (img *Image) Topic(name string) *Topic {
	t, _ := img.topics.get(name)
	return t
}

// TopicByID returns a topic by id, nil when there is none.
func (img *Image) TopicByID(id ID) *Topic {
	t, _ := img.topicsByID.get(id)
	return t
}

// Topics returns all topics by name. The slice belongs to the image.
func (img *Image) Topics() []*Topic {
	img.sortOnce.Do(func() {
		img.sorted = make([]*Topic, 0, img.topics.size)
		img.topics.from(nil, func(_ string, t *Topic) bool {
			img.sorted = append(img.sorted, t)
			return true
		})
	})
	return img.sorted
}

// TopicsFrom calls yield for each topic whose name is start or later, in order
// of names, until yield returns false.
func (img *Image) TopicsFrom(start string, yield func(*Topic) bool) {
	img.topics.from(&start, func(_ string, t *Topic) bool { return yield(t) })
}

// TopicCount is the number of topics.
func (img *Image) TopicCount() int { return img.topics.size }

// PartitionCount is the number of partitions of all topics.
func (img *Image) PartitionCount() int { return img.partitions }

// Partition returns one partition, nil when there is none.
func (img *Image) Partition(topic string, partition int32) *Partition {
	t := img.Topic(topic)
	if t == nil || partition < 0 || int(partition) >= len(t.Partitions) {
		return nil
	}
	return &t.Partitions[partition]
}

// Broker returns a registered broker, nil when there is none.
func (img *Image) Broker(id int32) *Broker {
	i, ok := img.brokerIndex(id)
	if !ok {
		return nil
	}
	return img.brokers[i]
}

func (img *Image) brokerIndex(id int32) (int, bool) {
	return slices.BinarySearchFunc(img.brokers, id, func(b *Broker, id int32) int { return cmp.Compare(b.ID, id) })
}

// Brokers returns all registered brokers by id. The slice belongs to the image.
func (img *Image) Brokers() []*Broker { return img.brokers }

// Alive says that a broker is registered and not fenced: it can lead.
func (img *Image) Alive(id int32) bool {
	b := img.Broker(id)
	return b != nil && !b.Fenced
}

// OfflineReplicas lists, in the order of Replicas, the replicas whose broker is
// not alive; never nil.
func (img *Image) OfflineReplicas(p *Partition) []int32 {
	offline := []int32{}
	for _, id := range p.Replicas {
		if !img.Alive(id) {
			offline = append(offline, id)
		}
	}
	return offline
}

// Config returns the overrides of one resource, nil when it has none. The map
// belongs to the image.
func (img *Image) Config(resourceType int8, name string) map[string]string {
	if c, ok := img.configs.get(Resource{resourceType, name}); ok {
		return c.values
	}
	return nil
}

// Configured lists the resources that have overrides, by type and name.
func (img *Image) Configured() []Resource {
	out := make([]Resource, 0, img.configs.size)
	img.configs.from(nil, func(r Resource, _ *configs) bool {
		out = append(out, r)
		return true
	})
	return out
}

// Features returns the finalized feature levels by name. The map belongs to
// the image.
func (img *Image) Features() map[string]int16 { return img.features }

// NextProducerID is the first producer id that no block covers yet.
func (img *Image) NextProducerID() int64 { return img.nextProducerID }

// InternalTopic says that Kafka itself keeps its state in a topic of this name
// (org.apache.kafka.common.internals.Topic).
func InternalTopic(name string) bool {
	switch name {
	case "__consumer_offsets", "__transaction_state", "__share_group_state":
		return true
	}
	return false
}
