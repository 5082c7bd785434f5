package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
)

const kafkaVersion = "4.3.1"

// allPeers in the order of the table's columns.
func allPeers() []string { return []string{"kq", "kafka", "kfake", "kcat"} }

// target is where a server puts its data and how safe it keeps it.
type target struct {
	port  int
	dir   string // its parent is the server's too
	fsync bool   // answer after the bytes are on disk
}

// starter builds the command that serves a target on 127.0.0.1.
type starter func(t target) (*exec.Cmd, error)

// newBench finds the peers; one that was asked for and is not here is noted.
func newBench(ctx context.Context, c config, dir string, peers []string) (*bench, error) {
	b := &bench{config: c, dir: dir, started: time.Now(), brokers: map[string]starter{}, tools: map[string]string{}, missing: map[string]string{}}
	for _, p := range peers {
		if !slices.Contains(allPeers(), p) {
			return nil, fmt.Errorf("no peer %q: there are %s", p, strings.Join(allPeers(), ", "))
		}
	}
	for _, p := range allPeers() {
		if !slices.Contains(peers, p) {
			b.missing[p] = "not asked for"
			continue
		}
		if err := b.find(ctx, p); err != nil {
			b.missing[p] = err.Error()
			b.progress("without %s: %v", p, err)
		}
	}
	if why := b.missing["kq"]; why != "" {
		return nil, fmt.Errorf("kq is always measured: %s", why)
	}
	return b, nil
}

func (b *bench) find(ctx context.Context, peer string) error {
	switch peer {
	case "kq":
		bin, err := kqBinary(ctx, b.dir)
		if err != nil {
			return err
		}
		b.tools["kq"] = bin
		b.brokers["kq"] = func(t target) (*exec.Cmd, error) {
			args := []string{"serve", "--listen", address(t.port), "--data", t.dir}
			if t.fsync {
				args = append(args, "--sync", "commit")
			}
			return exec.Command(bin, args...), nil
		}
	case "kfake":
		self, err := os.Executable()
		if err != nil {
			return fmt.Errorf("find this program: %w", err)
		}
		b.brokers["kfake"] = func(t target) (*exec.Cmd, error) {
			sync := map[bool]string{true: "sync", false: "cache"}[t.fsync]
			return exec.Command(self, "serve-kfake", strconv.Itoa(t.port), t.dir, sync), nil
		}
	case "kafka":
		k, err := findKafka(ctx, b.dir)
		if err != nil {
			return err
		}
		b.brokers["kafka"], b.kafkaJars = k.command, k.classPath
	case "kcat":
		path, err := exec.LookPath("kcat")
		if err != nil {
			return errors.New("it is not in PATH (Debian's package kcat)")
		}
		b.tools["kcat"] = path
	}
	return nil
}

// kqBinary builds kq as the task runner does, or takes KQ_BIN.
func kqBinary(ctx context.Context, dir string) (string, error) {
	if bin := os.Getenv("KQ_BIN"); bin != "" {
		return bin, nil
	}
	bin := filepath.Join(dir, "kq")
	return bin, buildKQ(ctx, bin)
}

func buildKQ(ctx context.Context, bin string, flags ...string) error {
	args := append(append([]string{"build", "-trimpath"}, flags...), "-o", bin, "./cmd/kq")
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Env = "..", append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build kq: %w: %s", err, out)
	}
	return nil
}

// serveKfake is the child process of the kfake peer: persisted, as its documentation says.
func serveKfake(ctx context.Context, port, dir string, fsync bool) error {
	p, err := strconv.Atoi(port)
	if err != nil {
		return fmt.Errorf("serve kfake: %w", err)
	}
	opts := []kfake.Opt{kfake.NumBrokers(1), kfake.Ports(p), kfake.DataDir(dir)}
	if fsync {
		opts = append(opts, kfake.SyncWrites())
	}
	c, err := kfake.NewCluster(opts...)
	if err != nil {
		return fmt.Errorf("serve kfake: %w", err)
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer stop()
	<-ctx.Done()
	c.Close()
	return nil
}

// kafka is an Apache Kafka whose class path was found.
type kafka struct {
	classPath string
	formatted string // a data directory as StorageTool leaves it, copied for each server
}

func findKafka(ctx context.Context, dir string) (*kafka, error) {
	if _, err := exec.LookPath("java"); err != nil {
		return nil, errors.New("java is not in PATH")
	}
	jars := os.Getenv("KQ_KAFKA_JARS")
	if jars == "" {
		cache := os.Getenv("KQ_INTEROP_DIR")
		if cache == "" {
			user, err := os.UserCacheDir()
			if err != nil {
				return nil, fmt.Errorf("find the user's cache: %w", err)
			}
			cache = filepath.Join(user, "kq-interop")
		}
		jars = filepath.Join(cache, "kafka-"+kafkaVersion)
	}
	if found, err := filepath.Glob(filepath.Join(jars, "kafka_2.13-*.jar")); err != nil || len(found) == 0 {
		return nil, errors.New("no class path: name it with KQ_KAFKA_JARS, or let `go run ./internal/task interop` fetch it")
	}
	k := &kafka{classPath: filepath.Join(jars, "*"), formatted: filepath.Join(dir, "formatted")}
	props := filepath.Join(dir, "format.properties")
	if err := k.properties(props, target{port: 1, dir: k.formatted}, 2); err != nil {
		return nil, err
	}
	format := exec.CommandContext(ctx, "java", "-cp", k.classPath, "kafka.tools.StorageTool", "format", "-t", "5L6g3nShT-eMCtK--X86sw", "-c", props)
	if out, err := format.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("format a data directory: %w: %s", err, out)
	}
	return k, nil
}

func (k *kafka) properties(path string, t target, controller int) error {
	text := fmt.Sprintf(`process.roles=broker,controller
node.id=1
controller.quorum.voters=1@%[1]s
listeners=PLAINTEXT://%[2]s,CONTROLLER://%[1]s
controller.listener.names=CONTROLLER
log.dirs=%[3]s
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
`, address(controller), address(t.port), t.dir)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		return fmt.Errorf("write Kafka's properties: %w", err)
	}
	return nil
}

func (k *kafka) command(t target) (*exec.Cmd, error) {
	controller, err := freePort()
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(t.dir); err != nil {
		if err := os.CopyFS(t.dir, os.DirFS(k.formatted)); err != nil {
			return nil, fmt.Errorf("copy a formatted directory: %w", err)
		}
	}
	props := filepath.Join(filepath.Dir(t.dir), "server.properties")
	if err := k.properties(props, t, controller); err != nil {
		return nil, err
	}
	return exec.Command("java", "-Xms1g", "-Xmx1g", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20", "-cp", k.classPath, "kafka.Kafka", props), nil
}
