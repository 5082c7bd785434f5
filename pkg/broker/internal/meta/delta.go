package meta

import (
	"errors"
	"fmt"
	"maps"
	"slices"
)

// ErrInconsistent is wrapped by Apply when a record does not fit the image,
// such as a partition of an unknown topic: the log is not what the controller
// wrote.
var ErrInconsistent = errors.New("metadata record does not fit")

// Delta is an image under construction. It is used by one goroutine. Between a
// BeginTransaction and its EndTransaction records are only collected.
type Delta struct {
	img    *Image
	topics map[ID]*Topic         // own copies, put into img by Image
	names  map[string]struct{}   // of topics that are new here
	config map[Resource]*configs // own copies

	ownFeatures, ownBrokers bool // img.features and img.brokers are own copies

	transaction bool     // a BeginTransaction waits for its end
	collected   []Record // of that transaction
}

// NewDelta starts from base, which stays as it is.
func NewDelta(base *Image) *Delta {
	return &Delta{
		img:    base.at(base.Offset, base.Epoch),
		topics: map[ID]*Topic{}, names: map[string]struct{}{}, config: map[Resource]*configs{},
	}
}

// Apply returns the image after records. The receiver stays as it is. Offset
// and Epoch are the caller's to set (see Delta.Image). Errors wrap
// ErrInconsistent.
func (img *Image) Apply(records ...Record) (*Image, error) {
	d := NewDelta(img)
	for _, r := range records {
		if err := d.Apply(r); err != nil {
			return nil, err
		}
	}
	if d.InTransaction() {
		return nil, fmt.Errorf("%w: transaction without an end", ErrInconsistent)
	}
	return d.Image(img.Offset+int64(len(records)), img.Epoch), nil
}

// Image finishes the image, which ends at the given log offset and controller
// epoch. Records of an open transaction are not in it. The Delta goes on.
func (d *Delta) Image(offset int64, epoch int32) *Image {
	for id, t := range d.topics {
		if old, ok := d.img.topicsByID.get(id); ok {
			d.img.partitions -= len(old.Partitions)
		}
		d.img.partitions += len(t.Partitions)
		d.img.topics = d.img.topics.put(t.Name, t)
		d.img.topicsByID = d.img.topicsByID.put(id, t)
	}
	for r, c := range d.config {
		if len(c.values) == 0 {
			d.img.configs = d.img.configs.remove(r)
		} else {
			d.img.configs = d.img.configs.put(r, c)
		}
	}
	done := d.img.at(offset, epoch)
	d.img = done.at(offset, epoch)
	clear(d.topics)
	clear(d.names)
	clear(d.config)
	d.ownFeatures, d.ownBrokers = false, false
	return done
}

// InTransaction says that a BeginTransaction waits for its end.
func (d *Delta) InTransaction() bool { return d.transaction }

// Apply adds one record. After an error the Delta is of no more use.
func (d *Delta) Apply(r Record) error {
	switch r := r.(type) {
	case *BeginTransaction:
		if d.transaction {
			return fmt.Errorf("%w: transaction inside a transaction", ErrInconsistent)
		}
		d.transaction = true
		return nil
	case *EndTransaction, *AbortTransaction:
		if !d.transaction {
			return fmt.Errorf("%w: end of no transaction", ErrInconsistent)
		}
		collected := d.collected
		d.transaction, d.collected = false, nil
		if _, abort := r.(*AbortTransaction); abort {
			return nil
		}
		for _, c := range collected {
			if err := d.apply(c); err != nil {
				return err
			}
		}
		return nil
	}
	if d.transaction {
		d.collected = append(d.collected, r)
		return nil
	}
	return d.apply(r)
}

func (d *Delta) apply(r Record) error {
	switch r := r.(type) {
	case *TopicRecord:
		return d.addTopic(r)
	case *RemoveTopic:
		return d.removeTopic(r)
	case *PartitionRecord:
		return d.setPartition(r)
	case *PartitionChange:
		return d.changePartition(r)
	case *ConfigRecord:
		d.setConfig(r)
	case *FeatureLevel:
		d.setFeature(r)
	case *UserScramCredential:
		d.setScram(r)
	case *RemoveScramCredential:
		d.removeScram(r)
	case *ClientQuota:
		d.setQuota(r)
	case *ProducerIDs:
		if r.NextProducerID < d.img.nextProducerID {
			return fmt.Errorf("%w: next producer id %d after %d", ErrInconsistent, r.NextProducerID, d.img.nextProducerID)
		}
		d.img.nextProducerID, d.img.producerBlock = r.NextProducerID, r
	case *Unknown:
		d.img.unknown = append(slices.Clip(d.img.unknown), r)
	case *NoOp:
	default:
		return d.applyBroker(r)
	}
	return nil
}

