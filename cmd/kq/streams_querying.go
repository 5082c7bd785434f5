package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"kq/internal/cli"
	"kq/internal/out"
	"kq/pkg/streams/query"
)

// queryStreams asks the instances at hosts and prints what they say.
func (a *app) queryStreams(ctx context.Context, q *streamsQuery, hosts []string, tokenFile string) error {
	c, err := query.NewClient(hosts, tokenFile)
	if err != nil {
		return q.queryError(err)
	}
	defer c.Close()
	a.trace("asking %s", list(hosts))
	switch {
	case q.store == "":
		stores, err := c.Stores(ctx)
		if err != nil {
			return q.queryError(err)
		}
		return a.printStores(stores)
	case q.count:
		n, err := c.Count(ctx, q.store, q.params)
		if err != nil {
			return q.queryError(err)
		}
		v := struct {
			Store string `json:"store"`
			Count int64  `json:"count"`
		}{q.store, n}
		return a.print(v, out.Table{Columns: out.Cols("STORE", ">COUNT"), Rows: [][]string{{q.store, strconv.FormatInt(n, 10)}}})
	case q.watch:
		err := c.Watch(ctx, q.store, q.params, a.printEvent)
		if errors.Is(err, cli.ErrInterrupted) {
			return err
		}
		return q.queryError(err)
	}
	f, err := c.Find(ctx, q.store, q.params)
	if err != nil {
		return q.queryError(err)
	}
	return a.printFound(f)
}

func (a *app) printStores(stores []query.StoreInfo) error {
	t := out.Table{Columns: out.Cols("STORE", "KIND", "KEY", "VALUE", ">PARTITIONS", "WINDOW")}
	for _, s := range stores {
		window := ""
		if s.WindowMs > 0 {
			window = (time.Duration(s.WindowMs) * time.Millisecond).String()
		}
		t.Rows = append(t.Rows, []string{s.Name, s.Kind, s.Key, s.Value, strconv.Itoa(s.Partitions), window})
	}
	return a.print(stores, t)
}

// printFound prints entries; the one of a key as one document.
func (a *app) printFound(f *query.Found) error {
	if f.Stale {
		a.note("a copy answered, which may lack the latest changes")
	}
	if f.More {
		a.note("there are more: --limit N shows more, --from KEY goes on")
	}
	windowed := len(f.Entries) > 0 && f.Entries[0].Start != nil
	t := out.Table{Columns: out.Cols("KEY", "VALUE", "TIME")}
	if windowed {
		t.Columns = out.Cols("KEY", "START", "END", "VALUE", "TIME")
	}
	for i := range f.Entries {
		e := &f.Entries[i]
		row := []string{jsonText(e.Key)}
		if windowed {
			row = append(row, instant(*e.Start), instant(*e.End))
		}
		value := jsonText(e.Value)
		if e.Error != "" {
			value = e.Error
		}
		t.Rows = append(t.Rows, append(row, value, instant(e.Timestamp)))
	}
	if f.One {
		return a.print(f.Entries[0], t)
	}
	return a.printItems(f.Entries, t, false)
}

// printEvent prints an event of a watch.
func (a *app) printEvent(event string, e *query.Entry) error {
	switch event {
	case "ready":
		return nil
	case "lost":
		return cli.WithHint(errors.New("changes came faster than they were read, and some are lost"), "start again: a watch begins with what is there")
	}
	b, err := json.Marshal(e)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(a.env.Out, string(b))
	return err
}

// jsonText is JSON for a table: a text without its quotes where that is no riddle.
func jsonText(b json.RawMessage) string {
	var s string
	if json.Unmarshal(b, &s) == nil && s != "" && s != "null" && !strings.ContainsAny(s, "\n\t\r") {
		return s
	}
	return string(b)
}

// instant is a time of a record.
func instant(ms int64) string { return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z") }
