package ingest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// keysTopic returns how many partitions the keys topic has, and creates it where
// it is missing. It tries until ctx ends.
func (s *Server) keysTopic(ctx context.Context, cl *kgo.Client) (int, error) {
	for {
		n, err := s.askKeysTopic(ctx, cl)
		if err == nil || ctx.Err() != nil {
			return n, nil
		}
		if ke := (*kerr.Error)(nil); errors.As(err, &ke) && !ke.Retriable {
			return 0, fmt.Errorf("find topic %s: %w", s.o.KeysTopic, err)
		}
		s.o.Logger.Warn("find the topic of keys", "topic", s.o.KeysTopic, "err", err)
		wait(ctx, 200*time.Millisecond)
	}
}

func (s *Server) askKeysTopic(ctx context.Context, cl *kgo.Client) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req := kmsg.NewPtrMetadataRequest()
	one := kmsg.NewMetadataRequestTopic()
	one.Topic = kmsg.StringPtr(s.o.KeysTopic)
	req.Topics = append(req.Topics, one)
	resp, err := req.RequestWith(ctx, cl)
	if err != nil {
		return 0, err
	}
	if len(resp.Topics) != 1 {
		return 0, kerr.UnknownServerError
	}
	err = kerr.ErrorForCode(resp.Topics[0].ErrorCode)
	if err == nil {
		return len(resp.Topics[0].Partitions), nil
	}
	if !errors.Is(err, kerr.UnknownTopicOrPartition) {
		return 0, err
	}
	create := kmsg.NewPtrCreateTopicsRequest()
	topic := kmsg.NewCreateTopicsRequestTopic()
	topic.Topic, topic.NumPartitions, topic.ReplicationFactor = s.o.KeysTopic, int32(s.o.Shards), -1
	for name, value := range map[string]string{"cleanup.policy": "compact", "segment.bytes": "104857600"} {
		c := kmsg.NewCreateTopicsRequestTopicConfig()
		c.Name, c.Value = name, kmsg.StringPtr(value)
		topic.Configs = append(topic.Configs, c)
	}
	create.Topics = append(create.Topics, topic)
	made, err := create.RequestWith(ctx, cl)
	if err != nil {
		return 0, err
	}
	for _, t := range made.Topics {
		if err := kerr.ErrorForCode(t.ErrorCode); err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
			return 0, err
		}
	}
	return s.o.Shards, nil
}

// openTimeout bounds the steps of open but for the reading.
const openTimeout = 30 * time.Second

// open makes the shard's client, and reads the entries that are not known yet.
func (sh *shard) open(ctx context.Context) error {
	cl, err := sh.s.client(kgo.TransactionalID(fmt.Sprintf("kq-ingest-%d", sh.n)), kgo.TransactionTimeout(2*txnTimeout))
	if err != nil {
		return err
	}
	sh.cl = cl
	starting, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	// From here on no forerunner can append, and what it left has ended.
	if _, _, err := cl.ProducerID(starting); err != nil {
		return fmt.Errorf("ask for a producer id: %w", err)
	}
	sh.s.o.step(sh.n, "opened")
	if err := cl.BeginTransaction(); err != nil {
		return fmt.Errorf("begin transaction: %w", err)
	}
	mark, err := sh.append(starting, []kgo.Record{{Key: []byte(markKey), Value: []byte{entryVersion}}})
	if err != nil {
		return err
	}
	if err := sh.end(starting, nil, kgo.TryCommit); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return sh.load(ctx, mark)
}

// stalled is how long the entries may not come.
const stalled = 30 * time.Second

// load reads the shard's partition from the position on to the mark.
func (sh *shard) load(ctx context.Context, mark int64) error {
	if sh.position > mark { // the topic was made anew
		sh.position = 0
	}
	from := kgo.NewOffset().At(sh.position)
	if sh.position == 0 {
		from = kgo.NewOffset().AtStart()
	}
	o := &sh.s.o
	cl, err := kgo.NewClient(append([]kgo.Opt{
		kgo.ClientID("kq-ingest"), kgo.DisableClientMetrics(), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{o.KeysTopic: {int32(sh.n): from}}),
		kgo.FetchMaxBytes(4 << 20), kgo.FetchMaxPartitionBytes(4 << 20), kgo.MaxConcurrentFetches(1),
	}, o.Client...)...)
	if err != nil {
		return fmt.Errorf("make client: %w", err)
	}
	defer cl.Close()
	for done := false; !done; {
		if done, err = sh.poll(ctx, cl, mark); err != nil {
			return fmt.Errorf("read entries: %w", err)
		}
	}
	sh.position = mark + 1
	return nil
}

// poll takes some entries, and says whether the mark was among them.
func (sh *shard) poll(ctx context.Context, cl *kgo.Client, mark int64) (done bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, stalled)
	defer cancel()
	fetches := cl.PollFetches(ctx)
	if err := fetches.Err0(); err != nil {
		return false, err
	}
	fetches.EachError(func(_ string, _ int32, e error) { err = errors.Join(err, e) })
	if err != nil {
		return false, err
	}
	sh.mu.Lock()
	defer sh.mu.Unlock()
	fetches.EachRecord(func(r *kgo.Record) {
		if done = done || r.Offset >= mark; err == nil {
			err = sh.learn(r)
		}
	})
	return done, err
}

// learn takes an entry from its record, with mu held.
func (sh *shard) learn(r *kgo.Record) error {
	key := string(r.Key)
	if key == markKey {
		return nil
	}
	if r.Value == nil {
		sh.keys.remove(key)
		return nil
	}
	if _, err := parseEntry(r.Value); err != nil || len(key) > longestKey {
		sh.s.o.Logger.Warn("a record of the keys topic is no entry", "partition", sh.n, "offset", r.Offset)
		return nil
	}
	if shardOf(key, len(sh.s.shards)) != sh.n {
		return fmt.Errorf("offset %d: its key belongs to another partition: the topic had another number of partitions when it was written; delete it when its keys have expired", r.Offset)
	}
	sh.keys.put(key, r.Value)
	return nil
}
