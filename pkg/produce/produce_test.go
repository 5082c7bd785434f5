package produce

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// cluster is a sender that acknowledges records a while after they came, in a
// goroutine of its own, and fails those that fail says.
type cluster struct {
	fail func(r *kgo.Record) error
	lag  int // records that wait to be acknowledged

	mu   sync.Mutex
	got  []string // guarded by mu; key=value, as they were acknowledged
	wait []func() // guarded by mu
	most int      // guarded by mu
}

func (c *cluster) Produce(ctx context.Context, r *kgo.Record, promise func(*kgo.Record, error)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wait = append(c.wait, func() {
		err := ctx.Err()
		if err == nil && c.fail != nil {
			err = c.fail(r)
		}
		if err == nil {
			c.got = append(c.got, shown(r))
		}
		promise(r, err)
	})
	c.most = max(c.most, len(c.wait))
	for len(c.wait) > c.lag {
		c.wait[0]()
		c.wait = c.wait[1:]
	}
}

// shown is a record as text: - for null, then what is not as usual.
func shown(r *kgo.Record) string {
	text := func(b []byte) string {
		if b == nil {
			return "-"
		}
		return string(b)
	}
	s := text(r.Key) + "=" + text(r.Value)
	for _, h := range r.Headers {
		s += " " + h.Key + ":" + text(h.Value)
	}
	if r.Partition >= 0 {
		s += fmt.Sprint(" p", r.Partition)
	}
	return s
}

func (c *cluster) BufferedProduceRecords() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return int64(len(c.wait))
}

func run(ctx context.Context, c *cluster, o Options, inputs []Input) (Result, error) {
	return start(ctx, c, o, inputs, nil)
}

func (c *cluster) Flush(context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range c.wait {
		f()
	}
	c.wait = nil
	return nil
}

func text(name, s string) Input { return Input{Name: name, R: strings.NewReader(s)} }

func TestLines(t *testing.T) {
	long := strings.Repeat("x", 3*chunkBytes)
	many := strings.Repeat("\n", 3*chunkRecords+5)
	tests := []struct {
		name   string
		opts   Options
		inputs []Input
		want   []string
	}{
		{"nothing", Options{}, []Input{text("a", "")}, nil},
		{"no input", Options{}, nil, nil},
		{"lines", Options{}, []Input{text("a", "one\ntwo\n")}, []string{"-=one", "-=two"}},
		{"no line end at the end", Options{}, []Input{text("a", "one\ntwo"), text("b", "three")}, []string{"-=one", "-=two", "-=three"}},
		{"empty lines are records", Options{}, []Input{text("a", "\n\na\n")}, []string{"-=", "-=", "-=a"}},
		{"carriage returns stay", Options{}, []Input{text("a", "a\r\nb\x00\n")}, []string{"-=a\r", "-=b\x00"}},
		{"one key", Options{Key: []byte("k")}, []Input{text("a", "a\nb\n")}, []string{"k=a", "k=b"}},
		{"an empty key", Options{Key: []byte{}}, []Input{text("a", "a\n")}, []string{"=a"}},
		{"keys", Options{KeyDelim: []byte("::")}, []Input{text("a", "k::v\n::v\nk::\na::b::c\n")}, []string{"k=v", "=v", "k=", "a=b::c"}},
		{"a line longer than a chunk", Options{}, []Input{text("a", "a\n"+long+"\nb\n")}, []string{"-=a", "-=" + long, "-=b"}},
		{"a long line at the end", Options{}, []Input{text("a", "a\n"+long)}, []string{"-=a", "-=" + long}},
		{"more lines than records in a chunk", Options{}, []Input{text("a", many+"z")}, append(strings.Split(strings.Repeat("-= ", 3*chunkRecords+5), " ")[:3*chunkRecords+5], "-=z")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.opts.Topic = "t"
			c := &cluster{lag: 100}
			r, err := run(t.Context(), c, tt.opts, tt.inputs)
			if err != nil {
				t.Fatal(err)
			}
			if int(r.Records) != len(tt.want) || r.Failed != 0 {
				t.Errorf("counted %+v, want %d records", r, len(tt.want))
			}
			if got := strings.Join(c.got, "\n"); got != strings.Join(tt.want, "\n") {
				t.Errorf("got %.200q", got)
			}
		})
	}
}

// TestAnySplit: however the input arrives, the records are its lines.
func TestAnySplit(t *testing.T) {
	seed := rand.Uint64()
	rnd := rand.New(rand.NewPCG(seed, 0))
	var in bytes.Buffer
	for in.Len() < 4*chunkBytes {
		n := rnd.IntN(300)
		if rnd.IntN(500) == 0 {
			n = rnd.IntN(2 * chunkBytes)
		}
		for range n {
			in.WriteByte('a' + byte(rnd.IntN(26)))
		}
		in.WriteByte('\n')
	}
	want := "-=" + strings.ReplaceAll(strings.TrimSuffix(in.String(), "\n"), "\n", "\n-=")
	for name, wrap := range map[string]func(io.Reader) io.Reader{
		"whole":     func(r io.Reader) io.Reader { return r },
		"halves":    iotest.HalfReader,
		"data+EOF":  iotest.DataErrReader,
		"at random": func(r io.Reader) io.Reader { return &randomReader{r, rnd} },
	} {
		c := &cluster{lag: 5000}
		_, err := run(t.Context(), c, Options{Topic: "t"}, []Input{{Name: "in", R: wrap(bytes.NewReader(in.Bytes()))}})
		if err != nil || strings.Join(c.got, "\n") != want {
			t.Errorf("seed %d, %s: %v, %d records", seed, name, err, len(c.got))
		}
	}
}

