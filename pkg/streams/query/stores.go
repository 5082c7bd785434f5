package query

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
)

// errNoKey is a key that a store does not hold.
var errNoKey = errors.New("no such key")

// StoreInfo is a store as the list of an instance shows it.
type StoreInfo struct {
	Name       string  `json:"store"`
	Kind       string  `json:"kind"`
	Key        string  `json:"key"`
	Value      string  `json:"value"`
	WindowMs   int64   `json:"windowMs,omitempty"`
	Global     bool    `json:"global"`
	Partitions int     `json:"partitions"`
	Active     []int32 `json:"active"`  // partitions that this instance runs
	Standby    []int32 `json:"standby"` // partitions that it has a copy of
}

func (s *Server) listStores(w http.ResponseWriter, _ *http.Request) error {
	list := []StoreInfo{}
	for _, st := range s.instance.Stores() {
		v, err := s.open(st.Name)
		if errors.Is(err, errNone) {
			continue
		}
		if err != nil {
			return err
		}
		info := StoreInfo{
			Name: st.Name, Kind: kind(st.Kind), Key: st.Key.Name(), Value: st.Value.Name(), WindowMs: st.WindowSize.Milliseconds(),
			Global: st.Global, Partitions: len(v.partitions()), Active: []int32{}, Standby: []int32{},
		}
		for _, n := range slices.Sorted(maps.Keys(v.parts)) {
			if v.parts[n].Active {
				info.Active = append(info.Active, n)
			} else {
				info.Standby = append(info.Standby, n)
			}
		}
		v.close()
		list = append(list, info)
	}
	slices.SortFunc(list, func(a, b StoreInfo) int { return cmp.Compare(a.Name, b.Name) })
	return answer(w, list)
}

// request is one for a store, read.
type request struct {
	*view
	p   *params
	hop bool // another instance asks
	r   *http.Request
	// partitions are those it is about.
	partitions []int32
}

// request reads what r asks for. The caller closes its view.
func (s *Server) request(r *http.Request) (*request, error) {
	q, err := queryOf(r)
	if err != nil {
		return nil, err
	}
	v, err := s.open(r.PathValue("store"))
	if err != nil {
		return nil, err
	}
	req := &request{view: v, r: r, hop: r.Header.Get(hopHeader) != "", partitions: v.partitions()}
	if req.p, err = parseParams(v.Store, r.PathValue("key"), q); err == nil {
		req.p.watch = req.p.watch && r.Header.Get(hopHeader) != hopEntries
	}
	if err == nil && req.p.key != nil {
		var n int32
		n, err = v.of(req.p.key)
		req.partitions = []int32{n}
	}
	if numbers := r.Header.Get(partitionsHeader); err == nil && req.hop && numbers != "" {
		req.partitions, err = parseNumbers(numbers, 100_000)
	}
	if err != nil {
		v.close()
		return nil, err
	}
	return req, nil
}

// storeKey answers for one key: an object, or for windows and sessions a list.
func (s *Server) storeKey(w http.ResponseWriter, r *http.Request) error {
	req, err := s.request(r)
	if err != nil {
		return err
	}
	defer req.close()
	if r.Header.Get(hopHeader) == hopEntries {
		return s.entries(w, req)
	}
	return s.oneKey(w, req)
}

func (s *Server) oneKey(w http.ResponseWriter, req *request) error {
	if req.p.watch {
		return s.watch(w, req)
	}
	n := req.partitions[0]
	if at := req.elsewhere(s, n); at != "" && req.p.redirect && !req.hop {
		http.Redirect(w, req.r, "http://"+at+req.r.URL.RequestURI(), http.StatusTemporaryRedirect)
		return nil
	}
	var failed error
	for _, way := range s.reaches(req.view, n, req.p.stale, req.hop) {
		if way.part != nil {
			return req.answerKey(w, way.part)
		}
		resp, err := s.ask(req.r.Context(), way.host, hopSame, req.r, req.partitions)
		if err == nil {
			return pass(w, resp)
		}
		s.o.Logger.Warn("ask for a key", "store", req.Name, "host", way.host, "err", err)
		failed = err
	}
	return away(req.view, n, failed)
}

// elsewhere is the instance that runs a partition, "" where that is this one.
func (r *request) elsewhere(s *Server, n int32) string {
	if part := r.parts[n]; part != nil && part.Active || int(n) >= len(r.places) || r.places[n].Active == s.self() {
		return ""
	}
	return r.places[n].Active
}

func (r *request) answerKey(w http.ResponseWriter, part *Part) error {
	entries, err := r.read(part, r.p)
	if err != nil {
		return err
	}
	tellStale(w, part)
	if r.windowed() {
		list := make([]Entry, len(entries))
		for i := range entries {
			list[i] = r.wire(&entries[i], false)
		}
		return answer(w, list)
	}
	if len(entries) == 0 {
		return fmt.Errorf("%w in store %s", errNoKey, r.Name)
	}
	return answer(w, r.wire(&entries[0], false))
}

