package main

import (
	"fmt"
	"time"

	"kq/pkg/streams"
	streamsrun "kq/pkg/streams/run"
)

// watch shows what the job does, on a terminal in a line, elsewhere as notes of
// what changes, until the result is called.
func (r *streamsRun) watch(runner *streams.Runner) (stop func()) {
	said := &runNotes{r: r}
	var line *progress
	seen := newRunRate(time.Now)
	if r.a.env.ErrTTY && !r.a.quiet {
		line = r.a.show(&progress{line: func() string { return seen.line(r.job.App(), runner.Status()) }})
	}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				if text := said.next(runner.Status()); text != "" {
					if line != nil {
						line.clear()
					}
					r.a.note("%s", text)
				}
			}
		}
	}()
	return func() {
		close(done)
		<-ended
		if line != nil {
			line.stop()
		}
	}
}

// runNotes says what changed, once.
type runNotes struct {
	r       *streamsRun
	waiting bool
	tasks   string
}

func (n *runNotes) next(s streamsrun.Status) string {
	if !s.Waiting.IsZero() && !n.waiting {
		n.waiting = true
		return fmt.Sprintf("%s: the group has members of another kind, as a JVM application leaves behind: waiting for them to go, up to their session timeout (%s by default in Kafka Streams)", n.r.job.App(), streamsSession)
	}
	roles := map[streamsrun.Role]int{}
	for _, t := range s.Tasks {
		roles[t.Role]++
	}
	tasks := taskText(roles)
	if s.State != streamsrun.Running || tasks == n.tasks || len(s.Tasks) == 0 && n.tasks == "" {
		return ""
	}
	n.tasks = tasks
	return fmt.Sprintf("%s: %s", n.r.job.App(), tasks)
}
