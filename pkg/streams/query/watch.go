package query

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// beatEvery is how often a watch without news says that it is there.
const beatEvery = 15 * time.Second

// watch answers with server-sent events: an "entry" for each entry that there is,
// "ready", then a "change" for each commit of one, its value null where it is
// gone. A watcher that does not keep up is cut off with "lost".
func (s *Server) watch(w http.ResponseWriter, req *request) error {
	if req.Global {
		return fmt.Errorf("%w: store %s is a global, which cannot be watched; its topic can be read", errParams, req.Name)
	}
	if s.hub.watchers.Load() >= mostWatchers {
		return fmt.Errorf("%w: %d watches run already", errUnavailable, mostWatchers)
	}
	// Watching begins before the entries are read: a change may come twice, none is missed.
	here := s.hub.watch(req.Name)
	defer s.hub.leave(here)
	ctx, cancel := context.WithCancel(req.r.Context())
	defer cancel()
	out := &events{w: w, control: http.NewResponseController(w)}

	remote, local, err := s.split(req)
	if err != nil {
		return err
	}
	list, _, err := s.collect(ctx, req)
	if err != nil {
		return err
	}
	req.close() // the task cannot end while its store is viewed
	streams, err := s.follow(ctx, req, remote)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/event-stream")
	for i := range list[:min(len(list), req.p.limit)] {
		list[i].Sort = nil
		if err := out.send("entry", &list[i]); err != nil {
			return err
		}
	}
	if err := out.send("ready", nil); err != nil {
		return err
	}
	var all sync.WaitGroup
	defer all.Wait()
	defer cancel() // ends what the others send
	ended := make(chan struct{}, len(streams))
	for _, body := range streams {
		all.Add(1)
		go func() {
			defer all.Done()
			defer body.Close()
			out.copy(body)
			ended <- struct{}{}
		}()
	}
	return s.tell(ctx, req, here, local, out, ended)
}

// split says which partitions are elsewhere, by host, and which are here.
func (s *Server) split(req *request) (remote map[string][]int32, local []int32, err error) {
	remote = map[string][]int32{}
	for _, n := range req.partitions {
		ways := s.reaches(req.view, n, req.p.stale, req.hop)
		switch {
		case len(ways) == 0:
			return nil, nil, away(req.view, n, nil)
		case ways[0].part != nil:
			local = append(local, n)
		default:
			remote[ways[0].host] = append(remote[ways[0].host], n)
		}
	}
	return remote, local, nil
}

// follow opens the watches of other instances.
func (s *Server) follow(ctx context.Context, req *request, remote map[string][]int32) ([]io.ReadCloser, error) {
	var streams []io.ReadCloser
	for host, numbers := range remote {
		resp, err := s.ask(ctx, host, hopSame, req.r, numbers)
		if err != nil || resp.StatusCode != http.StatusOK {
			for _, body := range streams {
				body.Close()
			}
			if err == nil {
				resp.Body.Close()
				err = fmt.Errorf("ask %s: %w: %s", host, errNext, resp.Status)
			}
			return nil, err
		}
		streams = append(streams, resp.Body)
	}
	return streams, nil
}

// tell sends the changes of this instance until somebody has enough.
func (s *Server) tell(ctx context.Context, req *request, here *watcher, local []int32, out *events, ended <-chan struct{}) error {
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ended: // its instance is gone: the reader connects again and finds the new one
			return nil
		case <-beat.C:
			if out.comment() != nil {
				return nil
			}
		case c, ok := <-here.changes:
			if !ok {
				return out.send("lost", nil)
			}
			if !slices.Contains(local, c.partition) || !req.p.wants(req.Store, &c.entry) {
				continue
			}
			line := req.wire(&c.entry, false)
			if out.send("change", &line) != nil {
				return nil
			}
		}
	}
}

// events writes server-sent events for several goroutines.
type events struct {
	mu      sync.Mutex // guards w
	w       http.ResponseWriter
	control *http.ResponseController
}

func (e *events) send(name string, w *Entry) error {
	data := []byte("{}")
	if w != nil {
		var err error
		if data, err = json.Marshal(w); err != nil {
			return err
		}
	}
	return e.write("event: " + name + "\ndata: " + string(data) + "\n\n")
}

func (e *events) comment() error { return e.write(": still here\n\n") }

func (e *events) write(text string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, err := io.WriteString(e.w, text); err != nil {
		return err
	}
	return e.control.Flush()
}

// copy passes the changes of another instance on: entries were told already.
func (e *events) copy(body io.Reader) {
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, 64<<20)
	name := ""
	for lines.Scan() {
		line := lines.Text()
		switch {
		case len(line) > 7 && line[:7] == "event: ":
			name = line[7:]
		case len(line) > 6 && line[:6] == "data: " && name == "change":
			if e.write("event: change\n"+line+"\n\n") != nil {
				return
			}
		}
	}
}
