package query_test

import (
	"errors"
	"net/url"
	"testing"

	"kq/pkg/streams/query"
)

func TestClient(t *testing.T) {
	i := one(t)
	c, err := query.NewClient([]string{"127.0.0.1:1", i.server.Addr()}, "") // nothing is at the first
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	stores, err := c.Stores(t.Context())
	if err != nil || len(stores) != 4 || stores[0].Name != "counts" {
		t.Errorf("%+v %v", stores, err)
	}
	if n, err := c.Count(t.Context(), "counts", nil); n != 4 || err != nil {
		t.Errorf("%d %v", n, err)
	}
	f, err := c.Find(t.Context(), "counts", url.Values{"key": {"a/b ?"}})
	if err != nil || !f.One || len(f.Entries) != 1 || string(f.Entries[0].Value) != "3" {
		t.Errorf("%+v %v", f, err)
	}
	f, err = c.Find(t.Context(), "wc", url.Values{"key": {"kafka"}, "limit": {"2"}})
	if err != nil || f.One || len(f.Entries) != 2 || *f.Entries[1].Start != 5000 {
		t.Errorf("%+v %v", f, err)
	}
	f, err = c.Find(t.Context(), "counts", url.Values{"limit": {"2"}})
	if err != nil || f.One || len(f.Entries) != 2 || !f.More || f.Stale {
		t.Errorf("%+v %v", f, err)
	}
	var status *query.StatusError
	if _, err := c.Find(t.Context(), "nosuch", nil); !errors.As(err, &status) || status.Code != 404 || status.Message != `no such store: "nosuch"` {
		t.Error(err)
	}
	enough := errors.New("enough")
	var seen []string
	err = c.Watch(t.Context(), "counts", url.Values{"key": {"kafka"}}, func(event string, e *query.Entry) error {
		seen = append(seen, event)
		if event == "ready" {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) || len(seen) != 2 || seen[0] != "entry" {
		t.Error(seen, err)
	}
	none, err := query.NewClient([]string{"127.0.0.1:1"}, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := none.Stores(t.Context()); !errors.Is(err, query.ErrNobody) {
		t.Error(err)
	}
	if _, err := query.NewClient([]string{"ftp://x"}, ""); !errors.Is(err, query.ErrOptions) {
		t.Error(err)
	}
}