type randomReader struct {
	r   io.Reader
	rnd *rand.Rand
}

func (r *randomReader) Read(p []byte) (int, error) {
	return r.r.Read(p[:min(len(p), 1+r.rnd.IntN(5000))])
}

func TestMemoryIsBounded(t *testing.T) {
	c := &cluster{lag: 1 << 30}
	done := make(chan error, 1)
	lines := io.LimitReader(endless{}, 16<<20)
	go func() {
		_, err := run(context.Background(), c, Options{Topic: "t"}, []Input{{Name: "in", R: lines}})
		done <- err
	}()
	// The reader stops when all chunks are on their way: wait until nothing moves.
	for before := -1; ; {
		c.mu.Lock()
		n := len(c.wait)
		c.mu.Unlock()
		if n > 0 && n == before {
			break
		}
		before = n
		select {
		case err := <-done:
			t.Fatalf("all was sent, nothing acknowledged: %v", err)
		case <-time.After(50 * time.Millisecond):
		}
	}
	if c.most > maxChunks*chunkRecords {
		t.Errorf("%d records on their way", c.most)
	}
	c.mu.Lock()
	c.lag = 0
	c.mu.Unlock()
	if err := c.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
		if i%200 == 199 {
			p[i] = '\n'
		}
	}
	return len(p), nil
}

func TestFailures(t *testing.T) {
	tooLarge := func(r *kgo.Record) error {
		if bytes.HasPrefix(r.Value, []byte("large")) {
			return kerr.MessageTooLarge
		}
		return nil
	}
	c := &cluster{fail: tooLarge, lag: 3}
	r, err := run(t.Context(), c, Options{Topic: "t"}, []Input{text("a", "x\n"), text("b", "y\nlarge\nz\nlarge2\n")})
	if r.Records != 3 || r.Failed != 2 || !errors.Is(err, ErrFailed) || !errors.Is(err, kerr.MessageTooLarge) || !strings.Contains(err.Error(), "2 of 5 records failed, the first: b line 2") {
		t.Errorf("records that are too large: %+v, %v", r, err)
	}

	c = &cluster{fail: func(*kgo.Record) error { return kerr.UnknownTopicOrPartition }}
	r, err = run(t.Context(), c, Options{Topic: "t"}, []Input{{Name: "in", R: endless{}}})
	if r.Records != 0 || !errors.Is(err, kerr.UnknownTopicOrPartition) {
		t.Errorf("a missing topic: %+v, %v", r, err)
	}

	c = &cluster{lag: 3}
	r, err = run(t.Context(), c, Options{Topic: "t", KeyDelim: []byte{'\t'}}, []Input{text("a", "k\tv\nk\tw\nno\n")})
	if r.Records != 2 || !errors.Is(err, ErrNoDelimiter) || err.Error() != `a line 3: no key delimiter "\t"` {
		t.Errorf("a line without delimiter: %+v, %v", r, err)
	}

	c = &cluster{}
	envelope := text("a", `{"topic":"t","partition":0,"offset":1,"ts":1,"key":null,"value":"v","headers":[]}`)
	r, err = run(t.Context(), c, Options{Topic: "t", RefuseEnvelopes: true}, []Input{envelope})
	if r.Records != 0 || !errors.Is(err, ErrEnvelope) {
		t.Errorf("an envelope: %+v, %v", r, err)
	}

	broken := errors.New("broken disk")
	c = &cluster{lag: 3}
	r, err = run(t.Context(), c, Options{Topic: "t"}, []Input{{Name: "a", R: io.MultiReader(strings.NewReader("x\ny"), iotest.ErrReader(broken))}})
	if r.Records != 1 || !errors.Is(err, broken) {
		t.Errorf("an input that breaks: %+v, %v", r, err)
	}

	c = &cluster{}
	_, err = run(t.Context(), c, Options{Topic: "t", MaxLine: 1 << 20}, []Input{{Name: "a", R: io.MultiReader(strings.NewReader("x\n"), &zeros{})}})
	if !errors.Is(err, ErrLineTooLong) || !strings.HasPrefix(err.Error(), "a line 2: ") {
		t.Errorf("a line without end: %v", err)
	}
}

type zeros struct{}

func (*zeros) Read(p []byte) (int, error) { return len(p), nil }

// TestInterrupt: what was read is delivered, though the input never ends.
func TestInterrupt(t *testing.T) {
	in, typed := io.Pipe()
	ctx, stop := context.WithCancelCause(t.Context())
	interrupted := fmt.Errorf("interrupted")
	c := &cluster{}
	go func() {
		_, _ = io.WriteString(typed, "one\ntwo\n")
		_, _ = io.WriteString(typed, "thr") // taken once the lines before it are sent
		stop(interrupted)
	}()
	r, err := run(ctx, c, Options{Topic: "t"}, []Input{{Name: "a", R: in}})
	if !errors.Is(err, interrupted) || r.Records != 2 {
		t.Errorf("%+v, %v", r, err)
	}
	typed.Close()
}