// topic returns a topic this Delta may change in place, nil when there is none.
func (d *Delta) topic(id ID) *Topic {
	if t := d.topics[id]; t != nil {
		return t
	}
	old := d.img.TopicByID(id)
	if old == nil {
		return nil
	}
	t := *old
	t.Partitions = slices.Clone(old.Partitions)
	d.topics[id] = &t
	return &t
}

func (d *Delta) addTopic(r *TopicRecord) error {
	_, named := d.names[r.Name]
	if named || d.img.Topic(r.Name) != nil || d.topic(r.TopicID) != nil {
		return fmt.Errorf("%w: topic %q (%s) is already there", ErrInconsistent, r.Name, FormatID(r.TopicID))
	}
	d.topics[r.TopicID] = &Topic{Name: r.Name, ID: r.TopicID, Internal: InternalTopic(r.Name)}
	d.names[r.Name] = struct{}{}
	return nil
}

func (d *Delta) removeTopic(r *RemoveTopic) error {
	t := d.topic(r.TopicID)
	if t == nil {
		return fmt.Errorf("%w: removed topic %s is not there", ErrInconsistent, FormatID(r.TopicID))
	}
	if old, ok := d.img.topicsByID.get(r.TopicID); ok {
		d.img.partitions -= len(old.Partitions)
	}
	delete(d.topics, r.TopicID)
	delete(d.names, t.Name)
	d.img.topics = d.img.topics.remove(t.Name)
	d.img.topicsByID = d.img.topicsByID.remove(r.TopicID)
	res := Resource{ResourceTopic, t.Name}
	delete(d.config, res)
	d.img.configs = d.img.configs.remove(res)
	return nil
}

func (d *Delta) setPartition(r *PartitionRecord) error {
	t := d.topic(r.TopicID)
	if t == nil {
		return fmt.Errorf("%w: partition %d of unknown topic %s", ErrInconsistent, r.PartitionID, FormatID(r.TopicID))
	}
	p := Partition{
		Replicas: r.Replicas, ISR: r.ISR, Adding: r.AddingReplicas, Removing: r.RemovingReplicas,
		Leader: r.Leader, LeaderEpoch: r.LeaderEpoch, PartitionEpoch: r.PartitionEpoch,
		RecoveryState: r.LeaderRecoveryState, Directories: r.Directories, ELR: r.ELR, LastKnownELR: r.LastKnownELR,
	}
	switch {
	case r.PartitionID >= 0 && int(r.PartitionID) < len(t.Partitions):
		t.Partitions[r.PartitionID] = p
	case int(r.PartitionID) == len(t.Partitions):
		t.Partitions = append(t.Partitions, p)
	default:
		return fmt.Errorf("%w: partition %d of topic %q, which has %d", ErrInconsistent, r.PartitionID, t.Name, len(t.Partitions))
	}
	return nil
}

func (d *Delta) changePartition(r *PartitionChange) error {
	t := d.topic(r.TopicID)
	if t == nil || r.PartitionID < 0 || int(r.PartitionID) >= len(t.Partitions) {
		return fmt.Errorf("%w: change of unknown partition %d of topic %s", ErrInconsistent, r.PartitionID, FormatID(r.TopicID))
	}
	p := &t.Partitions[r.PartitionID]
	set := func(to *[]int32, from []int32) {
		if from != nil {
			*to = from
		}
	}
	set(&p.ISR, r.ISR)
	set(&p.Replicas, r.Replicas)
	set(&p.Removing, r.RemovingReplicas)
	set(&p.Adding, r.AddingReplicas)
	set(&p.ELR, r.ELR)
	set(&p.LastKnownELR, r.LastKnownELR)
	if r.Directories != nil {
		p.Directories = r.Directories
	}
	if r.Leader != NoLeaderChange {
		p.Leader = r.Leader
		p.LeaderEpoch++
	}
	if r.LeaderRecoveryState != noRecoveryChange {
		p.RecoveryState = r.LeaderRecoveryState
	}
	p.PartitionEpoch++
	return nil
}

func (d *Delta) setConfig(r *ConfigRecord) {
	res := Resource{r.ResourceType, r.ResourceName}
	c := d.config[res]
	if c == nil {
		c = &configs{values: maps.Clone(d.img.Config(res.Type, res.Name))}
		if c.values == nil {
			c.values = map[string]string{}
		}
		d.config[res] = c
	}
	if r.Value == nil {
		delete(c.values, r.Name)
	} else {
		c.values[r.Name] = *r.Value
	}
}

func (d *Delta) setFeature(r *FeatureLevel) {
	if !d.ownFeatures {
		d.img.features, d.ownFeatures = maps.Clone(d.img.features), true
	}
	if r.Level == 0 {
		delete(d.img.features, r.Name)
	} else {
		d.img.features[r.Name] = r.Level
	}
}
