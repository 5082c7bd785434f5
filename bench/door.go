package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"
)

const (
	doorConns  = 16
	doorRecord = 100 // bytes of a value
)

// door posts single records to kq's HTTP door, one after the other on each
// connection, with an Idempotency-Key each and without.
func door(ctx context.Context, b *bench, peer string) (sample, error) {
	base, err := b.fresh()
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(base)
	settle()
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	start := func(t target) (*exec.Cmd, error) {
		cmd, err := b.brokers[peer](t)
		if err == nil {
			cmd.Args = append(cmd.Args, "--http", address(port), "--topic", "door:"+strconv.Itoa(b.partitions))
		}
		return cmd, err
	}
	srv, err := launch(ctx, start, target{dir: filepath.Join(base, "data")}, func(string) bool { return doorOpen(address(port)) })
	if err != nil {
		return nil, err
	}
	s := sample{}
	for _, v := range []struct {
		key   string
		keyed bool
	}{{"door.plain", false}, {"door.keyed", true}} {
		if _, err = postRecords(address(port), v.key+"-warm", v.keyed, b.txnTime/4); err != nil {
			break
		}
		var took []time.Duration
		if took, err = postRecords(address(port), v.key, v.keyed, b.txnTime); err != nil {
			break
		}
		s[v.key] = float64(len(took)) / b.txnTime.Seconds()
		s[v.key+"-p50"], s[v.key+"-p99"] = percentiles(took)
	}
	if err != nil {
		_ = srv.kill() // the first error is the one to tell
		return nil, fmt.Errorf("post: %w", err)
	}
	return s, srv.stop()
}

func doorOpen(addr string) bool {
	resp, err := http.Get("http://" + addr + "/readyz")
	if err != nil {
		return false
	}
	_ = resp.Body.Close() // it was read for its status
	return resp.StatusCode == http.StatusOK
}

// postRecords posts for d on doorConns connections and gives the time of each answer.
func postRecords(addr, prefix string, keyed bool, d time.Duration) ([]time.Duration, error) {
	type result struct {
		took []time.Duration
		err  error
	}
	results := make(chan result, doorConns)
	var next atomic.Int64
	end := time.Now().Add(d)
	for range doorConns {
		go func() {
			took, err := postOn(addr, end, func(b []byte) []byte {
				if !keyed {
					return b
				}
				return append(fmt.Appendf(append(b, "Idempotency-Key: "...), "%s-%020d", prefix, next.Add(1)), "\r\n"...)
			})
			results <- result{took, err}
		}()
	}
	var all []time.Duration
	var errs []error
	for range doorConns {
		r := <-results
		all, errs = append(all, r.took...), append(errs, r.err)
	}
	if len(all) == 0 {
		errs = append(errs, errors.New("nothing was answered"))
	}
	return all, errors.Join(errs...)
}

// postOn posts on one connection; key adds the header of a request.
func postOn(addr string, end time.Time, key func([]byte) []byte) (took []time.Duration, err error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("dial: %w", err)
	}
	defer c.Close()
	r := bufio.NewReader(c)
	body := fmt.Appendf(nil, `{"key":"user-17","value":"%s"}`, bytes.Repeat([]byte("x"), doorRecord))
	var out []byte
	for began := time.Now(); began.Before(end); {
		out = append(out[:0], "POST /topics/door/records HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"...)
		out = fmt.Appendf(key(out), "Content-Length: %d\r\n\r\n", len(body))
		if _, err := c.Write(append(out, body...)); err != nil {
			return nil, fmt.Errorf("write request: %w", err)
		}
		if err := readAnswer(r); err != nil {
			return nil, err
		}
		now := time.Now()
		took, began = append(took, now.Sub(began)), now
	}
	return took, nil
}

// readAnswer reads an answer that must be 200.
func readAnswer(r *bufio.Reader) error {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	if !bytes.HasPrefix(line, []byte("HTTP/1.1 200 ")) {
		return fmt.Errorf("answered with %q", line)
	}
	length := 0
	for len(line) > 0 {
		if line, err = r.ReadSlice('\n'); err != nil {
			return fmt.Errorf("read answer: %w", err)
		}
		line = bytes.TrimSpace(line)
		if v, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(v)); err != nil {
				return fmt.Errorf("read answer: %w", err)
			}
		}
	}
	_, err = io.CopyN(io.Discard, r, int64(length))
	return err
}
