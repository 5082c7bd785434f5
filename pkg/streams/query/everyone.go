package query

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"
)

// InstanceStatus is what one process of the application is doing.
type InstanceStatus struct {
	// Instance is HOST:PORT of its query server.
	Instance string `json:"instance"`
	// Others are the query servers of the application's other processes, whose
	// tasks are not in Tasks; ?all=1 asks them too.
	Others []string `json:"others,omitempty"`
	Status
}

// Unknown is the state of an instance that did not answer; its Error says why.
const Unknown = "UNKNOWN"

// whole reads ?all=1, the only parameter there is.
func whole(r *http.Request) (bool, error) {
	q, err := queryOf(r)
	if err != nil {
		return false, err
	}
	all := false
	for name, values := range q {
		switch {
		case name != "all":
			return false, fmt.Errorf("%w: there is no %q: all=1 asks all instances", errParams, clip(name))
		case len(values) != 1 || values[0] != "1" && values[0] != "true" && values[0] != "":
			return false, fmt.Errorf("%w: all is 1 or left out", errParams)
		}
		all = true
	}
	return all && r.Header.Get(hopHeader) == "", nil
}

// others are the query servers of the other processes, sorted.
func (s *Server) others() []string {
	self := s.self()
	hosts := slices.DeleteFunc(slices.Clone(s.instance.Hosts()), func(h string) bool { return h == "" || h == self })
	slices.Sort(hosts)
	return slices.Compact(hosts)
}

// everyone asks all other processes for the same, each once and at the same
// time; errs are those of hosts that did not answer.
func everyone[T any](ctx context.Context, s *Server, r *http.Request) (answers map[string]T, errs map[string]error) {
	answers, errs = map[string]T{}, map[string]error{}
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, host := range s.others() {
		all.Go(func() {
			v, _, err := fetch[T](ctx, s, host, r, nil)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				errs[host] = err
				return
			}
			answers[host] = v
		})
	}
	all.Wait()
	return answers, errs
}

// tasks answers with what this instance does or, with all, what each does.
func (s *Server) tasks(w http.ResponseWriter, r *http.Request) error {
	all, err := whole(r)
	if err != nil {
		return err
	}
	mine := InstanceStatus{Instance: s.self(), Others: s.others(), Status: s.instance.Status()}
	if mine.Tasks == nil {
		mine.Tasks = []Task{}
	}
	for i := range mine.Tasks {
		t := &mine.Tasks[i]
		t.Inputs, t.Stores = append([]Input{}, t.Inputs...), append([]TaskStore{}, t.Stores...)
	}
	if !all {
		return answer(w, mine)
	}
	answers, errs := everyone[InstanceStatus](r.Context(), s, r)
	list := []InstanceStatus{mine}
	for host, st := range answers {
		st.Instance = host
		list = append(list, st)
	}
	for host, err := range errs {
		list = append(list, InstanceStatus{Instance: host, Status: Status{App: mine.App, State: Unknown, Error: err.Error(), Tasks: []Task{}}})
	}
	for i := range list {
		list[i].Others = nil // they are in the list
	}
	slices.SortFunc(list, func(a, b InstanceStatus) int { return cmp.Compare(a.Instance, b.Instance) })
	return answer(w, list)
}

// lagLine is how far behind an instance is in a partition.
type lagLine struct {
	Input
	Task     string `json:"task"`
	Lag      int64  `json:"lag"`
	Instance string `json:"instance"`
}

// lag answers with the inputs of this instance's tasks or, with all, of all
// tasks; an instance that does not answer fails it, as a part is no whole.
func (s *Server) lag(w http.ResponseWriter, r *http.Request) error {
	all, err := whole(r)
	if err != nil {
		return err
	}
	lines := []lagLine{}
	for _, t := range s.instance.Status().Tasks {
		for _, in := range t.Inputs {
			lines = append(lines, lagLine{in, t.ID, in.Lag(), s.self()})
		}
	}
	if all {
		answers, errs := everyone[[]lagLine](r.Context(), s, r)
		for _, err := range errs {
			return fmt.Errorf("%w: %w", errUnavailable, err)
		}
		for _, list := range answers {
			lines = append(lines, list...)
		}
	}
	slices.SortFunc(lines, func(a, b lagLine) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.Instance, b.Instance))
	})
	return answer(w, lines)
}

// Instances tells what each process of the application is doing; one that did
// not answer the one that was asked is Unknown.
func (c *Client) Instances(ctx context.Context) ([]InstanceStatus, error) {
	list := []InstanceStatus{}
	_, err := c.get(ctx, "/tasks", url.Values{"all": {"1"}}, &list)
	return list, err
}
