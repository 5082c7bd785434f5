package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// startLimit is for a JVM with many partitions to recover on a busy machine.
const startLimit = 2 * time.Minute

func address(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

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
	pid   int
	addr  string
	ready time.Duration // from the start of the process until it was ready
	began time.Time     // when the process was started
	cmd   *exec.Cmd
	log   string
	done  chan struct{} // closed when the process has ended
}

// launch starts a peer on a free port and waits until ready says so.
func launch(ctx context.Context, start starter, t target, ready func(addr string) bool) (*server, error) {
	var err error
	if t.port, err = freePort(); err != nil {
		return nil, err
	}
	cmd, err := start(t)
	if err != nil {
		return nil, err
	}
	s := &server{cmd: cmd, addr: address(t.port), log: filepath.Join(filepath.Dir(t.dir), "server.log"), done: make(chan struct{})}
	log, err := os.Create(s.log)
	if err != nil {
		return nil, fmt.Errorf("start: %w", err)
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start: %w", err)
	}
	s.pid = cmd.Process.Pid
	go func() {
		_ = cmd.Wait() // a JVM ends with 143 and a killed one with a signal
		close(s.done)
	}()
	for time.Since(began) < startLimit {
		if ready(s.addr) {
			s.ready = time.Since(began)
			return s, nil
		}
		select {
		case <-s.done:
			return nil, fmt.Errorf("start: it ended: %s", s.lastWords())
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), s.kill())
		case <-time.After(500 * time.Microsecond):
		}
	}
	return nil, errors.Join(fmt.Errorf("start: not ready after %v: %s", startLimit, s.lastWords()), s.kill())
}

func (s *server) lastWords() []byte {
	text, err := os.ReadFile(s.log)
	if err != nil {
		return nil
	}
	return text[max(0, len(text)-500):]
}

// stop ends a peer cleanly, kill does not.
func (s *server) stop() error { return s.end(syscall.SIGTERM) }
func (s *server) kill() error { return s.end(syscall.SIGKILL) }

func (s *server) end(how syscall.Signal) error {
	if err := s.cmd.Process.Signal(how); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop: %w", err)
	}
	select {
	case <-s.done:
		return nil
	case <-time.After(time.Minute):
		return errors.Join(errors.New("stop: still running after a minute"), s.cmd.Process.Kill())
	}
}

// answersMetadata reports whether a Metadata answer names a broker.
func answersMetadata(addr string) bool {
	c, err := dial(addr)
	if err != nil {
		return false
	}
	defer c.close()
	req := kmsg.NewPtrMetadataRequest()
	req.Version, req.Topics = 9, []kmsg.MetadataRequestTopic{}
	resp, err := c.ask(req)
	return err == nil && len(resp.(*kmsg.MetadataResponse).Brokers) > 0
}
