package client

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/conf"
)

// TestEveryPropertyMeansSomething: a property that kq takes is an option of kgo,
// or belongs to one of those who read it themselves.
func TestEveryPropertyMeansSomething(t *testing.T) {
	elsewhere := []string{
		"bootstrap.servers", "security.protocol", "enable.ssl.certificate.verification", // conf
		"socket.connection.setup.timeout.ms", "retry.backoff.ms", "retry.backoff.max.ms", "broker.address.family", // watch
		"max.in.flight.requests.per.connection", "compression.level", // with acks and compression.type
		"partitioner", "delivery.timeout.ms", "transaction.timeout.ms", // the produce command
	}
	for _, p := range conf.Properties() {
		ours := slices.ContainsFunc(rules(), func(r rule) bool { return r.name == p.Name }) ||
			slices.Contains(elsewhere, p.Name) || strings.HasPrefix(p.Name, "ssl.") || strings.HasPrefix(p.Name, "sasl.")
		if !ours {
			t.Errorf("%s does nothing", p.Name)
		}
	}
	for _, r := range rules() {
		if p, ok := conf.Find(r.name); !ok || p.Name != r.name {
			t.Errorf("%s is no property", r.name)
		}
	}
}

func TestTuning(t *testing.T) {
	with := func(props string, more ...kgo.Opt) *Client {
		t.Helper()
		s, err := conf.Resolve(conf.Flags{Properties: strings.Fields(props)}, func(string) string { return "" })
		if err != nil {
			t.Fatal(err)
		}
		cl, err := New(s, Options{}, more...)
		if err != nil {
			t.Fatalf("%s: %v", props, err)
		}
		t.Cleanup(cl.Close)
		return cl
	}
	cl := with("client.id=me linger.ms=7 fetch.max.bytes=200000000 acks=1 max.in.flight=3 compression.codec=zstd compression.level=4 "+
		"message.max.bytes=2000 batch.size=1000000 retries=100 request.timeout.ms=3s metadata.max.age.ms=60000 socket.timeout.ms=4000 "+
		"isolation.level=READ_UNCOMMITTED check.crcs=false allow.auto.create.topics=true max.poll.interval.ms=5s heartbeat.interval.ms=1s",
		kgo.ProducerLinger(time.Second), kgo.ClientID("its own"))
	for _, tt := range []struct{ opt, want any }{
		{kgo.ClientID, "me"},
		{kgo.ProducerLinger, 7 * time.Millisecond},
		{kgo.FetchMaxBytes, int32(200000000)},
		{kgo.BrokerMaxReadBytes, int32(200000000)},
		{kgo.MaxProduceRequestsInflightPerBroker, 3},
		{kgo.DisableIdempotentWrite, true},
		{kgo.RequestTimeoutOverhead, 4 * time.Second},
		{kgo.MetadataMaxAge, time.Minute},
		{kgo.DisableFetchCRCValidation, true},
		{kgo.AllowAutoTopicCreation, true},
	} {
		if got := cl.OptValue(tt.opt); got != tt.want {
			t.Errorf("got %v, want %v", got, tt.want)
		}
	}
	cl = with("batch.size=16384", kgo.ProducerLinger(time.Second))
	if got := cl.OptValue(kgo.ProducerLinger); got != time.Second {
		t.Errorf("a command's own option is gone: %v", got)
	}
	s, err := conf.Resolve(conf.Flags{Properties: []string{"heartbeat.interval.ms=60s", "session.timeout.ms=10s"}}, func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	var wrong *conf.Error
	if _, err := New(s, Options{}); !errors.As(err, &wrong) {
		t.Errorf("got %v, want a *conf.Error", err)
	}
}
