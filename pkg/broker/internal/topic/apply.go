package topic

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"kq/pkg/broker/internal/configdef"
	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/logstore"
)

// applying is the work of one Apply.
type applying struct {
	c    *Catalog
	old  *table
	next *table
	logs map[logstore.TopicPartition]*logstore.Log // of new partitions
	f    Fired
	errs []error
}

// Apply makes the partitions of this broker what an image says: logs are
// created, deleted and configured, leadership changes, and what waits for a
// partition that goes away is completed. old is the image of the last call, nil
// for the first one, which loads the logs that are on disk. When it returns,
// partitions of new topics serve. A log that cannot be opened or created makes
// its partition offline and nothing else.
func (c *Catalog) Apply(ctx context.Context, old, new *meta.Image) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return fmt.Errorf("apply metadata at offset %d: catalog is closed", new.Offset)
	}
	a := &applying{c: c, old: c.table.Load()}
	a.next = &table{image: new, byName: maps.Clone(a.old.byName), byID: maps.Clone(a.old.byID)}
	inherit := old == nil || a.brokerConfigChanged(old, new)
	if inherit {
		a.inherit(new)
	}
	first := old == nil
	if first {
		old = meta.NewImage(new.ClusterID)
	}
	changes := meta.ChangedTopics(old, new)
	for _, ch := range changes {
		if ch.Old != nil && (ch.New == nil || ch.New.ID != ch.Old.ID) {
			a.remove(ch.Name)
		}
	}
	if err := a.load(ctx, changes); err != nil {
		a.f.Fire()
		return err
	}
	if first {
		c.nameStrays()
	}
	for _, ch := range changes {
		if ch.New != nil {
			a.topic(ch.New, ch.ConfigChanged)
		}
	}
	if inherit && !first {
		a.reconfigureAll()
	}
	c.table.Store(a.next)
	a.f.Fire()
	return errors.Join(a.errs...)
}

// brokerConfigChanged says whether what topics inherit may differ.
func (a *applying) brokerConfigChanged(old, new *meta.Image) bool {
	return slices.ContainsFunc(meta.ChangedResources(old, new), func(r meta.Resource) bool {
		return r.Type == meta.ResourceBroker && (r.Name == "" || r.Name == a.c.brokerName())
	})
}

func (c *Catalog) brokerName() string { return strconv.Itoa(int(c.o.NodeID)) }

// inherit computes what topics take from the broker. A value that does not parse
// counts as Kafka's default and is only logged: the controller has refused it.
func (a *applying) inherit(img *meta.Image) {
	var err error
	a.c.defaults, err = configdef.TopicDefaults(
		img.Config(meta.ResourceBroker, a.c.brokerName()), img.Config(meta.ResourceBroker, ""), a.c.o.Static)
	if err != nil {
		a.c.o.Logger.Warn("broker config is ignored", "err", err)
	}
}

// config is the configuration of a topic.
func (a *applying) config(name string) configdef.TopicConfig {
	c, err := a.c.defaults.With(a.next.image.Config(meta.ResourceTopic, name))
	if err != nil {
		a.c.o.Logger.Warn("topic config is ignored", "topic", name, "err", err)
	}
	return c
}

func (a *applying) isMine(m *meta.Partition) bool { return slices.Contains(m.Replicas, a.c.o.NodeID) }

func spec(t *meta.Topic, index int32, c configdef.TopicConfig) logstore.LogSpec {
	return logstore.LogSpec{Topic: t.Name, Partition: index, TopicID: t.ID, Config: logConfig(c, t.Internal)}
}

// load opens, or creates, the logs of the partitions that are new to this broker.
func (a *applying) load(ctx context.Context, changes []meta.TopicChange) error {
	var specs []logstore.LogSpec
	for _, ch := range changes {
		if ch.New == nil {
			continue
		}
		have := a.next.byName[ch.Name]
		var c *configdef.TopicConfig
		for i := range ch.New.Partitions {
			if p, _ := have.Partition(int32(i)); p != nil || !a.isMine(&ch.New.Partitions[i]) {
				continue
			}
			if c == nil {
				resolved := a.config(ch.Name)
				c = &resolved
			}
			specs = append(specs, spec(ch.New, int32(i), *c))
		}
	}
	if len(specs) == 0 {
		return nil
	}
	var err error
	if a.logs, err = a.c.o.Store.Load(ctx, specs); err != nil {
		return fmt.Errorf("load logs: %w", err)
	}
	return nil
}

