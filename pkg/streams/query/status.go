package query

import (
	"fmt"
	"net/http"
)

func (s *Server) index(w http.ResponseWriter, _ *http.Request) error {
	st := s.instance.Status()
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := fmt.Fprintf(w, `%s: %s

/stores                      the stores
/stores/STORE/KEY            one key; for windows and sessions ?window=FROM..TO
/stores/STORE?from=A&to=B    a range, or ?prefix=A; &limit=N &reverse=1
/stores/STORE/count          how many entries
?watch=1                     changes, as server-sent events
?stale=ok                    a copy may answer
?redirect=1                  say where it is instead of fetching it there
/topology /metrics /healthz /readyz
/tasks /lag                  of this instance; ?all=1 of all
`, st.App, st.State)
	return err
}

func (s *Server) topology(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := fmt.Fprint(w, s.instance.Status().Topology)
	return err
}

// healthz is 200 while the instance lives, 503 once it has failed or ended.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) error {
	st := s.instance.Status()
	return health(w, &st, st.State != Failed && st.State != NotRunning)
}

// readyz is 200 while it runs with all stores restored.
func (s *Server) readyz(w http.ResponseWriter, _ *http.Request) error {
	st := s.instance.Status()
	return health(w, &st, st.State == Running)
}

func health(w http.ResponseWriter, st *Status, ok bool) error {
	w.Header().Set("Content-Type", "application/json")
	if !ok {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	return answer(w, map[string]string{"state": st.State, "error": st.Error})
}
