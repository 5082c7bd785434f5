package cluster

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/logstore"
)

// Errors of a controller that cannot do what is asked, whatever it is.
var (
	// ErrClosed: the controller was closed.
	ErrClosed = errors.New("controller is closed")
	// ErrFailed: the metadata log could not be synced; it wraps the cause.
	ErrFailed = errors.New("metadata log failed")
)

// Controller is the one that changes cluster metadata. Its methods are safe for
// concurrent use and run one after the other.
type Controller struct {
	o         Options
	log       *logstore.Log
	clusterID string
	directory meta.ID

	// epoch is that of this controller: one above any in the log. Set by Open.
	epoch int32
	image atomic.Pointer[meta.Image] // what Publish has accepted

	// mu makes changes happen one at a time: validated, appended, synced,
	// published. It is held while Publish runs.
	mu     sync.Mutex
	step   stepper // guarded by mu
	failed error   // guarded by mu; set when nothing may be written any more
	lastMs int64   // guarded by mu; when the last record was appended
	since  int     // guarded by mu; records after the newest snapshot
}

// Open reads the metadata log of the store, or begins one, starts a new
// controller epoch and registers the broker of this process. Partitions that it
// led when it did not stop cleanly get a new leader epoch, so that clients can
// find out about records that are gone. Open has called Publish once when it
// returns.
func Open(ctx context.Context, o Options) (*Controller, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	o = o.withDefaults()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	c := &Controller{o: o}
	var err error
	if c.log, err = openLog(o.Store); err != nil {
		return nil, err
	}
	if err := c.identify(); err != nil {
		return nil, err
	}
	if !o.Store.CleanShutdown() {
		// What the log stands on must not be lost to a crash of the machine: this
		// start may have made it, or one that was killed before it synced.
		if err := errors.Join(o.FS.SyncDir(c.log.Dir()), o.FS.SyncDir(o.Store.Dir())); err != nil {
			return nil, fmt.Errorf("sync data directory: %w", err)
		}
	}
	got, err := c.load()
	if err != nil {
		return nil, err
	}
	c.epoch, c.lastMs, c.since = got.epoch+1, got.lastMs, got.records
	c.step = newStepper(o, got.image)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.start(got); err != nil {
		return nil, err
	}
	img := c.step.img
	if err := o.Publish(nil, img); err != nil {
		return nil, fmt.Errorf("publish metadata: %w", err)
	}
	c.image.Store(img)
	return c, nil
}

// identify reads, or makes, meta.properties: who this is.
func (c *Controller) identify() error {
	have, ok, err := c.o.Store.MetaProperties()
	if err != nil {
		return err
	}
	if ok {
		if have.NodeID != c.o.NodeID {
			return fmt.Errorf("configured node.id %d doesn't match stored node.id %d in %s: use the data directory of this node, or an empty one",
				c.o.NodeID, have.NodeID, c.o.Store.Dir())
		}
		if c.o.ClusterID != "" && c.o.ClusterID != have.ClusterID {
			return fmt.Errorf("invalid cluster.id in %s: expected %s, but read %s", c.o.Store.Dir(), c.o.ClusterID, have.ClusterID)
		}
	}
	if !ok {
		have = logstore.MetaProperties{NodeID: c.o.NodeID, ClusterID: c.o.ClusterID}
	}
	if have.ClusterID == "" {
		have.ClusterID = meta.FormatID(c.o.NewID())
	}
	if have.DirectoryID == "" {
		have.DirectoryID = meta.FormatID(c.o.NewID())
		if err := c.o.Store.WriteMetaProperties(have); err != nil {
			return fmt.Errorf("write meta.properties: %w", err)
		}
	}
	c.clusterID = have.ClusterID
	if c.directory, err = meta.ParseID(have.DirectoryID); err != nil {
		return fmt.Errorf("directory.id in %s: %w", c.o.Store.Dir(), err)
	}
	return nil
}

// ClusterID is the cluster's id, 22 characters.
func (c *Controller) ClusterID() string { return c.clusterID }

// BrokerEpoch is the epoch of this process's registration.
func (c *Controller) BrokerEpoch() int64 { return c.Image().Broker(c.o.NodeID).Epoch }

// Image is the latest metadata that was published. It never is nil after Open.
func (c *Controller) Image() *meta.Image { return c.image.Load() }

// Close ends the controller: later calls fail. The store stays open.
func (c *Controller) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failed == nil {
		c.failed = ErrClosed
	}
}