// nameStrays tells the store that no more logs are coming, and whoever reads the
// log that there are directories of no topic: deleted ones whose removal was cut
// short, or what somebody has put there.
func (c *Catalog) nameStrays() {
	if strays := c.o.Store.LoadedAll(); len(strays) > 0 {
		c.o.Logger.Warn("directories that belong to no topic are left alone", "count", len(strays), "first", strays[0].Dir)
	}
}

// remove ends a topic's partitions and deletes their logs.
func (a *applying) remove(name string) {
	t := a.next.byName[name]
	if t == nil {
		return
	}
	delete(a.next.byName, name)
	delete(a.next.byID, t.ID)
	for _, p := range t.partitions {
		if p != nil {
			a.removePartition(p, ErrUnknownPartition, true)
		}
	}
}

func (a *applying) removePartition(p *Partition, why error, deleted bool) {
	p.end(why, deleted, &a.f)
	if err := a.c.o.Store.Delete(logstore.TopicPartition{Topic: p.Topic, Partition: p.Index}); err != nil && !errors.Is(err, logstore.ErrNotFound) {
		a.errs = append(a.errs, fmt.Errorf("delete %s: %w", p, err))
	}
}

// topic brings one topic up to date.
func (a *applying) topic(t *meta.Topic, configChanged bool) {
	var had []*Partition
	if old := a.next.byName[t.Name]; old != nil {
		had = old.partitions
	}
	next := &Topic{Name: t.Name, ID: t.ID, Internal: t.Internal, count: len(t.Partitions)}
	var conf *configdef.TopicConfig
	config := func() configdef.TopicConfig {
		if conf == nil {
			c := a.config(t.Name)
			conf = &c
		}
		return *conf
	}
	for i := range t.Partitions {
		m := &t.Partitions[i]
		var p *Partition
		if i < len(had) {
			p = had[i]
		}
		switch {
		case !a.isMine(m) && p != nil:
			a.removePartition(p, ErrNotLeader, false)
			continue
		case !a.isMine(m):
			continue
		case p == nil:
			p = a.create(t, int32(i), config())
		case configChanged:
			a.configure(t, p, config())
		}
		p.update(m, a.next.image.Alive, &a.f)
		for len(next.partitions) <= i {
			next.partitions = append(next.partitions, nil)
		}
		next.partitions[i] = p
	}
	a.next.byName[t.Name], a.next.byID[t.ID] = next, next
}

// create makes a partition whose log was loaded.
func (a *applying) create(t *meta.Topic, index int32, c configdef.TopicConfig) *Partition {
	log := a.logs[logstore.TopicPartition{Topic: t.Name, Partition: index}]
	p := newPartition(t, index, a.c.o.NodeID, log)
	p.conf.Store(newConfig(c, t.Name, index, a.c.o.FullValidation, &a.c.shared))
	if id := log.TopicID(); log.Err() == nil && id != t.ID && id != (meta.ID{}) {
		p.failed = fmt.Errorf("%w: the log of %s belongs to topic id %s, not %s", logstore.ErrOffline, p, meta.FormatID(id), meta.FormatID(t.ID))
	}
	if err := p.Err(); err != nil {
		a.c.o.Logger.Error("partition is offline", "partition", p.String(), "err", err)
	}
	return p
}

func (a *applying) configure(t *meta.Topic, p *Partition, c configdef.TopicConfig) {
	p.conf.Store(newConfig(c, p.Topic, p.Index, a.c.o.FullValidation, &a.c.shared))
	p.log.SetConfig(logConfig(c, t.Internal))
}

// reconfigureAll gives every topic the configuration that it has now.
func (a *applying) reconfigureAll() {
	for _, t := range a.next.image.Topics() {
		have := a.next.byName[t.Name]
		if have == nil {
			continue
		}
		c := a.config(t.Name)
		for _, p := range have.partitions {
			if p != nil {
				a.configure(t, p, c)
			}
		}
	}
}
