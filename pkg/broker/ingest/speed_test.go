package ingest_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/broker/brokertest"
	"kq/pkg/broker/ingest"
)

// BenchmarkDoor sends records one a request on 16 connections.
func BenchmarkDoor(b *testing.B) {
	for _, keyed := range []bool{false, true} {
		b.Run(fmt.Sprintf("keyed=%v", keyed), func(b *testing.B) {
			broker := brokertest.Start(b, brokertest.OnDisk(), brokertest.Topics("t:6"))
			d := open(b, broker, ingest.Options{Client: []kgo.Opt{kgo.Dialer(broker.Broker().Dial)}})
			<-d.s.Loaded()
			b.ResetTimer()
			var next atomic.Int64
			var wg sync.WaitGroup
			for range 16 {
				wg.Go(func() {
					c, err := net.Dial("tcp", d.s.Addr())
					if err != nil {
						b.Error(err)
						return
					}
					defer c.Close()
					r := bufio.NewReader(c)
					body := []byte(`{"key":"user-1","value":"` + string(bytes.Repeat([]byte("x"), 100)) + `"}`)
					var out []byte
					for {
						i := next.Add(1)
						if i > int64(b.N) {
							return
						}
						out = append(out[:0], "POST /topics/t/records HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"...)
						if keyed {
							out = fmt.Appendf(out, "Idempotency-Key: %036d\r\n", i)
						}
						out = fmt.Appendf(out, "Content-Length: %d\r\n\r\n", len(body))
						if _, err := c.Write(append(out, body...)); err != nil {
							b.Error(err)
							return
						}
						if err := readReply(r); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
		})
	}
}

func readReply(r *bufio.Reader) error {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(line, []byte("HTTP/1.1 200 ")) {
		rest, _ := r.Peek(r.Buffered())
		return fmt.Errorf("%s%s", line, rest)
	}
	length := 0
	for {
		if line, err = r.ReadSlice('\n'); err != nil {
			return err
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			break
		}
		if v, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(v)); err != nil {
				return err
			}
		}
	}
	_, err = io.CopyN(io.Discard, r, int64(length))
	return err
}
