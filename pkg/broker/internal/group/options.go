package group

import (
	"errors"
	"log/slog"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"

	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/internal/statelog"
)

// Topic is where groups are kept.
const Topic = "__consumer_offsets"

// Options of a Coordinator.
type Options struct {
	Log    *statelog.Log // of Topic; required
	NodeID int32
	Image  func() *meta.Image // the latest metadata; required
	// Number is the value in force of a broker config that is a number; required.
	Number func(name string) int64
	// Text is the value in force of a broker config, and GroupNumber that of a config
	// of a group, a number; both required.
	Text        func(name string) string
	GroupNumber func(group, name string) int64
	// Share keeps the state of share partitions; nil where share groups are not served.
	Share SharePersister
	// EndOffset is the high watermark of a partition; with Share.
	EndOffset func(topic string, partition int32) (int64, *kerr.Error)
	Now       func() time.Time // wall clock, for records only; default: time.Now
	Logger    *slog.Logger     // default: discards
	// Verify asks the transaction coordinator whether a transaction has the
	// partition of a group before its first offsets are written (KIP-890). Nil
	// lets all in.
	Verify Verify
	// Verification says whether Verify is to be asked
	// (transaction.partition.verification.enable). Default: always.
	Verification func() bool
}

// Validate reports options that cannot be meant.
func (o Options) Validate() error {
	switch {
	case o.Log == nil:
		return errors.New("open group coordinator: no state log given")
	case o.Image == nil:
		return errors.New("open group coordinator: no metadata given")
	case o.Number == nil || o.Text == nil || o.GroupNumber == nil:
		return errors.New("open group coordinator: no configs given")
	case o.Share != nil && o.EndOffset == nil:
		return errors.New("open group coordinator: no end offsets given")
	}
	return nil
}

func (o Options) withDefaults() Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

func (o *Options) milliseconds(name string) time.Duration {
	return time.Duration(o.Number(name)) * time.Millisecond
}
