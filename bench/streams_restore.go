package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// restoreTurns is how often an application is started with its state and without.
const restoreTurns = 3

// restoreWords starts an application whose changelog has many keys, with its
// local state and without, by turns. The changelog is written by us, the same
// for each peer. The time is from the first member of the group, which the
// broker tells, to the first output: what a peer takes to start does not count.
func (b *bench) restoreWords(ctx context.Context, broker, peer string, s sample) error {
	return b.withServer(ctx, broker, false, func(srv *server) error {
		adm, err := prepareStreams(ctx, srv.addr, []string{"first"})
		if err != nil {
			return err
		}
		defer adm.Close()
		dir, err := b.fresh()
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		run := appRun{addr: srv.addr, dir: dir, mode: "plain"}
		if _, err := b.oneTurn(ctx, adm, peer, run, 1); err != nil { // makes the internal topics
			return fmt.Errorf("first: %w", err)
		}
		if err := fillChangelog(ctx, adm, srv.addr, b.restoreKeys); err != nil {
			return err
		}
		took := map[string][]float64{}
		for n := range restoreTurns {
			for i, turn := range []string{"wiped", "kept"} {
				if turn == "wiped" {
					if err := os.RemoveAll(filepath.Join(dir, "state")); err != nil {
						return fmt.Errorf("wipe: %w", err)
					}
				}
				if err := sendLines(ctx, srv.addr, []string{turn}); err != nil {
					return err
				}
				d, err := b.oneTurn(ctx, adm, peer, run, int64(2+2*n+i))
				if err != nil {
					return fmt.Errorf("%s: %w", turn, err)
				}
				took[turn] = append(took[turn], d.Seconds())
			}
		}
		for turn, key := range map[string]string{"wiped": "streams.restore", "kept": "streams.restart-kept"} {
			all := took[turn]
			slices.Sort(all)
			s[key] = all[len(all)/2]
		}
		return nil
	})
}

// fillChangelog writes so many counts, in no order, where the application looks for them.
func fillChangelog(ctx context.Context, adm *kadm.Client, addr string, keys int) error {
	topics, err := adm.ListTopics(ctx)
	if err != nil {
		return fmt.Errorf("list topics: %w", err)
	}
	var topic string
	for _, name := range topics.Names() {
		if strings.HasSuffix(name, "-changelog") {
			topic = name
		}
	}
	if topic == "" {
		return errors.New("the application made no changelog")
	}
	cl, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.DefaultProduceTopic(topic), kgo.ProducerBatchCompression(kgo.NoCompression()), kgo.MaxBufferedRecords(100_000))
	if err != nil {
		return fmt.Errorf("client: %w", err)
	}
	defer cl.Close()
	var failed error
	for _, i := range rand.New(rand.NewPCG(42, 6)).Perm(keys) {
		r := &kgo.Record{Key: fmt.Appendf(nil, "key%08d", i), Value: binary.BigEndian.AppendUint64(nil, 1)}
		cl.Produce(ctx, r, func(_ *kgo.Record, err error) {
			if err != nil {
				failed = err // callbacks come one after the other
			}
		})
	}
	return errors.Join(cl.Flush(ctx), failed)
}

// oneTurn starts the application, waits until its output has least records and
// stops it. It gives the time from the first join to the output.
func (b *bench) oneTurn(ctx context.Context, adm *kadm.Client, peer string, run appRun, least int64) (time.Duration, error) {
	if err := groupGone(ctx, adm, run.appID()); err != nil {
		return 0, err
	}
	settle()
	app, err := b.startApp(peer, run)
	if err != nil {
		return 0, err
	}
	joined, err := groupJoined(ctx, adm, run.appID(), app)
	if err != nil {
		return 0, errors.Join(err, app.kill())
	}
	_, last, err := followOutput(ctx, adm, app, least, b.quiet)
	if err != nil {
		return 0, errors.Join(err, app.kill())
	}
	return last - joined, app.stop()
}

// groupJoined waits until a group has a member, and says when it was last seen to
// have none: from there is what a peer needs at the most. It is not asked for its
// assignment: that of the first member may be gone in a moment.
func groupJoined(ctx context.Context, adm *kadm.Client, group string, app *server) (time.Duration, error) {
	var none time.Duration
	for time.Since(app.began) < streamsLimit {
		asked := time.Since(app.began)
		described, err := adm.DescribeGroups(ctx, group)
		if err != nil {
			return 0, fmt.Errorf("describe group %s: %w", group, err)
		}
		if state := described[group].State; state != "" && state != "Empty" && state != "Dead" {
			return none, nil
		}
		none = asked
		select {
		case <-app.done:
			return 0, fmt.Errorf("the application ended: %s", app.lastWords())
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(streamsPollTime):
		}
	}
	return 0, fmt.Errorf("group %s never got a member: %s", group, app.lastWords())
}
