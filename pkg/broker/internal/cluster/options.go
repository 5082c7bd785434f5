package cluster

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/logstore"
	"kq/pkg/broker/vfs"
)

// Feature is a feature the broker supports and the level at which the
// controller finalizes it (0: it does not).
type Feature struct {
	Name            string
	Min, Max, Level int16
}

// MetadataVersion is the metadata.version of Apache Kafka 4.3 (4.3-IV0), whose
// record versions this package writes.
const MetadataVersion = 30

// metadataVersion is the feature that MetadataVersion is a level of.
const metadataVersion = "metadata.version"

// Options of a Controller. Store, NodeID and Publish are needed.
type Options struct {
	Store *logstore.Store // holds the metadata log; the owner closes it
	FS    vfs.FS          // the file system of Store; default: the operating system's

	NodeID int32
	// ClusterID of a new data directory; default: random. An existing directory
	// keeps its own, and another one here is an error.
	ClusterID string
	Endpoints []meta.Endpoint
	Rack      *string
	// Features in the order of the registration. Default: metadata.version alone.
	Features []Feature
	Static   map[string]string // server.properties and the command line

	// Publish makes the broker what the new image says, before the change is
	// answered. old is nil at the first call. Calls do not overlap.
	Publish func(old, new *meta.Image) error
	// Fatal is called once when the metadata log failed and nothing can be
	// acknowledged any more: the process is to stop. Default: logs the error.
	Fatal func(error)

	Now    func() time.Time // default time.Now
	Rand   *rand.Rand       // decides where replicas go; default: seeded at random
	NewID  func() meta.ID   // default meta.NewID
	Logger *slog.Logger     // default: discards

	// SnapshotRecords is after how many records a snapshot is written; default
	// 10,000. An image of more records waits for as many new ones.
	SnapshotRecords int
}

func (o Options) withDefaults() Options {
	if o.FS == nil {
		o.FS = vfs.OS()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Rand == nil {
		o.Rand = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	}
	if o.NewID == nil {
		o.NewID = meta.NewID
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Fatal == nil {
		logger := o.Logger
		o.Fatal = func(err error) { logger.Error("the metadata log failed", "err", err) }
	}
	if o.Features == nil {
		o.Features = []Feature{{Name: metadataVersion, Min: 7, Max: MetadataVersion, Level: MetadataVersion}}
	}
	if o.SnapshotRecords == 0 {
		o.SnapshotRecords = 10_000
	}
	return o
}

// Validate reports options that cannot be meant.
func (o Options) Validate() error {
	switch {
	case o.Store == nil:
		return errors.New("open controller: no store")
	case o.Publish == nil:
		return errors.New("open controller: no publisher")
	case o.NodeID < 0:
		return fmt.Errorf("open controller: node id %d", o.NodeID)
	case o.SnapshotRecords < 0:
		return fmt.Errorf("open controller: snapshot every %d records", o.SnapshotRecords)
	}
	return nil
}
