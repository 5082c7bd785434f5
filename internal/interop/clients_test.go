//go:build interop

package interop

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
)

// record is the i-th record every client of these tests writes.
func record(i int) (key, value string) {
	const alphabet = "abcdefghijklmnopqrstuvwxyz"
	v := fmt.Sprintf("%07d ", i) + strings.Repeat(alphabet, 4)
	return fmt.Sprintf("k%d", i%1000), v[:60+i%41]
}

// client is one peer that writes and reads the records of record.
type client struct {
	name       string
	partitions int32
	produce    func(t *testing.T, addr, topic string, n int)
	consume    func(t *testing.T, addr, topic string, n int) string // lines: partition, offset, key, value
	// bare clients choose keys and values themselves: values are 0 to n-1, no keys.
	bare bool
}

func clients() []client {
	script := func(name, verb string) func(t *testing.T, addr, topic string, n int) string {
		return func(t *testing.T, addr, topic string, n int) string {
			t.Helper()
			return tool(t, nil, installed.python, "testdata/clients.py", name, verb, addr, topic, strconv.Itoa(n))
		}
	}
	quiet := func(f func(t *testing.T, addr, topic string, n int) string) func(t *testing.T, addr, topic string, n int) {
		return func(t *testing.T, addr, topic string, n int) { t.Helper(); f(t, addr, topic, n) }
	}
	return []client{
		{name: "kcat", partitions: 6, produce: kcatProduce, consume: kcatConsume},
		{name: "confluent-kafka", partitions: 6, produce: quiet(script("confluent", "produce")), consume: script("confluent", "consume")},
		{name: "kafka-python", partitions: 6, produce: quiet(script("python", "produce")), consume: script("python", "consume")},
		{name: "java", partitions: 2, produce: javaProduce, consume: javaConsume, bare: true},
	}
}

func kcatProduce(t *testing.T, addr, topic string, n int) {
	t.Helper()
	pr, pw := io.Pipe()
	go func() {
		w := bufio.NewWriterSize(pw, 1<<16)
		for i := range n {
			k, v := record(i)
			fmt.Fprintf(w, "%s:%s\n", k, v)
		}
		pw.CloseWithError(w.Flush())
	}()
	tool(t, pr, installed.kcat, "-P", "-b", addr, "-t", topic, "-K:", "-X", "acks=all")
}

func kcatConsume(t *testing.T, addr, topic string, _ int) string {
	t.Helper()
	return tool(t, nil, installed.kcat, "-C", "-q", "-e", "-b", addr, "-t", topic, "-o", "beginning", "-f", `%p\t%o\t%k\t%s\n`)
}

func javaProduce(t *testing.T, addr, topic string, n int) {
	t.Helper()
	out := jvm(t, nil, "org.apache.kafka.tools.ProducerPerformance", "--topic", topic, "--num-records", strconv.Itoa(n),
		"--payload-monotonic", "--throughput", "-1", "--bootstrap-server", addr, "--command-property", "acks=all")
	if !strings.Contains(out, fmt.Sprintf("%d records sent", n)) {
		t.Fatalf("ProducerPerformance: %s", out)
	}
}

// javaConsume reads each partition with a console consumer, as many records as GetOffsetShell counts.
func javaConsume(t *testing.T, addr, topic string, _ int) string {
	t.Helper()
	var all strings.Builder
	for _, line := range strings.Fields(jvm(t, nil, "org.apache.kafka.tools.GetOffsetShell", "--bootstrap-server", addr, "--topic", topic)) {
		f := strings.Split(line, ":")
		if len(f) != 3 {
			t.Fatalf("GetOffsetShell printed %q", line)
		}
		if f[2] == "0" {
			continue
		}
		out := jvm(t, nil, "org.apache.kafka.tools.consumer.ConsoleConsumer", "--bootstrap-server", addr, "--topic", topic,
			"--partition", f[1], "--offset", "earliest", "--max-messages", f[2], "--timeout-ms", "20000",
			"--formatter-property", "print.offset=true", "--formatter-property", "print.partition=true", "--formatter-property", "print.key=true")
		r := strings.NewReplacer("Partition:", "", "Offset:", "")
		_, _ = r.WriteString(&all, out) // a strings.Builder takes everything
	}
	return all.String()
}

