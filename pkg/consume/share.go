package consume

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Share is how to be a member of a share group (KIP-932), whose members share the
// records of a partition. Without Options.Follow and Options.Idle reading ends when
// no record came for ShareIdle.
type Share struct {
	Name string // empty for none
	Ack  string // of Acks: what becomes of records that are written; empty for AckAccept
}

// What may become of a record that a share group delivered. What is not written
// is always released.
const (
	AckAccept  = "accept"  // it is done with
	AckRelease = "release" // somebody gets it again, up to share.delivery.count.limit times
	AckReject  = "reject"  // it is done with, as one that nobody can use
)

// Acks lists the values of Share.Ack.
func Acks() []string { return []string{AckAccept, AckRelease, AckReject} }

// ShareIdle is how long a member of a share group waits for a record before it
// takes it that there are none: members get partitions with a heartbeat, of which
// there is one in five seconds.
const ShareIdle = 10 * time.Second

func (s *Share) validate(o *Options) error {
	switch {
	case s.Name == "" && *s != (Share{}):
		return fmt.Errorf("%w: an acknowledgement for no share group", ErrOptions)
	case s.Name == "":
		return nil
	case o.Group.Name != "":
		return fmt.Errorf("%w: a group, and a share group", ErrOptions)
	case o.Partitions != nil:
		return fmt.Errorf("%w: a share group assigns partitions itself", ErrOptions)
	case o.Tail > 0 || len(o.Starts) > 0 || o.Each > 0 || o.From != Start() || o.To != Start():
		return fmt.Errorf("%w: places to begin or end, and a share group, which has its own", ErrOptions)
	case s.Ack != "" && !slices.Contains(Acks(), s.Ack):
		return fmt.Errorf("%w: no acknowledgement is called %q", ErrOptions, s.Ack)
	}
	return nil
}

func (s *Share) status() kgo.AckStatus {
	switch s.Ack {
	case AckRelease:
		return kgo.AckRelease
	case AckReject:
		return kgo.AckReject
	}
	return kgo.AckAccept
}

// sharer is a reader that is a member of a share group.
type sharer struct {
	*reader
	membership
	status  kgo.AckStatus
	refused atomic.Int64 // partitions of which an acknowledgement was refused
}

// sharePoll is how many records are asked for at most at a time: all are written
// long before the lock on them ends.
const sharePoll = 500

// runShare reads as a member of a share group, acknowledges what was written, and
// leaves.
func (r *reader) runShare(ctx context.Context) error {
	details, err := r.topics(ctx, kadm.NewClient(r.client))
	if err != nil {
		return err
	}
	var topics []string
	for _, d := range details {
		topics = append(topics, d.Topic)
	}
	if err := r.shareGroup(ctx); err != nil {
		return err
	}
	s := &sharer{reader: r, membership: membership{group: fmt.Sprintf("share group %q", r.options.Share.Name)}, status: r.options.Share.status()}
	most := int64(sharePoll)
	opts := append(r.client.Opts(), kgo.ShareGroup(r.options.Share.Name), kgo.ConsumeTopics(topics...), kgo.ShareAckCallback(s.acknowledged), kgo.WithPools())
	if r.options.Count > 0 {
		most = min(most, r.options.Count)
		opts = append(opts, kgo.ShareMaxRecordsStrict())
	}
	fetcher, err := kgo.NewClient(append(opts, kgo.ShareMaxRecords(int32(most)))...)
	if err != nil {
		return fmt.Errorf("join share group %q: %w", r.options.Share.Name, err)
	}
	r.fetcher = fetcher
	defer fetcher.CloseAllowingRebalance()
	err = s.loop(ctx)
	// The context may be why it ended; what is written is acknowledged all the same.
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveWithin)
	defer cancel()
	if acks := fetcher.FlushAcks(end); err == nil && acks != nil {
		err = fmt.Errorf("acknowledge records of share group %q: %w", r.options.Share.Name, acks)
	}
	if leave := fetcher.LeaveGroupContext(end); err == nil && leave != nil {
		err = fmt.Errorf("leave share group %q: %w", r.options.Share.Name, leave)
	}
	if n := s.refused.Load(); n > 0 {
		r.notice("share group %q: %d acknowledgements were refused: some records will be delivered again", r.options.Share.Name, n)
	}
	return err
}

