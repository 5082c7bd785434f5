package query

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Client asks the instances of an application.
type Client struct {
	hosts []string
	token *token
	http  *http.Client
}

// ErrNobody says that no instance answered.
var ErrNobody = errors.New("no instance answers")

// StatusError is an answer that is none: its HTTP code and what the instance said.
type StatusError struct {
	Code    int
	Message string
}

func (e *StatusError) Error() string { return e.Message }

// NewClient asks the instances at hosts, each HOST:PORT or a URL, in that order;
// tokenFile holds the token that they want, "" for none.
func NewClient(hosts []string, tokenFile string) (*Client, error) {
	t, err := readToken(tokenFile)
	if err != nil {
		return nil, err
	}
	c := &Client{token: t, http: &http.Client{Transport: &http.Transport{
		DialContext: (&net.Dialer{Timeout: 2 * time.Second}).DialContext, ResponseHeaderTimeout: time.Minute,
	}}}
	for _, host := range hosts {
		if !strings.Contains(host, "://") {
			host = "http://" + host
		}
		u, err := url.Parse(host)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return nil, fmt.Errorf("%w: %q is no HOST:PORT and no URL", ErrOptions, host)
		}
		c.hosts = append(c.hosts, strings.TrimSuffix(u.String(), "/"))
	}
	return c, nil
}

// Close ends connections that are kept.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// ask sends a request to the first instance that can be reached.
func (c *Client) ask(ctx context.Context, path string, q url.Values) (*http.Response, error) {
	var failed error = ErrNobody
	for _, host := range c.hosts {
		at := host + path
		if len(q) > 0 {
			at += "?" + q.Encode()
		}
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
		if err != nil {
			return nil, err
		}
		if c.token != nil {
			req.Header.Set("Authorization", "Bearer "+c.token.text)
		}
		resp, err := c.http.Do(req)
		if err != nil {
			failed = fmt.Errorf("%w: %w", ErrNobody, err)
			continue
		}
		if resp.StatusCode == http.StatusOK {
			return resp, nil
		}
		status := &StatusError{Code: resp.StatusCode, Message: resp.Status}
		var said struct {
			Error string `json:"error"`
		}
		if json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&said) == nil && said.Error != "" {
			status.Message = said.Error
		}
		resp.Body.Close()
		if failed = status; status.Code != http.StatusServiceUnavailable {
			return nil, failed
		}
	}
	return nil, failed
}

func (c *Client) get(ctx context.Context, path string, q url.Values, into any) (http.Header, error) {
	resp, err := c.ask(ctx, path, q)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	return resp.Header, nil
}

// Stores lists the stores that are served.
func (c *Client) Stores(ctx context.Context) ([]StoreInfo, error) {
	list := []StoreInfo{}
	_, err := c.get(ctx, "/stores", nil, &list)
	return list, err
}

// Count counts the entries of a store.
func (c *Client) Count(ctx context.Context, store string, q url.Values) (int64, error) {
	var n struct {
		Count int64 `json:"count"`
	}
	_, err := c.get(ctx, "/stores/"+url.PathEscape(store)+"/count", q, &n)
	return n.Count, err
}

// Found is what a query found.
type Found struct {
	Entries []Entry
	// One says that there is one entry a key, and a key was asked for.
	One bool
	// More says that there are more entries than the limit; Stale that a copy answered.
	More, Stale bool
}

// Find asks a store; q holds the parameters of the HTTP API.
func (c *Client) Find(ctx context.Context, store string, q url.Values) (*Found, error) {
	var raw json.RawMessage
	header, err := c.get(ctx, "/stores/"+url.PathEscape(store), q, &raw)
	if err != nil {
		return nil, err
	}
	f := &Found{Entries: []Entry{}, More: header.Get(moreHeader) != "", Stale: header.Get(staleHeader) != ""}
	if f.One = bytes.HasPrefix(raw, []byte("{")); f.One {
		f.Entries = make([]Entry, 1)
		err = json.Unmarshal(raw, &f.Entries[0])
	} else {
		err = json.Unmarshal(raw, &f.Entries)
	}
	if err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	return f, nil
}

// Watch calls f with the events of a watch (entry, ready, change, lost) until it
// answers an error, ctx ends, or the instance goes away.
func (c *Client) Watch(ctx context.Context, store string, q url.Values, f func(event string, e *Entry) error) error {
	wanted := url.Values{"watch": {"1"}}
	for name, values := range q {
		wanted[name] = values
	}
	resp, err := c.ask(ctx, "/stores/"+url.PathEscape(store), wanted)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, 64<<20)
	event := ""
	for lines.Scan() {
		name, text, _ := strings.Cut(lines.Text(), ": ")
		switch name {
		case "event":
			event = text
		case "data":
			var e Entry
			if err := json.Unmarshal([]byte(text), &e); err != nil {
				return fmt.Errorf("read an event: %w", err)
			}
			if err := f(event, &e); err != nil {
				return err
			}
		}
	}
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("watch store %s: %w", store, err)
	}
	return fmt.Errorf("watch store %s: %w any more", store, ErrNobody)
}
