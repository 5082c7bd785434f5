//go:build interop

package interop

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const wordCount = "org.apache.kafka.streams.examples.wordcount.WordCountDemo"

// TestStreams runs Kafka Streams' WordCountDemo at least once and exactly
// once, ends it in the middle and starts it again: each word is counted 1, 2,
// 3, … to the end, as LongDeserializer reads it.
func TestStreams(t *testing.T) {
	together(t, []string{"at_least_once", "exactly_once_v2"}, strings.Clone, func(t *testing.T, guarantee string) {
		s := startServer(t, t.TempDir())
		createWith(t, s.addr, "streams-plaintext-input", 2)
		createWith(t, s.addr, "streams-wordcount-output", 2)
		config := filepath.Join(t.TempDir(), "streams.properties")
		writeFile(t, config, fmt.Sprintf("bootstrap.servers=%s\nprocessing.guarantee=%s\nstate.dir=%s\ncommit.interval.ms=200\nnum.stream.threads=2\nsession.timeout.ms=6000\nheartbeat.interval.ms=500\n",
			s.addr, guarantee, t.TempDir()))
		want := map[string]int{}
		for run := range 2 {
			app := startWordCount(t, config)
			var text strings.Builder
			for i := range 500 {
				line := fmt.Sprintf("all streams lead to kafka %d times in run%d", i%7, run)
				fmt.Fprintln(&text, line)
				for _, w := range strings.Fields(line) {
					want[w]++
				}
			}
			tool(t, strings.NewReader(text.String()), installed.kcat, "-P", "-b", s.addr, "-t", "streams-plaintext-input", "-X", "linger.ms=20")
			waitCounted(t, s.addr, want, app)
			app.stop(t)
		}
		checkCounts(t, s.addr, want)
	})
}

// demo is a running WordCountDemo.
type demo struct {
	cmd  *exec.Cmd
	done chan struct{}
	log  bytes.Buffer
	err  error // how it ended; set before done is closed
}

// streamsArgs starts a class that needs Kafka Streams.
func streamsArgs(class string) []string {
	args := slices.DeleteFunc(javaArgs(class), func(a string) bool { return strings.HasPrefix(a, "-XX:SharedArchiveFile") })
	args[slices.Index(args, "-cp")+1] = filepath.Join(installed.streams, "*") + string(os.PathListSeparator) + filepath.Join(installed.jars, "*")
	return args
}

func startWordCount(t *testing.T, config string) *demo {
	t.Helper()
	d := &demo{cmd: exec.Command("java", append(streamsArgs(wordCount), config)...), done: make(chan struct{})}
	d.cmd.Stdout, d.cmd.Stderr = &d.log, &d.log
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		d.err = d.cmd.Wait()
		close(d.done)
	}()
	t.Cleanup(func() {
		_ = d.cmd.Process.Kill() // it has ended where all is well
		<-d.done
		if t.Failed() {
			t.Logf("WordCountDemo: %v\n%s", d.err, lastBytes(d.log.String(), 6000))
		}
	})
	return d
}

// stop asks the demo to end, as an operator does.
func (d *demo) stop(t *testing.T) {
	t.Helper()
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-d.done:
	case <-time.After(60 * time.Second):
		t.Fatal("WordCountDemo is still running a minute after SIGTERM")
	}
}

// counts reads so many records of the output with Kafka's consumer: the counts
// of each word, in their order.
func counts(t *testing.T, addr string, records int) map[string][]int {
	t.Helper()
	out := jvm(t, nil, "org.apache.kafka.tools.consumer.ConsoleConsumer", "--bootstrap-server", addr, "--topic", "streams-wordcount-output",
		"--from-beginning", "--max-messages", strconv.Itoa(records), "--timeout-ms", "20000", "--isolation-level", "read_committed",
		"--formatter-property", "print.key=true",
		"--formatter-property", "key.deserializer=org.apache.kafka.common.serialization.StringDeserializer",
		"--formatter-property", "value.deserializer=org.apache.kafka.common.serialization.LongDeserializer")
	got := map[string][]int{}
	for line := range strings.Lines(out) {
		word, n, _ := strings.Cut(strings.TrimSpace(line), "\t")
		count, err := strconv.Atoi(n)
		if err != nil {
			t.Fatalf("the output has the line %q", line)
		}
		got[word] = append(got[word], count)
	}
	return got
}

// counted is how many counts the demo has committed.
func counted(t *testing.T, addr string) int {
	t.Helper()
	return len(strings.Fields(tool(t, nil, installed.kcat, "-C", "-q", "-e", "-b", addr, "-t", "streams-wordcount-output", "-o", "beginning",
		"-X", "isolation.level=read_committed", "-f", "%k\n")))
}

// sum is how many words came in.
func sum(words map[string]int) (total int) {
	for _, n := range words {
		total += n
	}
	return total
}

// waitCounted waits until the demo has committed all words that came in.
func waitCounted(t *testing.T, addr string, want map[string]int, d *demo) {
	t.Helper()
	total := sum(want)
	for deadline := time.Now().Add(90 * time.Second); ; {
		if n := counted(t, addr); n >= total {
			return
		} else if time.Now().After(deadline) {
			t.Fatalf("%d of %d words are counted", n, total)
		}
		select {
		case <-d.done:
			t.Fatal("WordCountDemo ended by itself")
		case <-time.After(300 * time.Millisecond):
		}
	}
}

// checkCounts wants every word counted one by one, without a gap or a repetition.
func checkCounts(t *testing.T, addr string, want map[string]int) {
	t.Helper()
	if n := counted(t, addr); n != sum(want) {
		t.Errorf("%d counts, want %d", n, sum(want))
	}
	got := counts(t, addr, sum(want))
	for _, word := range slices.Sorted(maps.Keys(want)) {
		steps := got[word]
		for i, n := range steps {
			if n != i+1 {
				t.Errorf("%s: count %d at step %d", word, n, i+1)
				break
			}
		}
		if len(steps) != want[word] {
			t.Errorf("%s: counted %d times, want %d", word, len(steps), want[word])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d words counted, want %d", len(got), len(want))
	}
}
