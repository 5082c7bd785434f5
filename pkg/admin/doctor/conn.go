package doctor

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// maxAnswer is more than any answer to the requests of this package.
const maxAnswer = 64 << 20

// notKafka is an answer that is none: its first bytes.
type notKafka struct{ first []byte }

func (e *notKafka) Error() string { return fmt.Sprintf("not the Kafka protocol: %.16q", e.first) }

// errCorrelation is an answer to something that was not asked.
var errCorrelation = errors.New("the answer is to another request")

// conn is a connection with one request under way at most.
type conn struct {
	net.Conn
	format      *kmsg.RequestFormatter
	correlation int32
}

func newConn(c net.Conn) *conn {
	return &conn{Conn: c, format: kmsg.NewRequestFormatter(kmsg.FormatterClientID("kq"))}
}

// ask sends a request and reads its answer, until ctx ends.
func (c *conn) ask(ctx context.Context, req kmsg.Request) (kmsg.Response, error) {
	deadline, _ := ctx.Deadline() // without one: no limit
	if err := c.SetDeadline(deadline); err != nil {
		return nil, err
	}
	defer context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Unix(1, 0)) })()
	c.correlation++
	if _, err := c.Write(c.format.AppendRequest(nil, req, c.correlation)); err != nil {
		return nil, err
	}
	frame, err := c.readFrame()
	if err != nil {
		return nil, err
	}
	return decode(req, frame, c.correlation)
}

func (c *conn) readFrame() ([]byte, error) {
	var head [4]byte
	if n, err := io.ReadFull(c, head[:]); err != nil {
		if n > 0 && errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, &notKafka{head[:n]}
		}
		return nil, err
	}
	size := int32(binary.BigEndian.Uint32(head[:]))
	if size < 4 || size > maxAnswer {
		return nil, c.stranger(head[:])
	}
	// What it claims is not allocated before it comes.
	frame, err := io.ReadAll(io.LimitReader(c, int64(size)))
	if err == nil && len(frame) < int(size) {
		err = io.ErrUnexpectedEOF
	}
	return frame, err
}

// stranger reads a little more of what is not an answer.
func (c *conn) stranger(head []byte) error {
	_ = c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	more := make([]byte, 12)
	n, _ := io.ReadFull(c, more) // what there is, is enough
	return &notKafka{append(head, more[:n]...)}
}

// decode reads the answer to req in a frame without its size. Of the requests
// asked here only ApiVersions is flexible, whose answers have a plain header
// (KIP-511).
func decode(req kmsg.Request, frame []byte, correlation int32) (kmsg.Response, error) {
	if len(frame) < 4 || int32(binary.BigEndian.Uint32(frame)) != correlation {
		return nil, errCorrelation
	}
	body := frame[4:]
	resp := req.ResponseKind()
	resp.SetVersion(req.GetVersion())
	if a, ok := resp.(*kmsg.ApiVersionsResponse); ok && len(body) >= 2 && int16(binary.BigEndian.Uint16(body)) == kerr.UnsupportedVersion.Code {
		a.Version = 0 // a broker that does not know the version answers in the first one
	}
	if err := resp.ReadFrom(body); err != nil {
		return nil, fmt.Errorf("read the answer: %w", err)
	}
	return resp, nil
}
