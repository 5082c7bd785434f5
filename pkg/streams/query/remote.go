package query

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// The headers between instances.
const (
	// hopHeader marks what another instance asks, and how it wants the answer; it
	// is not passed on again.
	hopHeader = "Kq-Hop"
	// partitionsHeader says which partitions it asks about.
	partitionsHeader = "Kq-Partitions"
)

// The headers of answers.
const (
	// staleHeader says that a copy answered, and how many records it lacked.
	staleHeader = "Kq-Stale-Records"
	// moreHeader says that there are more entries than the limit.
	moreHeader = "Kq-More"
)

// The values of hopHeader.
const (
	hopSame    = "same"    // as the client wants it
	hopEntries = "entries" // a list, without watching
)

// mostAnswer is how much of another instance's answer is read, in bytes.
const mostAnswer = 256 << 20

// errNext is an instance that could not answer; another one may.
var errNext = errors.New("cannot answer")

// ask sends a request to another instance. The caller closes the body.
func (s *Server) ask(ctx context.Context, host, hop string, r *http.Request, partitions []int32) (*http.Response, error) {
	u := url.URL{Scheme: "http", Host: host, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w: %w", host, errNext, err)
	}
	req.Header.Set(hopHeader, hop)
	if partitions != nil {
		req.Header.Set(partitionsHeader, formatNumbers(partitions))
	}
	if s.token != nil {
		req.Header.Set("Authorization", "Bearer "+s.token.text)
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w: %w", host, errNext, err)
	}
	switch resp.StatusCode {
	case http.StatusOK, http.StatusNotFound, http.StatusBadRequest:
		return resp, nil
	}
	b, _ := io.ReadAll(io.LimitReader(resp.Body, 500)) // for the message alone
	resp.Body.Close()
	return nil, fmt.Errorf("ask %s: %w: %s %s", host, errNext, resp.Status, strings.TrimSpace(string(b)))
}

// fetch asks another instance for a JSON document.
func fetch[T any](ctx context.Context, s *Server, host string, r *http.Request, partitions []int32) (T, http.Header, error) {
	var v T
	resp, err := s.ask(ctx, host, hopEntries, r, partitions)
	if err != nil {
		return v, nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return v, nil, fmt.Errorf("ask %s: %w: %s", host, errNext, resp.Status)
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, mostAnswer)).Decode(&v); err != nil {
		return v, nil, fmt.Errorf("ask %s: %w: %w", host, errNext, err)
	}
	return v, resp.Header, nil
}

// pass hands another instance's answer on.
func pass(w http.ResponseWriter, resp *http.Response) error {
	defer resp.Body.Close()
	for _, name := range []string{"Content-Type", staleHeader, moreHeader} {
		if v := resp.Header.Get(name); v != "" {
			w.Header().Set(name, v)
		}
	}
	w.WriteHeader(resp.StatusCode)
	_, err := io.Copy(w, resp.Body)
	return err
}
