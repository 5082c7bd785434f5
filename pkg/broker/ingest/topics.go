package ingest

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// topic is what the door knows of a topic.
type topic struct {
	name       string
	partitions int32
	compact    bool // records need keys
	logAppend  bool // the broker gives records their time
	maxBytes   int  // of a batch
	until      time.Time
}

// topics asks the cluster for topics, and remembers those that are there.
type topics struct {
	cl *kgo.Client

	mu    sync.RWMutex
	known map[string]*topic // guarded by mu
}

// topicAge is how long what was said about a topic is believed.
const topicAge = 5 * time.Second

const defaultMaxBytes = 1048588

// find returns a topic, and has the cluster create it where it does that for a produce.
func (t *topics) find(ctx context.Context, name string) (*topic, error) {
	t.mu.RLock()
	known := t.known[name]
	t.mu.RUnlock()
	if known != nil && time.Now().Before(known.until) {
		return known, nil
	}
	found, err := t.ask(ctx, name)
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil {
		delete(t.known, name)
		return nil, err
	}
	t.known[name] = found
	return found, nil
}

// maxBytes is for kgo, which asks once a partition.
func (t *topics) maxBytes(name string) int32 {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if known := t.known[name]; known != nil {
		return int32(min(max(known.maxBytes, 512), 1<<30))
	}
	return defaultMaxBytes
}

func (t *topics) ask(ctx context.Context, name string) (*topic, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		found, err := t.metadata(ctx, name)
		if err == nil {
			return found, t.configs(ctx, found)
		}
		if !kerr.IsRetriable(err) || errors.Is(err, kerr.UnknownTopicOrPartition) {
			return nil, err
		}
		select { // it was created just now
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return nil, err
		}
	}
}

func (t *topics) metadata(ctx context.Context, name string) (*topic, error) {
	req := kmsg.NewPtrMetadataRequest()
	req.AllowAutoTopicCreation = true
	one := kmsg.NewMetadataRequestTopic()
	one.Topic = kmsg.StringPtr(name)
	req.Topics = append(req.Topics, one)
	resp, err := req.RequestWith(ctx, t.cl)
	if err != nil {
		return nil, err
	}
	if len(resp.Topics) != 1 {
		return nil, kerr.UnknownServerError
	}
	got := &resp.Topics[0]
	if err := kerr.ErrorForCode(got.ErrorCode); err != nil {
		return nil, err
	}
	if got.IsInternal {
		return nil, refuse(http.StatusForbidden, "post to another topic", "topic %s is the cluster's own", name)
	}
	return &topic{name: name, partitions: int32(len(got.Partitions)), maxBytes: defaultMaxBytes, until: time.Now().Add(topicAge)}, nil
}

// configs fills in what the topic's configs say. A cluster that does not tell
// them decides itself, when it gets the records.
func (t *topics) configs(ctx context.Context, of *topic) error {
	req := kmsg.NewPtrDescribeConfigsRequest()
	one := kmsg.NewDescribeConfigsRequestResource()
	one.ResourceType, one.ResourceName = kmsg.ConfigResourceTypeTopic, of.name
	one.ConfigNames = []string{"cleanup.policy", "message.timestamp.type", "max.message.bytes"}
	req.Resources = append(req.Resources, one)
	resp, err := req.RequestWith(ctx, t.cl)
	if err != nil {
		return err
	}
	for _, r := range resp.Resources {
		for _, c := range r.Configs {
			if c.Value == nil {
				continue
			}
			switch c.Name {
			case "cleanup.policy":
				of.compact = strings.Contains(*c.Value, "compact")
			case "message.timestamp.type":
				of.logAppend = *c.Value == "LogAppendTime"
			case "max.message.bytes":
				if n, err := strconv.Atoi(*c.Value); err == nil {
					of.maxBytes = n
				}
			}
		}
	}
	return nil
}

// What a batch and a record of it take beside their bytes, at the least.
const (
	batchBytes  = 61
	recordBytes = 7
)

// check finds what the cluster would refuse, record by record.
func (t *topic) check(records []kgo.Record, array bool) error {
	for i := range records {
		r := &records[i]
		which := ""
		if array {
			which = "record " + strconv.Itoa(i+1) + ": "
		}
		if r.Partition >= t.partitions {
			return refuse(http.StatusBadRequest, "leave the partition out, or name one from 0 to "+strconv.Itoa(int(t.partitions)-1),
				"%sthere is no partition %d, topic %s has %d", which, r.Partition, t.name, t.partitions)
		}
		if t.compact && r.Key == nil {
			return refuse(http.StatusBadRequest, "give the record a key", "%stopic %s is compacted, and keeps no record without a key", which, t.name)
		}
		size := batchBytes + recordBytes + len(r.Key) + len(r.Value)
		for j := range r.Headers {
			size += 2 + len(r.Headers[j].Key) + len(r.Headers[j].Value)
		}
		if size > t.maxBytes {
			return refuse(http.StatusRequestEntityTooLarge, "send smaller records, or raise max.message.bytes of the topic",
				"%sit takes %d bytes, max.message.bytes of topic %s is %d", which, size, t.name, t.maxBytes)
		}
	}
	return nil
}
