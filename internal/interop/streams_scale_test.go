//go:build interop

package interop

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

const scaleParts = 8

// scaleJob counts words by the key of the line and serves the counts.
func scaleJob(state, listen string, standbys int) string {
	return fmt.Sprintf(`app: scale
config: {commit: 100ms, threads: 1, standbys: %d, stateDir: %q, kafka: {sessionTimeout: 6s, acceptableLag: 10000}}
query: {listen: %q}
streams:
  lines: {topic: lines, key: string, value: string}
pipelines:
  counts:
    from: lines
    steps:
      - groupByKey:
      - count: {store: counts}
    to: {topic: counted, key: string, value: long}
`, standbys, state, listen)
}

// instance is one process of the job.
type instance struct {
	*job
	at string // where it answers queries
}

func startInstance(t *testing.T, addr, state string, standbys int) *instance {
	t.Helper()
	ports, err := freePorts(1)
	if err != nil {
		t.Fatal(err)
	}
	at := fmt.Sprintf("127.0.0.1:%d", ports[0])
	return &instance{startJob(t, addr, scaleJob(state, at, standbys)), at}
}

// ask is a GET; code 0 means that nobody answered.
func (i *instance) ask(path string) (code int, body string) {
	client := http.Client{Timeout: 2 * time.Second}
	resp, err := client.Get("http://" + i.at + path)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(text)
}

// taskLine is a task as /tasks shows it.
type taskLine struct {
	Task, Role, State string
	Restores          int
}

// listed is what /tasks shows.
func (i *instance) listed(t *testing.T) []taskLine {
	t.Helper()
	code, body := i.ask("/tasks")
	if code != http.StatusOK {
		return nil
	}
	var status struct{ Tasks []taskLine }
	if err := json.Unmarshal([]byte(body), &status); err != nil {
		t.Fatalf("/tasks: %v in %s", err, body)
	}
	return status.Tasks
}

// tasks are the tasks of a role that run here.
func (i *instance) tasks(t *testing.T, role string) []string {
	t.Helper()
	var out []string
	for _, task := range i.listed(t) {
		if task.Role == role && task.State == "running" {
			out = append(out, task.Task)
		}
	}
	return out
}

// count asks for the count of a key, -1 where there is no answer.
func (i *instance) count(key, query string) int {
	code, body := i.ask("/stores/counts/" + key + query)
	var entry struct{ Value int }
	if code != http.StatusOK || json.Unmarshal([]byte(body), &entry) != nil {
		return -1
	}
	return entry.Value
}

// wait polls until ok, and fails the test with what when it does not come.
func wait(t *testing.T, limit time.Duration, what string, ok func() bool) time.Duration {
	t.Helper()
	began := time.Now()
	for !ok() {
		if time.Since(began) > limit {
			t.Fatalf("%s: not in %v", what, limit)
		}
		pause(t, 50)
	}
	return time.Since(began)
}

// feedKeys writes so many records of each of a hundred keys.
func feedKeys(t *testing.T, addr string, each int) {
	t.Helper()
	var text strings.Builder
	for range each {
		for k := range 100 {
			fmt.Fprintf(&text, "key%d\tx\n", k)
		}
	}
	tool(t, strings.NewReader(text.String()), installed.kcat, "-P", "-b", addr, "-t", "lines", "-K", "\t", "-X", "topic.partitioner=murmur2_random", "-X", "linger.ms=5")
}

func startScale(t *testing.T) *server {
	t.Helper()
	s := startServer(t, t.TempDir(), "--set", "group.initial.rebalance.delay.ms=0")
	createWith(t, s.addr, "lines", scaleParts)
	createWith(t, s.addr, "counted", scaleParts)
	return s
}

// restores is how often each task was restored by the instance that runs it.
func restores(t *testing.T, all []*instance) map[string]map[*instance]int {
	t.Helper()
	out := map[string]map[*instance]int{}
	for _, i := range all {
		for _, task := range i.listed(t) {
			if task.Role == "active" {
				out[task.Task] = map[*instance]int{i: task.Restores}
			}
		}
	}
	return out
}

