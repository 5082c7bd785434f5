package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

// peer is a server to measure.
type peer struct {
	name string
	// command starts it on addr with its data in dir.
	command func(addr, dir string) *exec.Cmd
}

func kqPeer(binary string) peer {
	return peer{"kq", func(addr, dir string) *exec.Cmd {
		return exec.Command(binary, "serve", "--listen", addr, "--data", dir)
	}}
}

// fakeCommand makes this program the peer kfake.
const fakeCommand = "kfake-server"

func kfakePeer() peer {
	return peer{"kfake", func(addr, dir string) *exec.Cmd {
		return exec.Command(os.Args[0], fakeCommand, addr, dir)
	}}
}

func runFake(addr string, rest []string) error {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(port)
	if err != nil || len(rest) != 1 {
		return fmt.Errorf("want ADDR DIR: %w", err)
	}
	c, err := kfake.NewCluster(kfake.Ports(n), kfake.NumBrokers(1), kfake.DataDir(rest[0]))
	if err != nil {
		return err
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	<-stop
	c.Close()
	return nil
}

// server is a running peer.
type server struct {
	cmd   *exec.Cmd
	addr  string
	ready time.Duration // from its start to the first answer to Metadata
}

func start(ctx context.Context, p peer, dir string) (*server, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	s := &server{cmd: p.command(addr, dir), addr: addr}
	s.cmd.Stderr = os.Stderr
	began := time.Now()
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := net.Dial("tcp", addr)
		if err == nil {
			_ = conn.Close()
			break
		}
		if time.Since(began) > 30*time.Second {
			return nil, errors.Join(errors.New("not ready in 30 s"), s.cmd.Process.Kill())
		}
		<-tick.C
	}
	cl, err := kgo.NewClient(kgo.SeedBrokers(addr))
	if err != nil {
		return nil, err
	}
	defer cl.Close()
	if err := cl.Ping(ctx); err != nil {
		return nil, errors.Join(err, s.cmd.Process.Kill())
	}
	s.ready = time.Since(began)
	return s, nil
}

func (s *server) stop() {
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	_ = s.cmd.Wait()
}

func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String(), nil
}

// cpu is the user and system time of the server so far, from /proc/PID/stat in
// the kernel's clock ticks of 10 ms.
func (s *server) cpu() (time.Duration, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, after, ok := strings.Cut(string(b), ") ")
	f := strings.Fields(after)
	if !ok || len(f) < 13 {
		return 0, fmt.Errorf("parse %q", b)
	}
	user, err1 := strconv.ParseInt(f[11], 10, 64)
	system, err2 := strconv.ParseInt(f[12], 10, 64)
	return time.Duration(user+system) * 10 * time.Millisecond, errors.Join(err1, err2)
}

// resident is VmRSS in MB.
func (s *server) resident() (float64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb / 1024, err
		}
	}
	return 0, errors.New("no VmRSS")
}
