package interop

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// Row is one line of the trap table.
type Row struct {
	// Name names the golden file and the subtest; unique, letters digits dashes.
	Name string
	// Traps are the numbers of the trap list this row covers.
	Traps []int
	// Run holds the conversation. What it sends with Send is recorded.
	Run func(s *Session)
	// Config holds broker settings the row needs. Rows with equal settings share a broker.
	Config map[string]string
	// Mask lists fields whose value is not compared, by dotted path without
	// indexes; a single name matches at any depth. Null and "" stay visible.
	Mask []string
	// Drop lists fields that are left out, by path like Mask.
	Drop []string
	// Sort lists paths of arrays whose order means nothing.
	Sort []string
	// Edit may cut a decoded answer down before it is recorded.
	Edit func(api string, tree map[string]any)
	// Differs says why kq deliberately answers otherwise than Kafka 4.3.1; the
	// row then has a second golden, NAME.kq.json, which kq is compared with.
	Differs string
	// Alone asks for a broker of its own (rows that look at all topics or at the whole cluster).
	Alone bool
}

// Event is one exchange of a transcript.
type Event struct {
	Send   string         `json:"send,omitempty"`
	Got    map[string]any `json:"got,omitempty"`
	Closed bool           `json:"closed,omitempty"`
	Silent bool           `json:"silent,omitempty"`
	Note   string         `json:"note,omitempty"`
}

// Session runs one row on one broker. Its methods end the test on transport
// failures that no row expects.
type Session struct {
	TB   testing.TB
	Addr string
	Node int32

	row  *Row
	conn *Conn
	tr   *transcript
}

// transcript is shared by a session and its forks.
type transcript struct {
	events []Event
	mask   *masker
}

// RunRow runs row on the broker at addr whose node id is node.
func RunRow(tb testing.TB, row *Row, addr string, node int32) []Event {
	tb.Helper()
	s := &Session{TB: tb, Addr: addr, Node: node, row: row, tr: &transcript{mask: newMasker(row)}}
	defer s.hangUp()
	row.Run(s)
	return s.tr.events
}

// Fork returns a session with its own connection and the same transcript.
func (s *Session) Fork() *Session {
	f := *s
	f.conn = nil
	s.TB.Cleanup(f.hangUp)
	return &f
}

func (s *Session) hangUp() {
	if s.conn != nil {
		_ = s.conn.Close() // nothing can be done about it
		s.conn = nil
	}
}

// Conn is the session's connection, dialled when there is none.
func (s *Session) Conn() *Conn {
	s.TB.Helper()
	if s.conn == nil {
		id := "kq-interop"
		c, err := Dial(s.Addr, &id)
		if err != nil {
			s.TB.Fatalf("%v", err)
		}
		s.conn = c
	}
	return s.conn
}

// Send sends req, records the answer and returns it: nil when the broker closed the connection.
func (s *Session) Send(req kmsg.Request) kmsg.Response {
	s.TB.Helper()
	return s.Start(req).Wait()
}

// Try is Send for requests a broker may leave without an answer: silence for
// two seconds is recorded as such.
func (s *Session) Try(req kmsg.Request) {
	s.TB.Helper()
	s.raw(fmt.Sprintf("%s v%d", kmsg.NameForKey(req.Key()), req.GetVersion()), EncodeRequest(req, 7, nil), req, 2*time.Second)
}

// Do sends req without recording it; the broker must answer.
func (s *Session) Do(req kmsg.Request) kmsg.Response {
	s.TB.Helper()
	resp, err := s.Start(req).read()
	if err != nil {
		s.TB.Fatalf("%s v%d: %v", kmsg.NameForKey(req.Key()), req.GetVersion(), err)
	}
	return resp
}

// Until repeats req without recording until done, or fails the test.
func (s *Session) Until(req kmsg.Request, done func(kmsg.Response) bool) kmsg.Response {
	s.TB.Helper()
	deadline := time.Now().Add(answerTimeout)
	for {
		resp := s.Do(req)
		if done(resp) {
			return resp
		}
		if time.Now().After(deadline) {
			s.TB.Fatalf("%s v%d: condition not met in %v; last answer %+v", kmsg.NameForKey(req.Key()), req.GetVersion(), answerTimeout, resp)
		}
		<-time.After(20 * time.Millisecond)
	}
}

// Pending is a request that was sent and not yet answered.
type Pending struct {
	s    *Session
	req  kmsg.Request
	corr int32
	err  error
}

// Start sends req and returns at once.
func (s *Session) Start(req kmsg.Request) *Pending {
	s.TB.Helper()
	corr, err := s.Conn().Write(req)
	return &Pending{s: s, req: req, corr: corr, err: err}
}

// Wait reads the answer and records it.
func (p *Pending) Wait() kmsg.Response {
	p.s.TB.Helper()
	name := kmsg.NameForKey(p.req.Key())
	label := fmt.Sprintf("%s v%d", name, p.req.GetVersion())
	resp, err := p.read()
	switch {
	case errors.Is(err, ErrClosed):
		p.s.hangUp()
		p.s.record(Event{Send: label, Closed: true})
		return nil
	case err != nil:
		p.s.TB.Fatalf("%s: %v", label, err)
	}
	p.s.record(Event{Send: label, Got: p.s.tr.mask.tree(name, resp)})
	return resp
}

func (p *Pending) read() (kmsg.Response, error) {
	if p.err != nil {
		return nil, p.err
	}
	frame, err := p.s.Conn().ReadFrame(answerTimeout)
	if err != nil {
		return nil, err
	}
	resp, corr, err := DecodeResponse(p.req, frame)
	if err == nil && corr != p.corr {
		err = fmt.Errorf("answer carries correlation id %d, want %d", corr, p.corr)
	}
	return resp, err
}

// Raw sends bytes as they are and records what follows: an answer decoded as
// one to kind (when kind is nil, its bytes), a closed connection, or silence for a second.
func (s *Session) Raw(label string, p []byte, kind kmsg.Request) {
	s.TB.Helper()
	s.raw(label, p, kind, time.Second)
}

func (s *Session) raw(label string, p []byte, kind kmsg.Request, wait time.Duration) {
	s.TB.Helper()
	c := s.Conn()
	err := c.WriteBytes(p)
	var frame []byte
	if err == nil {
		frame, err = c.ReadFrame(wait)
	}
	switch {
	case errors.Is(err, ErrClosed):
		s.hangUp()
		s.record(Event{Send: label, Closed: true})
	case err != nil:
		s.hangUp()
		s.record(Event{Send: label, Silent: true})
	case kind == nil:
		s.record(Event{Send: label, Got: map[string]any{"Bytes": fmt.Sprintf("%x", frame)}})
	default:
		resp, corr, err := DecodeResponse(kind, frame)
		if err != nil {
			s.TB.Fatalf("%s: %v", label, err)
		}
		tree := s.tr.mask.tree(kmsg.NameForKey(kind.Key()), resp)
		tree["(correlation)"] = corr
		s.record(Event{Send: label, Got: tree})
	}
}

// Note records a fact that is not an answer.
func (s *Session) Note(format string, args ...any) {
	s.record(Event{Note: fmt.Sprintf(format, args...)})
}

func (s *Session) record(e Event) { s.tr.events = append(s.tr.events, e) }
