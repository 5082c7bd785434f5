package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// starter builds the command that serves on 127.0.0.1:port with its data in dir.
type starter func(port int, dir string) (*exec.Cmd, error)

// starters prepares the peers: builds binaries, checks class paths.
func starters(ctx context.Context, names []string) (map[string]starter, error) {
	all := map[string]starter{}
	for _, n := range names {
		switch n {
		case "kq":
			bin, err := kqBinary(ctx)
			if err != nil {
				return nil, err
			}
			all[n] = func(port int, dir string) (*exec.Cmd, error) {
				return exec.Command(bin, "serve", "--listen", address(port), "--data", dir), nil
			}
		case "kfake":
			self, err := os.Executable()
			if err != nil {
				return nil, fmt.Errorf("find this program: %w", err)
			}
			all[n] = func(port int, dir string) (*exec.Cmd, error) {
				return exec.Command(self, "serve-kfake", strconv.Itoa(port), dir), nil
			}
		case "apache":
			jars := os.Getenv("KQ_KAFKA_JARS")
			if jars == "" {
				return nil, errors.New("apache takes part when KQ_KAFKA_JARS names its class path")
			}
			all[n] = func(port int, dir string) (*exec.Cmd, error) { return apache(ctx, jars, port, dir) }
		default:
			return nil, fmt.Errorf("no peer %q: there are kq, kfake, apache", n)
		}
	}
	return all, nil
}

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// kqBinary builds kq as it is released, or takes KQ_BIN.
func kqBinary(ctx context.Context) (string, error) {
	if bin := os.Getenv("KQ_BIN"); bin != "" {
		return bin, nil
	}
	dir, err := os.MkdirTemp("", "kq-bench-bin-")
	if err != nil {
		return "", fmt.Errorf("build kq: %w", err)
	}
	bin := filepath.Join(dir, "kq")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", bin, "./cmd/kq")
	cmd.Dir, cmd.Env = "..", append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build kq: %w: %s", err, out)
	}
	return bin, nil
}

// serveKfake is the child process of the kfake peer: persisted, as its README says.
func serveKfake(ctx context.Context, port, dir string) error {
	p, err := strconv.Atoi(port)
	if err != nil {
		return fmt.Errorf("serve kfake: %w", err)
	}
	c, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.Ports(p), kfake.DataDir(dir))
	if err != nil {
		return fmt.Errorf("serve kfake: %w", err)
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer stop()
	<-ctx.Done()
	c.Close()
	return nil
}

// apache formats dir when it is new and builds the command of a one-node Kafka.
func apache(ctx context.Context, jars string, port int, dir string) (*exec.Cmd, error) {
	other, err := freePort()
	if err != nil {
		return nil, err
	}
	props := filepath.Join(filepath.Dir(dir), "server.properties")
	text := fmt.Sprintf("process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@%s\nlisteners=PLAINTEXT://%s,CONTROLLER://%s\ncontroller.listener.names=CONTROLLER\nlog.dirs=%s\noffsets.topic.replication.factor=1\n",
		address(other), address(port), address(other), dir)
	if err := os.WriteFile(props, []byte(text), 0o644); err != nil {
		return nil, fmt.Errorf("start apache: %w", err)
	}
	classPath := filepath.Join(jars, "*")
	if _, err := os.Stat(filepath.Join(dir, "meta.properties")); err != nil {
		format := exec.CommandContext(ctx, "java", "-cp", classPath, "kafka.tools.StorageTool", "format", "-t", "5L6g3nShT-eMCtK--X86sw", "-c", props)
		if out, err := format.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("format apache: %w: %s", err, out)
		}
	}
	return exec.Command("java", "-Xms1g", "-Xmx1g", "-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20", "-cp", classPath, "kafka.Kafka", props), nil
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// server is a running peer.
type server struct {
	cmd   *exec.Cmd
	addr  string
	ready time.Duration // from the start of the process to its first Metadata answer
	done  chan error
}

// launch starts a peer and waits until Metadata names a broker.
func launch(ctx context.Context, start starter, dir string) (*server, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	cmd, err := start(port, dir)
	if err != nil {
		return nil, err
	}
	s := &server{cmd: cmd, addr: address(port), done: make(chan error, 1)}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start: %w", err)
	}
	go func() { s.done <- cmd.Wait() }()
	for time.Since(began) < time.Minute {
		if answersMetadata(s.addr) {
			s.ready = time.Since(began)
			return s, nil
		}
		select {
		case err := <-s.done:
			return nil, fmt.Errorf("start: it ended: %w", err)
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), s.stop())
		case <-time.After(500 * time.Microsecond):
		}
	}
	return nil, errors.Join(errors.New("start: not ready after a minute"), s.stop())
}

// stop ends a peer cleanly.
func (s *server) stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return fmt.Errorf("stop: %w", err)
	}
	select {
	case err := <-s.done:
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return nil // a JVM ends with 143
		}
		return err
	case <-time.After(time.Minute):
		return errors.Join(errors.New("stop: still running after a minute"), s.cmd.Process.Kill())
	}
}

// answersMetadata makes one Metadata request over a connection of its own.
func answersMetadata(addr string) bool {
	nc, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return false
	}
	defer nc.Close()
	req := kmsg.NewPtrMetadataRequest()
	req.Version, req.Topics = 9, []kmsg.MetadataRequestTopic{}
	if _, err := nc.Write(kmsg.NewRequestFormatter().AppendRequest(nil, req, 1)); err != nil {
		return false
	}
	if err := nc.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
		return false
	}
	buf := make([]byte, 4096)
	n, err := nc.Read(buf)
	if err != nil || n < 9 {
		return false
	}
	resp := req.ResponseKind()
	return resp.ReadFrom(buf[9:n]) == nil && len(resp.(*kmsg.MetadataResponse).Brokers) > 0
}
