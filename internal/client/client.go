package client

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/conf"
)

// ConnectTimeout is how long a cluster has to show that it is one. With the time
// a process takes to start and end it keeps "a dead broker is an error within
// two seconds".
const ConnectTimeout = 1800 * time.Millisecond

// Options is what New takes beside Settings.
type Options struct {
	Version string                           // of kq, told to brokers
	Logf    func(format string, args ...any) // connection talk; nil for none

	// ConnectTimeout is for tests; 0 is the constant of that name.
	ConnectTimeout time.Duration
}

// Client is a kgo client under watch.
type Client struct {
	*kgo.Client
	settings conf.Settings
	watch    *watch
}

// New makes a client. It does not dial. More are kgo options of a producer or a
// consumer; a property that is set goes before them.
func New(s conf.Settings, o Options, more ...kgo.Opt) (*Client, error) {
	if o.ConnectTimeout == 0 {
		o.ConnectTimeout = ConnectTimeout
	}
	if d, set := s.Values.Duration("socket.connection.setup.timeout.ms"); set {
		o.ConnectTimeout = d
	}
	if o.Logf == nil {
		o.Logf = func(string, ...any) {}
	}
	w, err := newWatch(s, o)
	if err != nil {
		return nil, err
	}
	opts := []kgo.Opt{
		kgo.SeedBrokers(s.Bootstrap...),
		kgo.Dialer(w.dial),
		kgo.ClientID("kq"),
		kgo.SoftwareNameAndVersion("kq", SoftwareVersion(o.Version)),
		kgo.DisableClientMetrics(),
		kgo.AlwaysRetryEOF(), // what a closed connection means is the watch's to say
		kgo.MetadataMinAge(250 * time.Millisecond),
		kgo.RetryBackoffFn(w.backoff),
		kgo.WithLogger(Logger(o.Logf)),
	}
	opts = append(append(append(opts, more...), login(s.Security.SASL)...), tuning(s.Values)...)
	cl, err := kgo.NewClient(opts...)
	if err != nil && len(s.Values.Names()) > 0 {
		return nil, &conf.Error{Err: fmt.Errorf("these properties do not go together: %w", err), Next: "kq -X list prints all properties"}
	} else if err != nil {
		return nil, fmt.Errorf("set up client: %w", err)
	}
	return &Client{Client: cl, settings: s, watch: w}, nil
}

// Do runs f with a context that ends when ctx does, when the whole command's
// timeout is over, or when the cluster turns out not to be reachable. The error
// says which.
func (c *Client) Do(ctx context.Context, f func(ctx context.Context) error) error {
	if t := c.settings.Timeout; t > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeoutCause(ctx, t, fmt.Errorf("timed out after %v: %w", t, context.DeadlineExceeded))
		defer stop()
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	c.watch.start(cancel)
	defer c.watch.stop()
	defer context.AfterFunc(ctx, c.watch.interrupted)()
	return c.explain(ctx, f(ctx))
}

// explain finds the reason behind an error of kgo: that of the context where
// it ended, or that of the broker that could not be reached.
func (c *Client) explain(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	var connect *ConnectError
	if errors.As(err, &connect) {
		return err
	}
	if cause := context.Cause(ctx); cause != nil {
		if errors.As(cause, &connect) {
			return connect
		}
		if errors.Is(cause, context.DeadlineExceeded) && !c.watch.reached() {
			return c.watch.diagnosis()
		}
		return cause
	}
	if first := (*kgo.ErrFirstReadEOF)(nil); errors.As(err, &first) && !c.watch.reached() {
		return c.watch.diagnosis()
	}
	if c.settings.Security.SASL != nil && isAuthentication(err) {
		return &ConnectError{
			Text: "cannot log in with " + as(c.settings.Security.SASL) + ": " + err.Error(),
			Next: "check the user, the password and the mechanism",
			Err:  err,
		}
	}
	if dial := (*dialError)(nil); errors.As(err, &dial) {
		return c.watch.unreachable(dial.addr)
	}
	return err
}

func isAuthentication(err error) bool {
	for _, e := range []error{kerr.SaslAuthenticationFailed, kerr.UnsupportedSaslMechanism, kerr.IllegalSaslState} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// backoff between tries of one request: quick at first, since a person waits,
// and quicker while the bootstrap addresses are tried in turn.
func (w *watch) backoff(fails int) time.Duration {
	if !w.ok.Load() {
		return 15 * time.Millisecond
	}
	if fails < 1 {
		return w.firstBackoff
	}
	return min(w.firstBackoff<<min(fails-1, 10), w.mostBackoff)
}

// Logger passes on what a client's kgo warns of, and the watch does not say.
func Logger(logf func(format string, args ...any)) kgo.Logger { return &logger{logf: logf} }

// logger passes kgo's warnings on, as talk.
type logger struct{ logf func(string, ...any) }

func (*logger) Level() kgo.LogLevel { return kgo.LogLevelWarn }

func (l *logger) Log(_ kgo.LogLevel, msg string, keyvals ...any) {
	if strings.HasPrefix(msg, "unable to open connection") {
		return // the watch has said it better
	}
	for i := 0; i+1 < len(keyvals); i += 2 {
		msg += fmt.Sprintf(" %v=%v", keyvals[i], keyvals[i+1])
	}
	l.logf("%s", msg)
}
