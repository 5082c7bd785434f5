package interop

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Kafka is an Apache Kafka broker in a child process (one combined node).
type Kafka struct {
	Addr string // host:port of its client listener
	Dir  string // its log.dirs
	cmd  *exec.Cmd
	log  *bytes.Buffer
	done chan struct{}
}

// ClusterID is the cluster id every Kafka of this package is formatted with.
const ClusterID = "5L6g3nShT-eMCtK--X86sw"

// jvmFlags make short-lived JVM processes start fast and stay small.
func jvmFlags() []string {
	return []string{"-Xms256m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto"}
}

// JVM builds the command `java CLASS ARGS…` on the class path jars/*.
func JVM(ctx context.Context, jars, class string, args ...string) *exec.Cmd {
	argv := append(jvmFlags(), "-cp", filepath.Join(jars, "*"), class)
	return exec.CommandContext(ctx, "java", append(argv, args...)...)
}

// StartKafka formats dir (when it is empty) and starts Apache Kafka from jars
// in it, with node id 1 and the settings given on top of a one-node setup;
// listeners come beside its own. Started again in a folder it has its address
// again. It returns when the broker answers.
func StartKafka(ctx context.Context, jars, dir string, settings map[string]string) (*Kafka, error) {
	props := filepath.Join(dir, "server.properties")
	ports, err := portsOf(props)
	if err != nil {
		ports, err = freePorts(2)
	}
	if err != nil {
		return nil, err
	}
	k := &Kafka{
		Addr: fmt.Sprintf("127.0.0.1:%d", ports[0]), Dir: filepath.Join(dir, "data"),
		log: &bytes.Buffer{}, done: make(chan struct{}),
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("start kafka: %w", err)
	}
	if err := os.WriteFile(props, kafkaProperties(k, ports[1], settings), 0o644); err != nil {
		return nil, fmt.Errorf("start kafka: %w", err)
	}
	if _, err := os.Stat(filepath.Join(k.Dir, "meta.properties")); err != nil {
		out, err := JVM(ctx, jars, "kafka.tools.StorageTool", "format", "-t", ClusterID, "-c", props,
			"--feature", "eligible.leader.replicas.version=0").CombinedOutput()
		if err != nil {
			return nil, fmt.Errorf("format kafka: %w: %s", err, out)
		}
	}
	k.cmd = JVM(ctx, jars, "kafka.Kafka", props)
	k.cmd.Stdout, k.cmd.Stderr = k.log, k.log
	if err := k.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start kafka: %w", err)
	}
	go func() {
		_ = k.cmd.Wait() // how it ended shows in its log
		close(k.done)
	}()
	if err := k.waitReady(ctx); err != nil {
		_ = k.Stop()
		return nil, err
	}
	return k, nil
}

func kafkaProperties(k *Kafka, controllerPort int, settings map[string]string) []byte {
	all := map[string]string{
		"process.roles": "broker,controller", "node.id": "1",
		"controller.quorum.voters":  fmt.Sprintf("1@127.0.0.1:%d", controllerPort),
		"listeners":                 fmt.Sprintf("PLAINTEXT://%s,CONTROLLER://127.0.0.1:%d", k.Addr, controllerPort),
		"controller.listener.names": "CONTROLLER", "log.dirs": k.Dir,
		"offsets.topic.replication.factor": "1", "transaction.state.log.replication.factor": "1",
		"transaction.state.log.min.isr": "1", "share.coordinator.state.topic.replication.factor": "1",
		"share.coordinator.state.topic.min.isr": "1", "group.initial.rebalance.delay.ms": "0",
		"offsets.topic.num.partitions": "1", "transaction.state.log.num.partitions": "1",
	}
	for key, v := range settings {
		if key == "listeners" {
			v = all[key] + "," + v // more of them
		}
		all[key] = v
	}
	var lines []string
	for key, v := range all {
		lines = append(lines, key+"="+v+"\n")
	}
	sort.Strings(lines)
	return []byte(strings.Join(lines, ""))
}

// waitReady returns when the broker is registered and unfenced: Metadata names it.
func (k *Kafka) waitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 90*time.Second)
	defer cancel()
	for {
		if brokerNamed(k.Addr) {
			return nil
		}
		select {
		case <-k.done:
			return fmt.Errorf("start kafka: it ended: %s", k.log)
		case <-ctx.Done():
			return fmt.Errorf("start kafka: %w: %s", ctx.Err(), k.log)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func brokerNamed(addr string) bool {
	c, err := Dial(addr, nil)
	if err != nil {
		return false
	}
	defer c.Close()
	req := kmsg.NewPtrMetadataRequest()
	req.Version = 9
	req.Topics = []kmsg.MetadataRequestTopic{}
	if _, err := c.Write(req); err != nil {
		return false
	}
	frame, err := c.ReadFrame(5 * time.Second)
	if err != nil {
		return false
	}
	resp, _, err := DecodeResponse(req, frame)
	if err != nil {
		return false
	}
	return len(resp.(*kmsg.MetadataResponse).Brokers) == 1
}

// Stop ends the broker cleanly and waits for it.
func (k *Kafka) Stop() error { return k.end(syscall.SIGTERM) }

// Kill ends the broker with SIGKILL and waits for it.
func (k *Kafka) Kill() error { return k.end(syscall.SIGKILL) }

func (k *Kafka) end(sig syscall.Signal) error {
	if err := k.cmd.Process.Signal(sig); err != nil {
		return fmt.Errorf("stop kafka: %w", err)
	}
	select {
	case <-k.done:
		return nil
	case <-time.After(time.Minute):
		return fmt.Errorf("stop kafka: still running a minute after %v", sig)
	}
}

// portsOf reads the two ports out of the properties that an earlier start wrote.
func portsOf(props string) ([]int, error) {
	p, err := os.ReadFile(props)
	if err != nil {
		return nil, err
	}
	ports := make([]int, 2)
	for line := range strings.Lines(string(p)) {
		if n, _ := fmt.Sscanf(line, "listeners=PLAINTEXT://127.0.0.1:%d,CONTROLLER://127.0.0.1:%d", &ports[0], &ports[1]); n == 2 {
			return ports, nil
		}
	}
	return nil, fmt.Errorf("no listeners in %s", props)
}

func freePorts(n int) ([]int, error) {
	var ports []int
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		defer l.Close()
		ports = append(ports, l.Addr().(*net.TCPAddr).Port)
	}
	return ports, nil
}