// verify checks what a consumer printed: in every partition the offsets rise
// from 0 without a hole and the records keep the order they were sent in; all
// n records are there, once, and right.
func verify(t *testing.T, c client, out string, n int) {
	t.Helper()
	next, lastSeen, seen, count := map[string]int{}, map[string]int{}, make([]bool, n), 0
	lines := bufio.NewScanner(bytes.NewReader([]byte(out)))
	for lines.Scan() {
		f := strings.SplitN(lines.Text(), "\t", 4)
		if len(f) != 4 {
			t.Fatalf("line %q has %d fields", lines.Text(), len(f))
		}
		offset, err := strconv.Atoi(f[1])
		if err != nil || offset != next[f[0]] {
			t.Fatalf("partition %s: offset %s, want %d", f[0], f[1], next[f[0]])
		}
		next[f[0]]++
		number, _, _ := strings.Cut(f[3], " ")
		i, err := strconv.Atoi(number)
		if err != nil || i < 0 || i >= n {
			t.Fatalf("partition %s offset %d holds %q", f[0], offset, f[3])
		}
		if key, value := record(i); !c.bare && (f[2] != key || f[3] != value) {
			t.Fatalf("record %d came as %q %q", i, f[2], f[3])
		}
		if last, ok := lastSeen[f[0]]; ok && i <= last {
			t.Fatalf("partition %s: record %d behind record %d", f[0], i, last)
		}
		if seen[i] {
			t.Fatalf("record %d came twice", i)
		}
		seen[i], lastSeen[f[0]] = true, i
		count++
	}
	if count != n {
		t.Fatalf("%d records came, want %d", count, n)
	}
}

// million is how many records each client writes; KQ_INTEROP_RECORDS makes it less.
func million(t *testing.T) int {
	t.Helper()
	if s := os.Getenv("KQ_INTEROP_RECORDS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	return 1_000_000
}

// TestClients lets every client write a million records and read them back,
// all at once, before and after kill -9, with and without fsync before the answer.
func TestClients(t *testing.T) {
	n := million(t)
	for _, sync := range []string{"none", "commit"} {
		t.Run("sync="+sync, func(t *testing.T) {
			data := t.TempDir()
			s := startServer(t, data, "--sync", sync)
			each(t, "alive", func(t *testing.T, c client) {
				createWith(t, s.addr, c.name, c.partitions)
				c.produce(t, s.addr, c.name, n)
				verify(t, c, c.consume(t, s.addr, c.name, n), n)
			})
			if err := s.kill(); err != nil {
				t.Fatal(err)
			}
			s = startServer(t, data, "--sync", sync)
			each(t, "after kill -9", func(t *testing.T, c client) {
				verify(t, c, c.consume(t, s.addr, c.name, n), n)
			})
		})
	}
}

// each runs f for every client at the same time and returns when all are done.
func each(t *testing.T, name string, f func(t *testing.T, c client)) {
	t.Run(name, func(t *testing.T) {
		for _, c := range clients() {
			t.Run(c.name, func(t *testing.T) {
				t.Parallel()
				f(t, c)
			})
		}
	})
}

// createWith creates a topic by a raw request.
func createWith(t *testing.T, addr, topic string, partitions int32, settings ...string) {
	t.Helper()
	row := &Row{Name: "setup", Run: func(s *Session) { s.Topic(topic, partitions, settings...) }}
	RunRow(t, row, addr, 1)
}

// TestOldPythonProducer is kafka-python's producer held to Kafka 0.10: Produce
// v2 with message sets of magic 1, which Kafka 4 refuses and kq converts.
func TestOldPythonProducer(t *testing.T) {
	s := startKQ(t, t.TempDir())
	createWith(t, s.addr, "old", 3)
	const n = 20000
	tool(t, nil, installed.python, "testdata/clients.py", "python", "produce", s.addr, "old", strconv.Itoa(n), "0.10")
	c := clients()[2]
	verify(t, c, c.consume(t, s.addr, "old", n), n)
}
