package ingest

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// loadWait is how long a request waits for the entries to be read.
const loadWait = 5 * time.Second

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h["X-Content-Type-Options"] = []string{"nosniff"}
	h["Cache-Control"] = []string{"no-store"}
	if err := s.route(w, r); err != nil {
		s.fail(w, r, err)
	}
}

func (s *Server) route(w http.ResponseWriter, r *http.Request) error {
	if err := s.allowed(r); err != nil {
		return err
	}
	path := r.URL.Path
	if rest, ok := strings.CutPrefix(path, "/topics/"); ok {
		if name, ok := strings.CutSuffix(rest, "/records"); ok && name != "" && !strings.Contains(name, "/") {
			if r.Method != http.MethodPost {
				return notAllowed(w, "POST", r.Method)
			}
			return s.post(w, r, name)
		}
	}
	if path != "/healthz" && path != "/readyz" {
		return refuse(http.StatusNotFound, "POST /topics/TOPIC/records appends records", "there is nothing at %q", clip(path))
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return notAllowed(w, "GET, HEAD", r.Method)
	}
	select {
	case <-s.loaded:
	default:
		if path == "/readyz" {
			return notLoaded()
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, "{\"status\":\"ok\"}\n") // the other side is gone
	return nil
}

func notAllowed(w http.ResponseWriter, methods, got string) error {
	w.Header().Set("Allow", methods)
	return refuse(http.StatusMethodNotAllowed, "use "+methods, "%s does nothing here", clip(got))
}

func notLoaded() error {
	return refuse(http.StatusServiceUnavailable, "send it again in a second", "the door is not open yet: the keys of former requests are being read")
}

// allowed tells strangers from those who may ask.
func (s *Server) allowed(r *http.Request) error {
	if s.token == nil {
		// A page of another site can send a POST here, or give this address a name.
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if !loopback(strings.Trim(host, "[]")) {
			return refuse(http.StatusForbidden, "use http://localhost or http://127.0.0.1; other names need a token file", "the door is asked for by a name that is not the loopback's")
		}
		if _, page := r.Header["Origin"]; page {
			return refuse(http.StatusForbidden, "send it from a program; pages need a token", "a page of a browser sent it")
		}
		return nil
	}
	if r.URL.Path == "/healthz" || r.URL.Path == "/readyz" {
		return nil
	}
	scheme, got, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	of := sha256.Sum256([]byte(got))
	if !strings.EqualFold(scheme, "Bearer") || subtle.ConstantTimeCompare(of[:], s.token[:]) != 1 {
		return refuse(http.StatusUnauthorized, "send -H 'Authorization: Bearer TOKEN', with the word in the door's token file", "the token is missing or wrong")
	}
	return nil
}

// fail answers with an error.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	var why *refusal
	if !errors.As(err, &why) {
		if r.Context().Err() != nil {
			return // nobody waits for it
		}
		why = refused(err, clip(r.URL.Path))
	}
	h := w.Header()
	switch why.code {
	case http.StatusUnauthorized:
		h.Set("WWW-Authenticate", "Bearer")
	case http.StatusServiceUnavailable:
		h.Set("Retry-After", "1")
		s.o.Logger.Warn("records refused", "path", clip(r.URL.Path), "err", why.text)
	case http.StatusRequestTimeout:
		h.Set("Connection", "close")
	}
	h.Set("Content-Type", "application/json")
	w.WriteHeader(why.code)
	doc := struct {
		Error   string            `json:"error"`
		Hint    string            `json:"hint"`
		Records []json.RawMessage `json:"records,omitempty"`
	}{Error: why.text, Hint: why.hint}
	for i := range why.results {
		doc.Records = append(doc.Records, appendResult(nil, &why.results[i]))
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(doc) // the other side is gone
}

// readBody reads what a request has, up to the limits.
func (s *Server) readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	tooMuch := func() error {
		return refuse(http.StatusRequestEntityTooLarge, "send less at once", "the body is larger than %d bytes", s.o.MaxBody)
	}
	if r.ContentLength > s.o.MaxBody {
		return nil, tooMuch()
	}
	// What was promised is only made room for as it comes.
	size := min(r.ContentLength+1, 64<<10)
	if size <= 0 {
		size = 512
	}
	body, err := readAll(http.MaxBytesReader(w, r.Body, s.o.MaxBody), int(size))
	var large *http.MaxBytesError
	switch {
	case err == nil:
		return body, nil
	case errors.As(err, &large):
		return nil, tooMuch()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, refuse(http.StatusRequestTimeout, "send it faster, or less of it", "the body took longer than %v", s.o.BodyTimeout)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, refuse(http.StatusBadRequest, "send as many bytes as Content-Length says", "the body is cut off")
	}
	return nil, refuse(http.StatusBadRequest, "see how the body is sent", "read body: %s", clip(err.Error()))
}

func readAll(r io.Reader, size int) ([]byte, error) {
	b := make([]byte, 0, size)
	for {
		n, err := r.Read(b[len(b):cap(b)])
		b = b[:len(b)+n]
		switch {
		case errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
			return b, nil
		case err != nil:
			return b, err
		case len(b) == cap(b):
			b = append(b, 0)[:len(b)]
		}
	}
}

// post appends the records of a request.
func (s *Server) post(w http.ResponseWriter, r *http.Request, name string) error {
	k, err := kindOf(r.Header)
	if err != nil {
		return err
	}
	key, err := keyOf(r.Header)
	if err != nil {
		return err
	}
	size := r.ContentLength
	if size < 0 || size > s.o.MaxBody {
		size = s.o.MaxBody
	}
	defer s.pending.Add(-size)
	if s.pending.Add(size) > s.o.MaxPending {
		return refuse(http.StatusServiceUnavailable, "send it again in a second", "too much is under way")
	}
	body, err := s.readBody(w, r)
	if err != nil {
		return err
	}
	if err := s.awaitLoaded(r.Context()); err != nil {
		return err
	}
	q := request{kind: k, topic: name, query: r.URL.RawQuery, body: body, key: key}
	if key != "" {
		return s.once(r.Context(), w, &q)
	}
	t, records, err := s.prepare(r.Context(), &q)
	if err != nil {
		return err
	}
	results, err := s.plain(t, records)
	if err != nil {
		return err
	}
	answer(w, appendAnswer(make([]byte, 0, 256), t.name, results, 0))
	return nil
}

func (s *Server) awaitLoaded(ctx context.Context) error {
	select {
	case <-s.loaded:
		return nil
	default:
	}
	timer := time.NewTimer(loadWait)
	defer timer.Stop()
	select {
	case <-s.loaded:
		return nil
	case <-timer.C:
		return notLoaded()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// answer writes a JSON document that is a success.
func answer(w http.ResponseWriter, doc []byte) {
	h := w.Header()
	h["Content-Type"] = []string{"application/json"}
	h["Content-Length"] = []string{strconv.Itoa(len(doc))}
	_, _ = w.Write(doc) // the other side is gone
}
