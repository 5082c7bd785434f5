//go:build interop

package interop

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// job is a running `kq streams run`, or `kq copy`.
type job struct {
	cmd  *exec.Cmd
	done chan struct{}
	err  error // how it ended; set before done is closed
	mu   sync.Mutex
	log  bytes.Buffer // guarded by mu
}

// Write takes what the job says.
func (j *job) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.log.Write(p)
}

func (j *job) said() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.log.String()
}

// startJob runs a job file's text against a broker.
func startJob(t *testing.T, addr, yaml string, args ...string) *job {
	t.Helper()
	file := filepath.Join(t.TempDir(), "job.yaml")
	writeFile(t, file, yaml)
	return startProcess(t, nil, append([]string{"streams", "run", file, "-b", addr}, args...)...)
}

// startProcess runs a kq that goes on until it is stopped. env is nil for that of the test.
func startProcess(t *testing.T, env []string, args ...string) *job {
	t.Helper()
	j := &job{cmd: exec.Command(installed.kq, args...), done: make(chan struct{})}
	j.cmd.Stdout, j.cmd.Stderr, j.cmd.Env = j, j, env
	if err := j.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		j.err = j.cmd.Wait()
		close(j.done)
	}()
	t.Cleanup(func() {
		j.kill()
		if t.Failed() {
			t.Logf("the process: %v\n%s", j.err, lastBytes(j.said(), 6000))
		}
	})
	return j
}

// kill ends the job as a crash does.
func (j *job) kill() {
	_ = j.cmd.Process.Kill() // it may have ended
	<-j.done
}

// stop asks the job to end, as an operator does, and wants it to end well.
func (j *job) stop(t *testing.T) {
	t.Helper()
	if err := j.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-j.done:
	case <-time.After(30 * time.Second):
		t.Fatal("the job is still running 30 s after SIGTERM")
	}
}

// jvmStore is the name that WordCountDemo's builder gives to its only store.
const jvmStore = "KSTREAM-AGGREGATE-STATE-STORE-0000000003"

// wordCountJob is WordCountDemo as a job file, under the same names.
func wordCountJob(state, guarantee, more string) string {
	return fmt.Sprintf(`app: streams-wordcount
config: {guarantee: %s, commit: 200ms, threads: 2, stateDir: %q, kafka: {sessionTimeout: 6s}%s}
streams:
  lines: {topic: streams-plaintext-input, key: string, value: string}
pipelines:
  counts:
    from: lines
    steps:
      - flatMapValues: words(value)
      - groupBy: value
      - count: {store: %s}
    to: {topic: streams-wordcount-output, key: string, value: long}
`, guarantee, state, more, jvmStore)
}

// wordLines are lines for the demo; their words are added to want.
func wordLines(run, n int, want map[string]int) string {
	var text strings.Builder
	for i := range n {
		line := fmt.Sprintf("all streams lead to kafka %d times in run%d", i%7, run)
		fmt.Fprintln(&text, line)
		for _, w := range strings.Fields(line) {
			want[w]++
		}
	}
	return text.String()
}

func feedWords(t *testing.T, addr, text string) {
	t.Helper()
	tool(t, strings.NewReader(text), installed.kcat, "-P", "-b", addr, "-t", "streams-plaintext-input", "-X", "linger.ms=20")
}

// waitJobCounted waits until the job has committed all words that came in.
func waitJobCounted(t *testing.T, addr string, want map[string]int, j *job) {
	t.Helper()
	total := sum(want)
	for deadline := time.Now().Add(120 * time.Second); ; {
		n := counted(t, addr)
		if n >= total {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d words are counted", n, total)
		}
		select {
		case <-j.done:
			t.Fatalf("the job ended by itself: %v", j.err)
		case <-time.After(300 * time.Millisecond):
		}
	}
}

