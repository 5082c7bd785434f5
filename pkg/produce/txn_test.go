package produce

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// txnCluster is a cluster with transactions: log tells what was done with them
// and between.
type txnCluster struct {
	cluster
	endErr error // of commits

	logMu sync.Mutex
	log   []string // guarded by logMu
	seen  int      // guarded by logMu; records told in log
}

func (c *txnCluster) say(what string) {
	c.mu.Lock()
	n := len(c.got)
	c.mu.Unlock()
	c.logMu.Lock()
	defer c.logMu.Unlock()
	c.log = append(c.log, fmt.Sprintf("%d %s", n-c.seen, what))
	c.seen = n
}

func (c *txnCluster) BeginTransaction() error { return nil }

func (c *txnCluster) PartitionLeader(string, int32) (leader, epoch int32, err error) {
	return 1, 0, nil
}

func (c *txnCluster) PurgeTopicsFromProducing(...string) {}

func (c *txnCluster) AbortBufferedRecords(ctx context.Context) error { return c.Flush(ctx) }

func (c *txnCluster) EndTransaction(_ context.Context, how kgo.TransactionEndTry) error {
	if !how {
		c.say("aborted")
		return nil
	}
	if c.endErr != nil {
		c.say("not committed")
		return c.endErr
	}
	c.say("committed")
	return nil
}

func TestTransactions(t *testing.T) {
	tooLarge := func(r *kgo.Record) error {
		if string(r.Value) == "large" {
			return kerr.MessageTooLarge
		}
		return nil
	}
	for _, tt := range []struct {
		name   string
		o      Options
		input  string
		endErr error
		log    string
		want   Result
		err    error
	}{
		{"one", Options{}, "a\nb\nc\n", nil, "3 committed", Result{Records: 3, Bytes: 3, Transactions: 1}, nil},
		{"none", Options{}, "", nil, "", Result{}, nil},
		{"batches", Options{TransactionBatch: 2}, "a\nb\nc\nd\ne", nil, "2 committed, 2 committed, 1 committed", Result{Records: 5, Bytes: 5, Transactions: 3}, nil},
		{"whole batches", Options{TransactionBatch: 2}, "a\nb\nc\nd\n", nil, "2 committed, 2 committed", Result{Records: 4, Bytes: 4, Transactions: 2}, nil},
		{"a line that is no record", Options{KeyDelim: []byte(":")}, "a:1\nb\nc:3\n", nil, "0 aborted", Result{Failed: 1}, ErrNoDelimiter},
		{"in a later batch", Options{KeyDelim: []byte(":"), TransactionBatch: 1}, "a:1\nb\n", nil, "1 committed, 0 aborted", Result{Records: 1, Bytes: 2, Transactions: 1}, ErrNoDelimiter},
		{"a record that fails", Options{}, "a\nlarge\n", nil, "1 aborted", Result{Failed: 2}, kerr.MessageTooLarge},
		{"a commit refused", Options{}, "a\n", kerr.InvalidTxnState, "1 not committed, 0 aborted", Result{Failed: 1}, kerr.InvalidTxnState},
		{"a commit without an answer", Options{}, "a\n", errors.New("EOF"), "1 not committed, 0 aborted", Result{Failed: 1}, ErrUnconfirmed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := &txnCluster{cluster: cluster{lag: 10, fail: tooLarge}, endErr: tt.endErr}
			tt.o.Topic, tt.o.TransactionalID = "t", "id"
			r, err := start(t.Context(), c, tt.o, []Input{text("in", tt.input)}, nil)
			if !errors.Is(err, tt.err) || (err == nil) != (tt.err == nil) {
				t.Errorf("error %v, want %v", err, tt.err)
			}
			if r != tt.want {
				t.Errorf("counted %+v, want %+v", r, tt.want)
			}
			if got := strings.Join(c.log, ", "); got != tt.log {
				t.Errorf("got %q, want %q", got, tt.log)
			}
		})
	}
}

// TestTransactionInterrupted: an interrupt aborts what was not committed, though
// the input goes on for ever.
func TestTransactionInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	interrupted := errors.New("interrupted")
	c := &txnCluster{}
	in := &thenBlocks{text: "a\nb\nc\n", then: func() { cancel(interrupted) }, until: t.Context().Done()}
	o := Options{Topic: "t", TransactionalID: "id", TransactionBatch: 2}
	r, err := start(ctx, c, o, []Input{{Name: "in", R: in}}, nil)
	if !errors.Is(err, interrupted) || r != (Result{Records: 2, Bytes: 2, Failed: 1, Transactions: 1}) {
		t.Errorf("%+v, %v", r, err)
	}
	if got := strings.Join(c.log, ", "); got != "2 committed, 1 aborted" {
		t.Errorf("got %q", got)
	}
}

// thenBlocks is a reader of a text that calls then behind it, and does not end.
type thenBlocks struct {
	text  string
	then  func()
	until <-chan struct{}
}

func (r *thenBlocks) Read(b []byte) (int, error) {
	if r.text == "" {
		r.then()
		<-r.until
		return 0, io.EOF
	}
	n := copy(b, r.text)
	r.text = r.text[n:]
	return n, nil
}

func TestTransactionOptions(t *testing.T) {
	for _, o := range []Options{
		{TransactionBatch: 5},
		{TransactionalID: "x", Acks: "1"},
		{TransactionalID: "x", TransactionBatch: -1},
		{TransactionalID: "x", TransactionTimeout: -1},
	} {
		o.Topic = "t"
		if err := o.Validate(); !errors.Is(err, ErrOptions) {
			t.Errorf("%+v: %v", o, err)
		}
	}
}
