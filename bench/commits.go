package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const (
	commitConns    = 16
	perGroup       = 100  // partitions whose offsets a group of the restart has
	groupsAtOnce   = 1000 // groups that one OffsetFetch asks for
	commitsToWrite = 5    // of the commits that fill a broker, requests that are under way
)

// commits sends OffsetCommits of one partition, a group a connection, and then
// restarts a server that has many offsets.
func commits(ctx context.Context, b *bench, peer string) (sample, error) {
	s := sample{}
	err := b.withServer(ctx, peer, false, func(srv *server) error {
		if err := createTopic(srv.addr, "committed", 1, nil); err != nil {
			return err
		}
		if err := coordinator(srv.addr, 0, "commits-0"); err != nil {
			return err
		}
		if _, err := flood(ctx, srv.addr, func(int) kmsg.Request { return commitRequest("warm", "committed", 1, 1) }, commitConns, 1, b.commitTime); err != nil {
			return fmt.Errorf("warm up: %w", err)
		}
		request := func(i int) kmsg.Request { return commitRequest(fmt.Sprintf("commits-%d", i), "committed", 1, 1) }
		for _, v := range []struct {
			key             string
			conns, inFlight int
		}{{"commits.1", 1, 1}, {"commits.16", commitConns, 1}, {"commits.16x5", commitConns, 5}} {
			if _, err := flood(ctx, srv.addr, request, v.conns, v.inFlight, b.commitTime/2); err != nil {
				return fmt.Errorf("warm up: %w", err)
			}
			took, err := flood(ctx, srv.addr, request, v.conns, v.inFlight, b.commitTime)
			if err != nil {
				return fmt.Errorf("%d connections: %w", v.conns, err)
			}
			s[v.key] = float64(len(took)) / b.commitTime.Seconds()
			_, s[v.key+"-p99"] = percentiles(took)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s, b.restartWithOffsets(ctx, peer, s)
}

// restartWithOffsets times a peer from the start of its process until all groups
// answer with the right offsets, after a clean and an unclean stop.
func (b *bench) restartWithOffsets(ctx context.Context, peer string, s sample) (err error) {
	base, err := b.fresh()
	if err != nil {
		return err
	}
	defer os.RemoveAll(base)
	settle()
	t := target{dir: filepath.Join(base, "data")}
	srv, err := launch(ctx, b.brokers[peer], t, answersMetadata)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = srv.kill() // the first error is the one to tell
		}
	}()
	if err := createTopic(srv.addr, "committed", perGroup, nil); err != nil {
		return err
	}
	groups := max(1, b.offsets/perGroup)
	for round, stop := range []struct {
		key string
		how func(*server) error
	}{{"commits.restart-clean", (*server).stop}, {"commits.restart-unclean", (*server).kill}} {
		offset := int64(round + 1)
		if round == 0 { // the second time the log has all of them already
			if err := coordinator(srv.addr, 0, offsetGroup(0)); err != nil {
				return err
			}
			if err := commitMany(srv.addr, groups, offset); err != nil {
				return fmt.Errorf("commit %d offsets: %w", groups*perGroup, err)
			}
		}
		if err := stop.how(srv); err != nil {
			return err
		}
		settle()
		next := 0
		again, err := launch(ctx, b.brokers[peer], t, func(addr string) bool { return offsetsAnswer(addr, groups, &next) })
		if err != nil {
			return fmt.Errorf("%s: %w", stop.key, err)
		}
		srv = again
		s[stop.key] = ms(srv.ready)
	}
	return srv.stop()
}

func offsetGroup(i int) string { return fmt.Sprintf("offsets-%d", i) }

// commitRequest commits an offset to partitions of a topic, from outside of any group.
func commitRequest(group, topic string, partitions int, offset int64) *kmsg.OffsetCommitRequest {
	req := kmsg.NewPtrOffsetCommitRequest()
	req.Version, req.Group, req.Generation = 7, group, -1
	t := kmsg.NewOffsetCommitRequestTopic()
	t.Topic = topic
	for i := range partitions {
		p := kmsg.NewOffsetCommitRequestTopicPartition()
		p.Partition, p.Offset, p.LeaderEpoch = int32(i), offset, -1
		t.Partitions = append(t.Partitions, p)
	}
	req.Topics = append(req.Topics, t)
	return req
}

// succeeded is the first error of an answer to Produce or OffsetCommit.
func succeeded(resp kmsg.Response) error {
	switch r := resp.(type) {
	case *kmsg.ProduceResponse:
		return produced(r)
	case *kmsg.OffsetCommitResponse:
		for _, t := range r.Topics {
			for _, p := range t.Partitions {
				if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
					return fmt.Errorf("commit %s:%d: %w", t.Topic, p.Partition, err)
				}
			}
		}
		return nil
	}
	return errors.New("an answer to something else")
}

// commitMany commits an offset to all partitions of the topic for some groups.
func commitMany(addr string, groups int, offset int64) error {
	c, err := dial(addr)
	if err != nil {
		return err
	}
	defer c.close()
	resp := kmsg.NewPtrOffsetCommitResponse()
	resp.Version = 7
	for sent, got := 0, 0; got < groups; {
		if sent < groups && sent-got < commitsToWrite {
			if err := c.send(frame(commitRequest(offsetGroup(sent), "committed", perGroup, offset))); err != nil {
				return err
			}
			sent++
			continue
		}
		if err := c.receive(resp); err != nil {
			return err
		}
		if err := succeeded(resp); err != nil {
			return err
		}
		got++
	}
	return nil
}

// offsetsAnswer reports whether all groups answer with their offset in the last
// partition. Those before next have done so already.
func offsetsAnswer(addr string, groups int, next *int) bool {
	c, err := dial(addr)
	if err != nil {
		return false
	}
	defer c.close()
	for *next < groups {
		req := kmsg.NewPtrOffsetFetchRequest()
		req.Version = 8
		last := min(groups, *next+groupsAtOnce)
		for i := *next; i < last; i++ {
			g := kmsg.NewOffsetFetchRequestGroup()
			g.Group = offsetGroup(i)
			t := kmsg.NewOffsetFetchRequestGroupTopic()
			t.Topic, t.Partitions = "committed", []int32{perGroup - 1}
			g.Topics = append(g.Topics, t)
			req.Groups = append(req.Groups, g)
		}
		raw, err := c.ask(req)
		if err != nil {
			return false
		}
		answers := raw.(*kmsg.OffsetFetchResponse).Groups
		for _, g := range answers {
			if g.ErrorCode != 0 || len(g.Topics) != 1 || len(g.Topics[0].Partitions) != 1 || g.Topics[0].Partitions[0].Offset != 1 {
				return false
			}
		}
		if len(answers) != last-*next {
			return false
		}
		*next = last
	}
	return true
}