// TestStreamsScaleOut starts one instance, then a second, then two more: the
// tasks spread, no task runs twice, none is lost, the counts go on, a task
// that moved was restored once and one that stayed was not.
func TestStreamsScaleOut(t *testing.T) {
	s := startScale(t)
	var all []*instance
	fed := 0
	before := map[string]map[*instance]int{}
	for _, size := range []int{1, 2, 4} {
		for len(all) < size {
			all = append(all, startInstance(t, s.addr, t.TempDir(), 0))
		}
		wait(t, 90*time.Second, fmt.Sprintf("%d instances share %d tasks", size, scaleParts), func() bool {
			held := map[string]int{}
			for _, i := range all {
				mine := i.tasks(t, "active")
				if len(mine) != scaleParts/size {
					return false
				}
				for _, task := range mine {
					held[task]++
				}
			}
			return len(held) == scaleParts && slices.Max(slices.Collect(maps.Values(held))) == 1
		})
		after := restores(t, all)
		for task, now := range after {
			for owner, n := range now {
				most, how := 1, "moved"
				if was, stayed := before[task][owner]; stayed {
					most, how = was, "stayed"
				}
				if len(before) == 0 {
					most, how = 0, "began from nothing"
				}
				if n > most {
					t.Errorf("with %d instances task %s, which %s, was restored %d times, want %d at most", size, task, how, n, most)
				}
			}
		}
		before = after
		feedKeys(t, s.addr, 20)
		fed += 20
		for n, i := range all { // whoever is asked fetches it from the owner
			for _, key := range []string{"key0", "key7", "key42", "key99"} {
				wait(t, 30*time.Second, fmt.Sprintf("instance %d knows %d of %s", n, fed, key), func() bool { return i.count(key, "") == fed })
			}
		}
	}
	for _, i := range all {
		i.stop(t)
	}
}

// TestStreamsStandby kills the owner of a key: a standby answers for it at once
// where stale answers are taken, and as the new owner after the session.
func TestStreamsStandby(t *testing.T) {
	s := startScale(t)
	all := []*instance{startInstance(t, s.addr, t.TempDir(), 1), startInstance(t, s.addr, t.TempDir(), 1)}
	wait(t, 90*time.Second, "two instances share the tasks, each with copies of the other's", func() bool {
		for _, i := range all {
			if len(i.tasks(t, "active")) != scaleParts/2 || len(i.tasks(t, "standby")) != scaleParts/2 {
				return false
			}
		}
		return true
	})
	feedKeys(t, s.addr, 30)
	for k := range 100 {
		wait(t, 30*time.Second, "all is counted", func() bool { return all[0].count(fmt.Sprintf("key%d", k), "") == 30 })
	}
	wait(t, 30*time.Second, "the copies have caught up", func() bool {
		for k := range 100 {
			for _, i := range all {
				if i.count(fmt.Sprintf("key%d", k), "?stale=ok") != 30 {
					return false
				}
			}
		}
		return true
	})
	all[1].kill()
	began := time.Now()
	left := all[0]
	for k := range 100 {
		key := fmt.Sprintf("key%d", k)
		wait(t, 2*time.Second, key+" from a standby", func() bool { return left.count(key, "?stale=ok") == 30 })
	}
	stale := time.Since(began)
	wait(t, 30*time.Second, "the other instance takes everything over", func() bool { return len(left.tasks(t, "active")) == scaleParts })
	for k := range 100 {
		key := fmt.Sprintf("key%d", k)
		wait(t, 2*time.Second, key+" from its new owner", func() bool { return left.count(key, "") == 30 })
	}
	owned := time.Since(began)
	t.Logf("100 keys from standbys %v after the kill, from their new owner after %v", stale.Round(time.Millisecond), owned.Round(time.Millisecond))
	if owned > 8*time.Second {
		t.Errorf("the keys had an owner again after %v: the session is 6 s", owned)
	}
	feedKeys(t, s.addr, 5)
	wait(t, 30*time.Second, "the counts go on", func() bool { return left.count("key5", "") == 35 })
	left.stop(t)
}
