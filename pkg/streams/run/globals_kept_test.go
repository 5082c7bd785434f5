package run

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/broker/brokertest"
	"kq/pkg/streams/codec"
	"kq/pkg/streams/dsl"
	"kq/pkg/streams/state"
	"kq/pkg/streams/topology"
)

// prices joins orders, whose values are products, with the global table of products.
func prices(t *testing.T) *topology.Topology {
	t.Helper()
	text := dsl.Consumed{Key: codec.String{}, Value: codec.String{}}
	d := dsl.NewBuilder()
	products := d.GlobalTable("products", text, dsl.Materialized{Store: "products"})
	d.Stream([]string{"orders"}, text).JoinGlobal(products,
		func(r *topology.Record) (codec.Value, error) { return r.Value, nil },
		func(_, _, right *codec.Value) (codec.Value, error) { return *right, nil }).
		To("priced", dsl.Produced{Key: codec.String{}, Value: codec.String{}})
	top, err := d.Build()
	if err != nil {
		t.Fatal(err)
	}
	return top
}

// loaded runs the prices until they are loaded, and tells what the store holds
// and what was said about the loading.
func loaded(t *testing.T, b *brokertest.Broker, dir string) (products map[string]string, log *said) {
	t.Helper()
	log = &said{}
	i := start(t, b, prices(t), func(o *Options) {
		o.StateDir, o.Logger = dir, slog.New(slog.NewTextHandler(log, nil))
	})
	i.running(t, 1)
	parts, done, err := i.Open("products")
	if err != nil || len(parts) != 1 {
		t.Fatalf("%v %v", parts, err)
	}
	products = map[string]string{}
	err = parts[0].Store.(*state.KeyValue).Range(nil, nil, false, func(k, v []byte, _ int64) bool {
		products[string(k)] = string(v)
		return true
	})
	done()
	if err != nil {
		t.Fatal(err)
	}
	i.stop(t)
	return products, log
}

func (s *said) wants(t *testing.T, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if len(s.lines(p)) != 1 {
			t.Errorf("%q is not said once in\n%s", p, strings.Join(s.lines(""), ""))
		}
	}
}

// TestGlobalTablesAreKept starts again and again: what is in the files is not
// read again, unless the topic is another one or the files are damaged.
func TestGlobalTablesAreKept(t *testing.T) {
	b := broker(t, "orders:1", "products:2", "priced:1")
	cl := client(t, b)
	send := func(kv ...string) {
		t.Helper()
		for n := 0; n < len(kv); n += 2 {
			if err := cl.ProduceSync(t.Context(), &kgo.Record{Topic: "products", Key: []byte(kv[n]), Value: []byte(kv[n+1])}).FirstErr(); err != nil {
				t.Fatal(err)
			}
		}
	}
	dir := t.TempDir()
	send("a", "1", "b", "2", "c", "3")
	got, log := loaded(t, b, dir)
	if log.wants(t, "global stores are loaded\" records=3"); len(got) != 3 || got["c"] != "3" {
		t.Errorf("%v", got)
	}
	send("a", "9")
	got, log = loaded(t, b, dir)
	if log.wants(t, "global stores are loaded\" records=1"); len(got) != 3 || got["a"] != "9" || got["b"] != "2" {
		t.Errorf("%v", got)
	}
	if _, err := kadm.NewClient(cl).DeleteTopics(t.Context(), "products"); err != nil {
		t.Fatal(err)
	}
	b.Topic("products", 2)
	cl = client(t, b)
	send("d", "4", "d", "5", "e", "6", "f", "7")
	got, log = loaded(t, b, dir)
	if len(log.lines("deleted and made anew")) == 0 || len(got) != 3 || got["d"] != "5" || got["a"] != "" {
		t.Errorf("%v after %s", got, strings.Join(log.lines(""), ""))
	}
	files, err := filepath.Glob(filepath.Join(dir, "app", "global", "MANIFEST*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%v %v", files, err)
	}
	for _, f := range files {
		if err := os.WriteFile(f, []byte("rubbish rubbish rubbish"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, log = loaded(t, b, dir)
	if log.wants(t, "global stores are loaded\" records=4"); len(got) != 3 {
		t.Errorf("%v", got)
	}
}