// TestStreamsTakeOver lets WordCountDemo count, kq go on in its place, and the
// demo again: the counts never miss one, on both kinds of broker.
func TestStreamsTakeOver(t *testing.T) {
	together(t, []string{"kq", "apache"}, strings.Clone, func(t *testing.T, broker string) {
		var s *server
		if broker == "kq" {
			s = startKQ(t, t.TempDir())
		} else {
			s = startApacheWith(t, t.TempDir(), map[string]string{"group.initial.rebalance.delay.ms": "0"})
		}
		createWith(t, s.addr, "streams-plaintext-input", 2)
		createWith(t, s.addr, "streams-wordcount-output", 2)
		config, jvmState, kqState := filepath.Join(t.TempDir(), "streams.properties"), t.TempDir(), t.TempDir()
		writeFile(t, config, fmt.Sprintf("bootstrap.servers=%s\nstate.dir=%s\ncommit.interval.ms=200\nnum.stream.threads=2\nsession.timeout.ms=12000\nheartbeat.interval.ms=500\n", s.addr, jvmState))
		want := map[string]int{}
		for turn := range 2 {
			demo := startWordCount(t, config)
			feedWords(t, s.addr, wordLines(2*turn, 200, want))
			waitCounted(t, s.addr, want, demo)
			demo.stop(t)
			// the demo's members stay in the group until their session is over
			j := startJob(t, s.addr, wordCountJob(kqState, "at_least_once", ""))
			feedWords(t, s.addr, wordLines(2*turn+1, 200, want))
			waitJobCounted(t, s.addr, want, j)
			if text := j.said(); !strings.Contains(text, "members of another kind") {
				t.Errorf("turn %d: the job did not say what it waits for:\n%s", turn, lastBytes(text, 2000))
			}
			j.stop(t)
		}
		checkCounts(t, s.addr, want)
	})
}

// TestStreamsOutputs reads the outputs of jobs with Kafka's own deserializers.
func TestStreamsOutputs(t *testing.T) {
	s := startServer(t, t.TempDir())
	createWith(t, s.addr, "streams-plaintext-input", 1)
	createWith(t, s.addr, "streams-wordcount-output", 1)
	createWith(t, s.addr, "windowed", 1)
	var text strings.Builder
	for _, ts := range []int64{1_000, 2_000, 6_000} {
		fmt.Fprintf(&text, `{"value":"hello kafka","timestamp":%d}`+"\n", ts)
	}
	tool(t, strings.NewReader(text.String()), installed.kq, "produce", "streams-plaintext-input", "-b", s.addr, "-f", "json")
	yaml := wordCountJob(t.TempDir(), "exactly_once", "") + `  windows:
    from: lines
    steps:
      - flatMapValues: words(value)
      - groupBy: value
      - window: {tumbling: 5s, grace: 1s}
      - count: {store: wc}
    to: {topic: windowed, key: {timeWindowed: string}, value: long}
`
	j := startJob(t, s.addr, yaml, "--once")
	select {
	case <-j.done:
	case <-time.After(60 * time.Second):
		t.Fatal("--once did not end")
	}
	if j.err != nil {
		t.Fatalf("the job: %v", j.err)
	}
	checkCounts(t, s.addr, map[string]int{"hello": 3, "kafka": 3})
	out := tool(t, nil, "java", append(streamsArgs("org.apache.kafka.tools.consumer.ConsoleConsumer"), "--bootstrap-server", s.addr, "--topic", "windowed",
		"--from-beginning", "--max-messages", "6", "--timeout-ms", "20000", "--isolation-level", "read_committed",
		"--formatter-property", "print.key=true",
		"--formatter-property", "key.deserializer=org.apache.kafka.streams.kstream.TimeWindowedDeserializer",
		"--formatter-property", "key.deserializer.windowed.inner.deserializer.class=org.apache.kafka.common.serialization.Serdes$StringSerde",
		"--formatter-property", "key.deserializer.window.size.ms=5000",
		"--formatter-property", "value.deserializer=org.apache.kafka.common.serialization.LongDeserializer")...)
	for _, line := range []string{"[hello@0/5000]\t1", "[hello@0/5000]\t2", "[kafka@0/5000]\t2", "[hello@5000/10000]\t1", "[kafka@5000/10000]\t1"} {
		if !strings.Contains(out, line) {
			t.Errorf("no %q in the output of the console consumer:\n%s", line, out)
		}
	}
}
