package interop

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// ErrClosed reports that the broker closed the connection instead of answering.
var ErrClosed = errors.New("broker closed the connection")

// answerTimeout bounds the wait for one answer.
const answerTimeout = 20 * time.Second

// Conn is one raw connection to a broker. It is for one goroutine.
type Conn struct {
	nc       net.Conn
	clientID *string
	corr     int32
}

// Dial connects to addr (host:port). Requests carry clientID, null when nil.
func Dial(addr string, clientID *string) (*Conn, error) {
	nc, err := net.DialTimeout("tcp", addr, 5*time.Second)
	if err != nil {
		return nil, fmt.Errorf("dial broker: %w", err)
	}
	return &Conn{nc: nc, clientID: clientID}, nil
}

// Close closes the connection.
func (c *Conn) Close() error { return c.nc.Close() }

// NextCorrelation returns the id the next request of Write will carry.
func (c *Conn) NextCorrelation() int32 { return c.corr + 1 }

// Write sends req with the next correlation id and returns that id.
func (c *Conn) Write(req kmsg.Request) (int32, error) {
	c.corr++
	return c.corr, c.WriteBytes(EncodeRequest(req, c.corr, c.clientID))
}

// WriteBytes sends raw bytes, length prefix included by the caller.
func (c *Conn) WriteBytes(p []byte) error {
	if err := c.nc.SetWriteDeadline(time.Now().Add(answerTimeout)); err != nil {
		return closedErr(err)
	}
	_, err := c.nc.Write(p)
	return closedErr(err)
}

// CloseWrite half-closes the connection: the broker sees the end of the stream.
func (c *Conn) CloseWrite() error {
	if tc, ok := c.nc.(*net.TCPConn); ok {
		return tc.CloseWrite()
	}
	return nil
}

// ReadFrame reads one answer (without its length prefix) within d.
func (c *Conn) ReadFrame(d time.Duration) ([]byte, error) {
	if err := c.nc.SetReadDeadline(time.Now().Add(d)); err != nil {
		return nil, closedErr(err)
	}
	var size [4]byte
	if _, err := io.ReadFull(c.nc, size[:]); err != nil {
		return nil, closedErr(err)
	}
	n := int32(binary.BigEndian.Uint32(size[:]))
	if n < 4 || n > 200<<20 {
		return nil, fmt.Errorf("read answer: length %d", n)
	}
	frame := make([]byte, n)
	if _, err := io.ReadFull(c.nc, frame); err != nil {
		return nil, closedErr(err)
	}
	return frame, nil
}

// closedErr maps every way a peer's close shows itself to ErrClosed; timeouts
// stay what they are.
func closedErr(err error) error {
	if err == nil {
		return nil
	}
	var ne net.Error
	if errors.As(err, &ne) && ne.Timeout() {
		return err
	}
	return fmt.Errorf("%w: %w", ErrClosed, err)
}

// EncodeRequest frames req: length, header v1 or v2, body.
func EncodeRequest(req kmsg.Request, corr int32, clientID *string) []byte {
	return Frame(append(RequestHeader(req.Key(), req.GetVersion(), corr, clientID, req.IsFlexible()), req.AppendTo(nil)...))
}

// Frame puts the length prefix before payload.
func Frame(payload []byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(payload))), payload...)
}

// RequestHeader builds a request header: v1, or v2 (with an empty tag section)
// when flexible. The client id is an int16-length string in both.
func RequestHeader(key, version int16, corr int32, clientID *string, flexible bool) []byte {
	b := binary.BigEndian.AppendUint16(nil, uint16(key))
	b = binary.BigEndian.AppendUint16(b, uint16(version))
	b = binary.BigEndian.AppendUint32(b, uint32(corr))
	if clientID == nil {
		b = append(b, 0xff, 0xff)
	} else {
		b = binary.BigEndian.AppendUint16(b, uint16(len(*clientID)))
		b = append(b, *clientID...)
	}
	if flexible {
		b = append(b, 0)
	}
	return b
}

// DecodeResponse decodes an answer frame to the request it belongs to and
// reports the correlation id. Bytes left over are an error: a real broker
// sends none.
func DecodeResponse(req kmsg.Request, frame []byte) (kmsg.Response, int32, error) {
	corr := int32(binary.BigEndian.Uint32(frame))
	body := frame[4:]
	resp := req.ResponseKind()
	if resp.IsFlexible() && resp.Key() != 18 {
		if len(body) == 0 || body[0] != 0 {
			return nil, corr, fmt.Errorf("decode %s: response header has no empty tag section", kmsg.NameForKey(req.Key()))
		}
		body = body[1:]
	}
	if resp.Key() == 18 && len(body) >= 2 && binary.BigEndian.Uint16(body) == 35 {
		resp.SetVersion(0) // an ApiVersions version the broker does not know is answered in the v0 form
	}
	if err := resp.ReadFrom(body); err != nil {
		return nil, corr, fmt.Errorf("decode %s v%d: %w", kmsg.NameForKey(req.Key()), req.GetVersion(), err)
	}
	if again := resp.AppendTo(nil); len(again) != len(body) {
		return nil, corr, fmt.Errorf("decode %s v%d: %d bytes decode to a value of %d bytes", kmsg.NameForKey(req.Key()), req.GetVersion(), len(body), len(again))
	}
	return resp, corr, nil
}