// shareGroup is an error when the group cannot be a share group: a client that joins
// one of another type asks again without end.
func (r *reader) shareGroup(ctx context.Context) error {
	req := kmsg.NewPtrShareGroupDescribeRequest()
	req.GroupIDs = []string{r.options.Share.Name}
	for began := time.Now(); ; {
		resp, err := req.RequestWith(ctx, r.client)
		if err == nil && len(resp.Groups) == 1 {
			g := &resp.Groups[0]
			err = kerr.ErrorForCode(g.ErrorCode)
			if errors.Is(err, kerr.GroupIDNotFound) && (g.ErrorMessage == nil || !strings.Contains(*g.ErrorMessage, "not a share group")) {
				err = nil // it is made by the first who joins
			}
		}
		if err == nil {
			return nil
		}
		// The first question of a cluster's life makes the topic that groups live in.
		if !starting(err) || time.Since(began) > patience {
			return fmt.Errorf("share group %q: %w", r.options.Share.Name, err)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(firstIdle):
		}
	}
}

// starting tells that a coordinator is not there yet.
func starting(err error) bool {
	return errors.Is(err, kerr.CoordinatorNotAvailable) || errors.Is(err, kerr.CoordinatorLoadInProgress) || errors.Is(err, kerr.NotCoordinator)
}

// acknowledged is called with what the brokers say of acknowledgements.
func (s *sharer) acknowledged(_ *kgo.Client, results kgo.ShareAckResults) {
	for _, r := range results {
		if r.Err != nil {
			s.refused.Add(1)
		}
	}
}

// loop reads until enough has come, or nothing for long enough.
func (s *sharer) loop(ctx context.Context) error {
	s.silent = time.Now()
	for {
		poll, cancel := context.WithTimeout(ctx, s.wait())
		most := sharePoll
		if s.options.Count > 0 {
			most = int(min(sharePoll, s.options.Count-s.count))
		}
		fetches := s.fetcher.PollRecords(poll, most)
		cancel()
		if err := context.Cause(ctx); err != nil {
			return err // what came with the end is released
		}
		if err := s.check(s.reader, fetches); err != nil {
			return err
		}
		got, err := s.round(fetches)
		switch {
		case err != nil || s.full:
			return err
		case got:
			s.silent = time.Now()
			s.in()
		case s.idle() > 0 && time.Since(s.silent) >= s.idle():
			return nil
		}
	}
}

// idle is how long a silence ends reading, 0 for never.
func (s *sharer) idle() time.Duration {
	if s.options.Idle == 0 && !s.options.Follow {
		return ShareIdle
	}
	return s.options.Idle
}

func (s *sharer) wait() time.Duration {
	if s.idle() == 0 {
		return mostIdle
	}
	return max(min(mostIdle, s.idle()-time.Since(s.silent)), time.Millisecond)
}

// round writes the records of one poll, and acknowledges those that are written.
func (s *sharer) round(fetches kgo.Fetches) (got bool, err error) {
	var written []*kgo.Record
	fetches.EachPartition(func(p kgo.FetchTopicPartition) {
		if err != nil || s.full {
			return
		}
		if p.Err != nil && !errors.Is(p.Err, context.DeadlineExceeded) {
			err = fmt.Errorf("read %s partition %d: %w", p.Topic, p.Partition, p.Err)
			return
		}
		for _, rec := range p.Records {
			if s.full {
				return
			}
			got = true
			if !rec.Attrs.IsControl() {
				if err = s.sink.Record(rec); err != nil {
					return
				}
				s.count++
				s.full = s.count == s.options.Count
			}
			written = append(written, rec)
		}
	})
	if !got {
		return false, err
	}
	flushed := s.sink.Flush()
	if s.checked.clean { // also when a record could not be printed: those before it are
		for _, rec := range written {
			rec.Ack(s.status)
		}
	}
	if err == nil {
		err = flushed
	}
	return true, err
}
