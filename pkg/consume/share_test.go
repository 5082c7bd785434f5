package consume_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/brokertest"
	"kq/pkg/consume"
)

func TestShareValidate(t *testing.T) {
	share := consume.Share{Name: "g"}
	for name, o := range map[string]consume.Options{
		"no group":         {Share: consume.Share{Ack: consume.AckReject}},
		"two groups":       {Share: share, Group: consume.Group{Name: "c"}},
		"partitions":       {Share: share, Partitions: []int32{0}},
		"a place to begin": {Share: share, From: consume.End()},
		"a tail":           {Share: share, Tail: 1},
		"no such ack":      {Share: consume.Share{Name: "g", Ack: "renew"}},
	} {
		o.Topics = []string{"t"}
		if err := o.Validate(); !errors.Is(err, consume.ErrOptions) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, ack := range append(consume.Acks(), "") {
		o := consume.Options{Topics: []string{"t"}, Share: consume.Share{Name: "g", Ack: ack}}
		if err := o.Validate(); err != nil {
			t.Errorf("%q: %v", ack, err)
		}
	}
}

// values is a sink that cannot print one value, or not be flushed.
type values struct {
	bad     string
	broken  bool
	written []string
	waiting []string
}

var errBad = errors.New("this one cannot be printed")

func (v *values) Record(r *kgo.Record) error {
	if string(r.Value) == v.bad {
		return errBad
	}
	v.waiting = append(v.waiting, string(r.Value))
	return nil
}

func (v *values) Flush() error {
	if v.broken {
		return errBad
	}
	v.written, v.waiting = append(v.written, v.waiting...), nil
	return nil
}

// TestShareAcknowledgesWhatIsWritten has a member whose output fails in the middle:
// the next member gets exactly what was not written.
func TestShareAcknowledgesWhatIsWritten(t *testing.T) {
	b := brokertest.Start(t, brokertest.Topics("t:1"), brokertest.Set("group.share.assignment.interval.ms", "0"),
		brokertest.Set("group.share.min.heartbeat.interval.ms", "1000"), brokertest.Set("group.share.heartbeat.interval.ms", "1000"))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Second)
	defer cancel()
	o := consume.Options{Topics: []string{"t"}, Share: consume.Share{Name: "g"}}
	cl, err := kgo.NewClient(append(o.ClientOptions(), kgo.SeedBrokers(b.Addr()))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	earliest(ctx, t, cl, "g")
	for i := range 6 {
		if err := cl.ProduceSync(ctx, &kgo.Record{Topic: "t", Value: fmt.Appendf(nil, "%d", i)}).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	broken := &values{broken: true}
	if _, err := consume.Run(ctx, cl, o, broken); !errors.Is(err, errBad) || len(broken.written) != 0 {
		t.Fatalf("%v, %v written", err, broken.written)
	}
	some := &values{bad: "2"}
	if _, err := consume.Run(ctx, cl, o, some); !errors.Is(err, errBad) || !slices.Equal(some.written, []string{"0", "1"}) {
		t.Fatalf("%v, %v written", err, some.written)
	}
	rest := &values{}
	o.Count = 4
	r, err := consume.Run(ctx, cl, o, rest)
	if err != nil || r.Records != 4 || !slices.Equal(rest.written, []string{"2", "3", "4", "5"}) {
		t.Fatalf("%v, %v written", err, rest.written)
	}
	o.Count, o.Idle = 0, 2*time.Second
	if r, err := consume.Run(ctx, cl, o, rest); err != nil || r.Records != 0 {
		t.Errorf("%d records left, %v", r.Records, err)
	}
}

// earliest lets a share group begin at the start.
func earliest(ctx context.Context, t *testing.T, cl *kgo.Client, group string) {
	t.Helper()
	value := "earliest"
	req := kmsg.NewPtrIncrementalAlterConfigsRequest()
	req.Resources = []kmsg.IncrementalAlterConfigsRequestResource{{
		ResourceType: kmsg.ConfigResourceTypeGroupConfig, ResourceName: group,
		Configs: []kmsg.IncrementalAlterConfigsRequestResourceConfig{{Name: "share.auto.offset.reset", Value: &value}},
	}}
	if r, err := req.RequestWith(ctx, cl); err != nil || r.Resources[0].ErrorCode != 0 {
		t.Fatalf("%+v, %v", r, err)
	}
}
