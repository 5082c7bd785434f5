package client

import (
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/conf"
)

// Limits of kgo that a property may go beyond.
const (
	defaultFrame      = 100 << 20 // of a request and of an answer
	defaultBatchBytes = 1000012
	defaultRetries    = 20
)

// rule is what a property means to kgo.
type rule struct {
	name string
	opts func(v conf.Values, name string) []kgo.Opt
}

// rules are all properties that are options of kgo. The others mean something
// to the watch (see newWatch), to Security, or to the command that asks for them.
func rules() []rule {
	return []rule{
		{"client.id", text(kgo.ClientID)},
		{"client.rack", text(kgo.Rack)},
		{"group.instance.id", text(kgo.InstanceID)},
		{"request.timeout.ms", func(v conf.Values, name string) []kgo.Opt {
			d, _ := v.Duration(name)
			return []kgo.Opt{kgo.RequestTimeoutOverhead(d), kgo.ProduceRequestTimeout(d)}
		}},
		{"metadata.max.age.ms", duration(kgo.MetadataMaxAge)},
		{"connections.max.idle.ms", duration(kgo.ConnIdleTimeout)},
		{"linger.ms", duration(kgo.ProducerLinger)},
		{"fetch.max.wait.ms", duration(kgo.FetchMaxWait)},
		{"session.timeout.ms", duration(kgo.SessionTimeout)},
		{"heartbeat.interval.ms", duration(kgo.HeartbeatInterval)},
		{"max.poll.interval.ms", duration(kgo.RebalanceTimeout)},
		{"receive.message.max.bytes", number(func(n int64) kgo.Opt { return kgo.BrokerMaxReadBytes(int32(n)) })},
		{"buffer.memory", number(func(n int64) kgo.Opt { return kgo.MaxBufferedBytes(int(n)) })},
		{"queue.buffering.max.kbytes", number(func(n int64) kgo.Opt { return kgo.MaxBufferedBytes(int(n) << 10) })},
		{"queue.buffering.max.messages", number(func(n int64) kgo.Opt { return kgo.MaxBufferedRecords(int(n)) })},
		{"fetch.min.bytes", number(func(n int64) kgo.Opt { return kgo.FetchMinBytes(int32(n)) })},
		{"max.partition.fetch.bytes", number(func(n int64) kgo.Opt { return kgo.FetchMaxPartitionBytes(int32(n)) })},
		{"fetch.max.bytes", fetchMaxBytes},
		{"allow.auto.create.topics", onlyIf(true, kgo.AllowAutoTopicCreation)},
		{"check.crcs", onlyIf(false, kgo.DisableFetchCRCValidation)},
		{"isolation.level", func(v conf.Values, name string) []kgo.Opt {
			if v.Text(name) == "read_uncommitted" {
				return []kgo.Opt{kgo.FetchIsolationLevel(kgo.ReadUncommitted())}
			}
			return []kgo.Opt{kgo.FetchIsolationLevel(kgo.ReadCommitted())}
		}},
		{"retries", retries},
		{"max.request.size", batchBytes},
		{"batch.size", batchBytes},
		{"compression.type", compression},
		{"acks", acks},
		{"enable.idempotence", acks},
	}
}

// tuning makes kgo options of the properties that are set.
func tuning(v conf.Values) []kgo.Opt {
	var opts []kgo.Opt
	for _, r := range rules() {
		if v.Has(r.name) {
			opts = append(opts, r.opts(v, r.name)...)
		}
	}
	return opts
}

func text[O kgo.Opt](opt func(string) O) func(conf.Values, string) []kgo.Opt {
	return func(v conf.Values, name string) []kgo.Opt {
		if v.Text(name) == "" {
			return nil
		}
		return []kgo.Opt{opt(v.Text(name))}
	}
}

func duration[O kgo.Opt](opt func(time.Duration) O) func(conf.Values, string) []kgo.Opt {
	return func(v conf.Values, name string) []kgo.Opt {
		d, _ := v.Duration(name)
		return []kgo.Opt{opt(d)}
	}
}

func number(opt func(int64) kgo.Opt) func(conf.Values, string) []kgo.Opt {
	return func(v conf.Values, name string) []kgo.Opt {
		n, _ := v.Number(name)
		return []kgo.Opt{opt(n)}
	}
}

func onlyIf[O kgo.Opt](wanted bool, opt func() O) func(conf.Values, string) []kgo.Opt {
	return func(v conf.Values, name string) []kgo.Opt {
		if b, _ := v.Bool(name); b != wanted {
			return nil
		}
		return []kgo.Opt{opt()}
	}
}

func fetchMaxBytes(v conf.Values, name string) []kgo.Opt {
	n, _ := v.Number(name)
	opts := []kgo.Opt{kgo.FetchMaxBytes(int32(n))}
	if n > defaultFrame && !v.Has("receive.message.max.bytes") {
		opts = append(opts, kgo.BrokerMaxReadBytes(int32(n)))
	}
	return opts
}

// retries beyond kgo's own number are for records alone: a question that a
// person has asked should come to an end.
func retries(v conf.Values, name string) []kgo.Opt {
	n, _ := v.Number(name)
	return []kgo.Opt{kgo.RecordRetries(int(n)), kgo.RequestRetries(int(min(n, defaultRetries)))}
}

// batchBytes settles the one limit that kgo has, which refuses larger records:
// a batch.size below that of a record is no reason to refuse it.
func batchBytes(v conf.Values, _ string) []kgo.Opt {
	most, set := v.Number("max.request.size")
	if !set {
		most = defaultBatchBytes
	}
	if size, _ := v.Number("batch.size"); size > most {
		most = size
	}
	opts := []kgo.Opt{kgo.ProducerBatchMaxBytes(int32(most))}
	if most > defaultFrame {
		opts = append(opts, kgo.BrokerMaxWriteBytes(int32(most)))
	}
	return opts
}

func compression(v conf.Values, name string) []kgo.Opt {
	codecs := map[string]kgo.CompressionCodec{
		"gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(), "lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
	}
	codec, ok := codecs[v.Text(name)]
	if !ok {
		return []kgo.Opt{kgo.ProducerBatchCompression(kgo.NoCompression())}
	}
	if level, set := v.Number("compression.level"); set {
		codec = codec.WithLevel(int(level))
	}
	return []kgo.Opt{kgo.ProducerBatchCompression(codec, kgo.NoCompression())}
}

// acks settles acks, enable.idempotence and max.in.flight together: only a
// producer whose records all brokers confirm can be idempotent, and only one that
// is not lets the number of its requests be chosen.
func acks(v conf.Values, _ string) []kgo.Opt {
	var opts []kgo.Opt
	idempotent, set := v.Bool("enable.idempotence")
	idempotent = idempotent || !set
	switch v.Text("acks") {
	case "0":
		idempotent, opts = false, append(opts, kgo.RequiredAcks(kgo.NoAck()))
	case "1":
		idempotent, opts = false, append(opts, kgo.RequiredAcks(kgo.LeaderAck()))
	case "all":
		opts = append(opts, kgo.RequiredAcks(kgo.AllISRAcks()))
	}
	if !idempotent {
		opts = append(opts, kgo.DisableIdempotentWrite())
		if n, set := v.Number("max.in.flight.requests.per.connection"); set {
			opts = append(opts, kgo.MaxProduceRequestsInflightPerBroker(int(n)))
		}
	}
	return opts
}
