package api

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/pkg/broker/internal/cluster"
	"kq/pkg/broker/internal/meta"
	"kq/pkg/broker/internal/wire"
	"kq/pkg/broker/logstore"
	"kq/pkg/broker/vfs"
)

// admin is a broker without partitions: a service over a real controller.
type admin struct {
	*Service
	t          *testing.T
	fs         vfs.FS
	store      *logstore.Store
	controller *cluster.Controller
	other      *meta.Image // shown instead of the controller's, when set
	advertised map[int32]bool
}

func newAdmin(t *testing.T, static map[string]string) *admin {
	a := &admin{t: t, fs: vfs.NewMem(0), advertised: map[int32]bool{1: true, 2: true, 3: true}}
	a.boot(static)
	t.Cleanup(func() { _ = a.store.Close(false) })
	return a
}

// boot starts the broker, again.
func (a *admin) boot(static map[string]string) {
	a.t.Helper()
	var err error
	if a.store, err = logstore.Open(context.Background(), logstore.Options{FS: a.fs, Dir: "data"}); err != nil {
		a.t.Fatal(err)
	}
	if a.controller, err = cluster.Open(context.Background(), cluster.Options{
		Store: a.store, FS: a.fs, NodeID: 1, Static: static,
		Publish: func(_, _ *meta.Image) error { return nil },
	}); err != nil {
		a.t.Fatal(err)
	}
	a.Service = &Service{
		NodeID: 1, Controller: a.controller, Static: static, Logger: slog.New(slog.DiscardHandler),
		Image: func() *meta.Image {
			if a.other != nil {
				return a.other
			}
			return a.controller.Image()
		},
	}
}

// ask sends a request over a connection that advertises the brokers as
// host-ID:9090+ID.
func (a *admin) ask(q kmsg.Request, version int16) kmsg.Response {
	a.t.Helper()
	q.SetVersion(version)
	body := q.AppendTo(nil)
	buf := wire.NewBuf(len(body))
	copy(buf.Bytes(), body)
	conn := &Conn{Advertise: func(_ *Conn, id int32) (string, int32, bool) {
		return fmt.Sprint("host-", id), 9090 + id, a.advertised[id]
	}}
	got, r := newAnswers(), new(Request)
	r.Init(wire.Header{Key: q.Key(), Version: version}, buf.Bytes(), buf, conn, got)
	a.Handle(r)
	<-got.done
	if got.closed != nil {
		a.t.Fatalf("%s version %d closed the connection: %v", kmsg.NameForKey(q.Key()), version, got.closed)
	}
	resp := q.ResponseKind()
	if err := resp.ReadFrom(got.reply); err != nil {
		a.t.Fatalf("decode answer to %s version %d: %v", kmsg.NameForKey(q.Key()), version, err)
	}
	return resp
}

// create makes topics, each "name", "name:partitions" or "name:partitions:replicas".
func (a *admin) create(topics ...string) *kmsg.CreateTopicsResponse {
	a.t.Helper()
	q := kmsg.NewPtrCreateTopicsRequest()
	for _, spec := range topics {
		t := kmsg.NewCreateTopicsRequestTopic()
		t.NumPartitions, t.ReplicationFactor = 1, 1
		name, counts, _ := strings.Cut(spec, ":")
		t.Topic = name
		_, _ = fmt.Sscanf(strings.ReplaceAll(counts, ":", " "), "%d %d", &t.NumPartitions, &t.ReplicationFactor)
		q.Topics = append(q.Topics, t)
	}
	return a.ask(q, 7).(*kmsg.CreateTopicsResponse)
}

// imagine shows an image of brokers 1 (alive), 2 (fenced) and 3 (alive), with a
// topic "p" whose partitions have the given leaders.
func (a *admin) imagine(leaders ...int32) {
	a.t.Helper()
	records := []meta.Record{
		&meta.RegisterBroker{BrokerID: 1}, &meta.RegisterBroker{BrokerID: 2, Fenced: true},
		&meta.RegisterBroker{BrokerID: 3, Rack: new(string)}, &meta.TopicRecord{Name: "p", TopicID: meta.ID{7}},
	}
	for i, l := range leaders {
		records = append(records, &meta.PartitionRecord{
			PartitionID: int32(i), TopicID: meta.ID{7}, Leader: l, LeaderEpoch: 4, Replicas: []int32{1, 2, 3}, ISR: []int32{1, 3},
		})
	}
	img, err := meta.NewImage("AAAAAAAAAAAAAAAAAAAAAA").Apply(records...)
	if err != nil {
		a.t.Fatal(err)
	}
	a.other = img
}

func said(code int16, text *string) string {
	if text == nil {
		return fmt.Sprint(code)
	}
	return fmt.Sprint(code, " ", *text)
}
