package topic

import (
	"cmp"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"kq/pkg/broker/internal/configdef"
	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/logstore"
)

// Options of a Catalog.
type Options struct {
	Store  *logstore.Store // required
	NodeID int32
	Static map[string]string // server.properties and command line
	// FullValidation opens every compressed batch of producers.
	FullValidation bool
	Logger         *slog.Logger // default: discards
}

// Validate reports options that cannot be meant.
func (o Options) Validate() error {
	if o.Store == nil {
		return errors.New("open topic catalog: no log store given")
	}
	return nil
}

// Catalog holds the partitions of this broker.
type Catalog struct {
	o      Options
	shared codecs
	table  atomic.Pointer[table]

	mu       sync.Mutex            // held by Apply and Close
	defaults configdef.TopicConfig // guarded by mu: what topics inherit
	closed   bool                  // guarded by mu
}

// table is the catalog at one image. Never modified.
type table struct {
	image  *meta.Image
	byName map[string]*Topic
	byID   map[meta.ID]*Topic
}

// Topic is a topic with the partitions that this broker has. Read-only.
type Topic struct {
	Name     string
	ID       meta.ID
	Internal bool

	count      int          // partitions of the topic, wherever they are
	partitions []*Partition // by id, nil for those elsewhere; may be shorter than count
}

// New returns an empty catalog. Apply fills it.
func New(o Options) (*Catalog, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	c := &Catalog{o: o}
	c.table.Store(&table{image: meta.NewImage(""), byName: map[string]*Topic{}, byID: map[meta.ID]*Topic{}})
	o.Store.OnSynced(c.synced)
	return c, nil
}

// Image is the metadata that the catalog has applied.
func (c *Catalog) Image() *meta.Image { return c.table.Load().image }

// Topic returns a topic by name, nil when there is none. It does not keep name.
func (c *Catalog) Topic(name []byte) *Topic { return c.table.Load().byName[string(name)] }

// TopicByID returns a topic by id, nil when there is none.
func (c *Catalog) TopicByID(id meta.ID) *Topic { return c.table.Load().byID[id] }

// Partition returns a partition of this broker.
func (c *Catalog) Partition(topic string, index int32) (*Partition, bool) {
	p, err := c.table.Load().byName[topic].Partition(index)
	return p, err == nil
}

// Partition returns a partition of this broker: ErrUnknownPartition when the topic
// does not have it, ErrNotLeader when another broker does. A nil topic has none.
func (t *Topic) Partition(index int32) (*Partition, error) {
	if t == nil || index < 0 || int(index) >= t.count {
		return nil, ErrUnknownPartition
	}
	if int(index) >= len(t.partitions) || t.partitions[index] == nil {
		return nil, ErrNotLeader
	}
	return t.partitions[index], nil
}

// Partitions lists all partitions of this broker by topic and id.
func (c *Catalog) Partitions() []*Partition {
	t := c.table.Load()
	var out []*Partition
	for _, topic := range t.byName {
		for _, p := range topic.partitions {
			if p != nil {
				out = append(out, p)
			}
		}
	}
	slices.SortFunc(out, func(a, b *Partition) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Index, b.Index))
	})
	return out
}

// synced is called by the store, without locks, for a log whose synced offset
// moved or which went offline.
func (c *Catalog) synced(l *logstore.Log) {
	tp := l.TopicPartition()
	if p, ok := c.Partition(tp.Topic, tp.Partition); ok && p.log == l {
		p.synced()
	}
}

// Close completes everything that waits: fetches with what there is, appends with
// ErrNotLeader. From then on nothing is appended and nothing parks. The logs stay
// open; they belong to the store.
func (c *Catalog) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	var f Fired
	for _, p := range c.Partitions() {
		p.end(ErrNotLeader, false, &f)
	}
	f.Fire()
}

// BrokerNumber is the value in force of one of this broker's configs, a number.
func (c *Catalog) BrokerNumber(name string) int64 {
	value := c.brokerConfig(name)
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		c.o.Logger.Warn("broker config is no number", "name", name, "value", value)
	}
	return n
}

// BrokerText is the value in force of one of this broker's configs.
func (c *Catalog) BrokerText(name string) string { return c.brokerConfig(name) }

// GroupText is the value in force of a config of a group.
func (c *Catalog) GroupText(group, name string) string {
	img := c.Image()
	return configdef.EffectiveGroup(name, img.Config(meta.ResourceGroup, group),
		img.Config(meta.ResourceBroker, c.brokerName()), img.Config(meta.ResourceBroker, ""), c.o.Static).Value
}

// GroupNumber is the value in force of a config of a group, a number.
func (c *Catalog) GroupNumber(group, name string) int64 {
	value := c.GroupText(group, name)
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		c.o.Logger.Warn("group config is no number", "group", group, "name", name, "value", value)
	}
	return n
}

// BrokerFlag is the value in force of one of this broker's configs, true or false.
func (c *Catalog) BrokerFlag(name string) bool {
	return strings.EqualFold(c.brokerConfig(name), "true")
}

func (c *Catalog) brokerConfig(name string) string {
	img := c.Image()
	return configdef.EffectiveBroker(name,
		img.Config(meta.ResourceBroker, c.brokerName()), img.Config(meta.ResourceBroker, ""), c.o.Static).Value
}

// Store is where the logs are.
func (c *Catalog) Store() *logstore.Store { return c.o.Store }
