package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// appRun is one run of a streams application.
type appRun struct {
	addr, dir, mode string
}

// appID is WordCountDemo's own for what it does, so that both peers have one.
func (r appRun) appID() string { return "streams-wordcount" }

func (r appRun) guarantee() (jvm, kq string, commit time.Duration) {
	if r.mode == "eos" {
		return "exactly_once_v2", "exactly_once", 100 * time.Millisecond
	}
	return "at_least_once", "at_least_once", time.Second
}

// startApp starts a word count; ready is not waited for, the output tells.
func (b *bench) startApp(peer string, r appRun) (*server, error) {
	var cmd *exec.Cmd
	var err error
	if peer == "kq" {
		cmd, err = b.kqApp(r)
	} else {
		cmd, err = b.jvmApp(r)
	}
	if err != nil {
		return nil, err
	}
	s := &server{cmd: cmd, addr: r.addr, log: filepath.Join(r.dir, "app.log"), done: make(chan struct{})}
	log, err := os.Create(s.log)
	if err != nil {
		return nil, fmt.Errorf("start: %w", err)
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	s.began = time.Now()
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start: %w", err)
	}
	s.pid = cmd.Process.Pid
	go func() {
		_ = cmd.Wait() // a JVM ends with 143
		close(s.done)
	}()
	return s, nil
}

func (b *bench) kqApp(r appRun) (*exec.Cmd, error) {
	_, guarantee, commit := r.guarantee()
	window, key := "", "string"
	if r.mode == "windowed" {
		window, key = "      - window: {tumbling: 5s, grace: 1s}\n", "{timeWindowed: string}"
	}
	job := fmt.Sprintf(`app: %s
config: {guarantee: %s, commit: %v, threads: %d, stateDir: %s}
streams:
  lines: {topic: %s, key: string, value: string}
pipelines:
  counts:
    from: lines
    steps:
      - flatMapValues: words(value)
      - groupBy: value
%s      - count: {store: counts}
    to: {topic: %s, key: %s, value: long}
`, r.appID(), guarantee, commit, streamsParts, filepath.Join(r.dir, "state"), streamsInput, window, streamsOutput, key)
	file := filepath.Join(r.dir, "job.yaml")
	if err := os.WriteFile(file, []byte(job), 0o644); err != nil {
		return nil, fmt.Errorf("write the job: %w", err)
	}
	return exec.Command(b.tools["kq"], "streams", "run", file, "-b", r.addr), nil
}

func (b *bench) jvmApp(r appRun) (*exec.Cmd, error) {
	classPath, err := b.streamsClassPath()
	if err != nil {
		return nil, err
	}
	guarantee, _, commit := r.guarantee()
	text := fmt.Sprintf("application.id=%s\nbootstrap.servers=%s\nprocessing.guarantee=%s\ncommit.interval.ms=%d\nnum.stream.threads=%d\n"+
		"statestore.cache.max.bytes=0\nstate.dir=%s\nsession.timeout.ms=6000\nheartbeat.interval.ms=2000\n",
		r.appID(), r.addr, guarantee, commit.Milliseconds(), streamsParts, filepath.Join(r.dir, "state"))
	file := filepath.Join(r.dir, "streams.properties")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		return nil, fmt.Errorf("write the properties: %w", err)
	}
	if r.mode == "windowed" {
		return exec.Command("java", "-Xmx1g", "-cp", classPath, "WordCount", "windowed", file), nil
	}
	return exec.Command("java", "-Xmx1g", "-cp", classPath, "org.apache.kafka.streams.examples.wordcount.WordCountDemo", file), nil
}

// streamsClassPath is Kafka Streams with our own word counts compiled.
func (b *bench) streamsClassPath() (string, error) {
	if b.jvmClasses != "" {
		return b.jvmClasses, nil
	}
	if b.kafkaJars == "" {
		return "", errors.New("no class path of Kafka Streams")
	}
	dirs := []string{b.kafkaJars}
	for _, name := range []string{"streams-", "streams-test-"} { // beside it, as the interop suite installs them
		dirs = append(dirs, filepath.Join(filepath.Dir(filepath.Dir(b.kafkaJars)), name+kafkaVersion, "*"))
	}
	out := filepath.Join(b.dir, "classes")
	classPath := strings.Join(append(dirs, out), string(os.PathListSeparator))
	if text, err := exec.Command("javac", "-d", out, "-cp", classPath, filepath.Join("jvm", "WordCount.java")).CombinedOutput(); err != nil {
		return "", fmt.Errorf("compile the JVM's word counts: %w: %s", err, text)
	}
	b.jvmClasses = classPath
	return classPath, nil
}

// lastCounts reads the output topic to its end.
func lastCounts(ctx context.Context, addr string) (map[string]uint64, error) {
	cl, err := kgo.NewClient(kgo.SeedBrokers(addr), kgo.ConsumeTopics(streamsOutput), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		return nil, fmt.Errorf("client: %w", err)
	}
	defer cl.Close()
	got := map[string]uint64{}
	for {
		quiet, cancel := context.WithTimeout(ctx, 2*time.Second)
		fetches := cl.PollFetches(quiet)
		cancel()
		if fetches.NumRecords() == 0 {
			return got, ctx.Err()
		}
		fetches.EachRecord(func(r *kgo.Record) {
			if len(r.Value) == 8 {
				got[string(r.Key)] = binary.BigEndian.Uint64(r.Value)
			}
		})
	}
}

// engineRate finds the figure: a Go benchmark names it lines/s, the JVM prints it alone.
func engineRate(words []string, named bool) (float64, bool) {
	for i, w := range words {
		if named && (i+1 == len(words) || words[i+1] != "lines/s") {
			continue
		}
		if rate, err := strconv.ParseFloat(w, 64); err == nil {
			return rate, true
		}
	}
	return 0, false
}

// engineAlone runs the word count without a broker: kq's driver and TopologyTestDriver.
func engineAlone(ctx context.Context, b *bench, peer string) (sample, error) {
	lines := words(b.streamLines / 4)
	dir, err := b.fresh()
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "lines.txt")
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		return nil, fmt.Errorf("write the lines: %w", err)
	}
	var cmd *exec.Cmd
	if peer == "kq" {
		cmd = exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", "EngineAlone", "-benchtime", "1x", "-count=1", "./pkg/streams")
		cmd.Dir, cmd.Env = "..", append(os.Environ(), "KQ_ENGINE_LINES="+file)
	} else {
		classPath, err := b.streamsClassPath()
		if err != nil {
			return nil, err
		}
		props := filepath.Join(dir, "engine.properties")
		text := fmt.Sprintf("application.id=engine\nbootstrap.servers=none:1\nstatestore.cache.max.bytes=0\nstate.dir=%s\n", filepath.Join(dir, "state"))
		if err := os.WriteFile(props, []byte(text), 0o644); err != nil {
			return nil, fmt.Errorf("write the properties: %w", err)
		}
		cmd = exec.CommandContext(ctx, "java", "-Xmx1g", "-cp", classPath, "WordCount", "engine", props, file)
	}
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("run the engine: %w: %s", err, out)
	}
	rate, ok := engineRate(strings.Fields(string(out)), peer == "kq")
	if !ok {
		return nil, fmt.Errorf("no figure in %q", out)
	}
	return sample{"engine.lines": rate}, nil
}