func tellStale(w http.ResponseWriter, part *Part) {
	if !part.Active {
		w.Header().Set(staleHeader, strconv.FormatInt(part.Lag, 10))
	}
}

// storeEntries answers for all keys, or a range of them.
func (s *Server) storeEntries(w http.ResponseWriter, r *http.Request) error {
	req, err := s.request(r)
	if err != nil {
		return err
	}
	defer req.close()
	switch {
	case r.Header.Get(hopHeader) == hopEntries:
	case req.p.key != nil:
		return s.oneKey(w, req)
	case req.p.watch:
		return s.watch(w, req)
	}
	return s.entries(w, req)
}

func (s *Server) entries(w http.ResponseWriter, req *request) error {
	list, lag, err := s.collect(req.r.Context(), req)
	if err != nil {
		return err
	}
	if lag >= 0 {
		w.Header().Set(staleHeader, strconv.FormatInt(lag, 10))
	}
	if len(list) > req.p.limit {
		w.Header().Set(moreHeader, "1")
		list = list[:req.p.limit]
	}
	w.Header().Set("Content-Type", "application/json")
	return writeList(w, list, req.hop)
}

// found is what one instance has of a range.
type found struct {
	list []Entry
	lag  int64 // of copies that answered; -1: none did
}

// collect gathers the entries of a range, one more than the limit where there are
// more, by key and window.
func (s *Server) collect(ctx context.Context, req *request) (list []Entry, lag int64, err error) {
	lag = -1
	wider := *req.p
	wider.limit++
	ask := func(ctx context.Context, host string, parts []*Part, numbers []int32) (found, error) {
		f := found{lag: -1}
		if host != "" {
			list, header, err := fetch[[]Entry](ctx, s, host, req.r, numbers)
			if n, bad := strconv.ParseInt(header.Get(staleHeader), 10, 64); err == nil && bad == nil {
				f.lag = n
			}
			if header.Get(moreHeader) != "" && len(list) > 0 {
				list = append(list, list[len(list)-1]) // stands for those that it has more; it is beyond the limit
			}
			f.list = list
			return f, err
		}
		for _, part := range parts {
			entries, err := req.read(part, &wider)
			if err != nil {
				return f, err
			}
			if !part.Active {
				f.lag = max(f.lag, part.Lag)
			}
			for i := range entries {
				f.list = append(f.list, req.wire(&entries[i], true))
			}
		}
		return f, nil
	}
	err = gather(ctx, s, req.view, req.partitions, req.p.stale, req.hop, ask, func(f found) {
		list, lag = append(list, f.list...), max(lag, f.lag)
	})
	slices.SortStableFunc(list, func(a, b Entry) int {
		n := cmp.Or(bytes.Compare(a.Sort, b.Sort), cmp.Compare(orZero(a.Start), orZero(b.Start)), cmp.Compare(orZero(a.End), orZero(b.End)))
		if req.p.reverse {
			return -n
		}
		return n
	})
	return list[:min(len(list), wider.limit)], lag, err
}

func orZero(n *int64) int64 {
	if n == nil {
		return 0
	}
	return *n
}

// writeList writes a JSON list, an entry a line.
func writeList(w http.ResponseWriter, list []Entry, hop bool) error {
	var b bytes.Buffer
	b.WriteByte('[')
	for i := range list {
		if b.WriteString("\n"); i > 0 {
			b.Truncate(b.Len() - 1)
			b.WriteString(",\n")
		}
		if !hop {
			list[i].Sort = nil
		}
		line, err := json.Marshal(&list[i])
		if err != nil {
			return fmt.Errorf("encode an entry: %w", err)
		}
		b.Write(line)
	}
	if len(list) > 0 {
		b.WriteByte('\n')
	}
	b.WriteString("]\n")
	_, err := w.Write(b.Bytes())
	return err
}

// storeCount counts entries.
func (s *Server) storeCount(w http.ResponseWriter, r *http.Request) error {
	req, err := s.request(r)
	if err != nil {
		return err
	}
	defer req.close()
	type count struct {
		Count int64 `json:"count"`
	}
	sum := count{}
	err = gather(r.Context(), s, req.view, req.partitions, req.p.stale, req.hop,
		func(ctx context.Context, host string, parts []*Part, numbers []int32) (count, error) {
			if host != "" {
				n, _, err := fetch[count](ctx, s, host, r, numbers)
				return n, err
			}
			var n count
			for _, part := range parts {
				c, err := req.count(part)
				if err != nil {
					return n, err
				}
				n.Count += c
			}
			return n, nil
		}, func(n count) { sum.Count += n.Count })
	if err != nil {
		return err
	}
	return answer(w, sum)
}
