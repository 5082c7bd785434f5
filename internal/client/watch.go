package client

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"kq/internal/conf"
)

// watch follows the connections of one client until a broker has answered, and
// ends the command's context when none will.
type watch struct {
	settings conf.Settings
	limit    time.Duration // from the first dial to the first answer
	perDial  time.Duration // for one address, so that the next one has its turn
	logf     func(string, ...any)
	tls      *tls.Config // nil for plain text
	family   string      // of the addresses to dial: "", "4" or "6"

	firstBackoff, mostBackoff time.Duration

	// life ends when nothing is worth waiting for any more: with it end the dials
	// that are under way, and no more are made.
	life context.Context
	kill context.CancelFunc

	// ok is set once an address has carried a conversation.
	ok atomic.Bool

	mu     sync.Mutex
	cancel context.CancelCauseFunc // guarded by mu; nil outside Do
	timer  *time.Timer             // guarded by mu; runs from the first dial
	until  time.Time               // guarded by mu; no giving up before, since something came of it
	open   map[*conn]struct{}      // guarded by mu; connections without an answer yet
	hosts  map[string]*host        // guarded by mu; by the address kgo dials
}

// host is what is known of one address. Guarded by watch.mu.
type host struct {
	seed     bool
	ok       bool
	failures int
	since    time.Time // of the first failure
	why      reason    // of the last failure, or of what it waits for
	probed   bool
}

func newWatch(s conf.Settings, o Options) (*watch, error) {
	w := &watch{
		firstBackoff: 50 * time.Millisecond,
		mostBackoff:  2 * time.Second,
		settings:     s,
		limit:        o.ConnectTimeout,
		perDial:      2 * o.ConnectTimeout,
		logf:         o.Logf,
		hosts:        map[string]*host{},
		open:         map[*conn]struct{}{},
	}
	var err error
	if w.tls, err = TLSConfig(s.Security.TLS); err != nil {
		return nil, err
	}
	if d, set := s.Values.Duration("retry.backoff.ms"); set {
		w.firstBackoff, w.mostBackoff = d, max(d, w.mostBackoff)
	}
	if d, set := s.Values.Duration("retry.backoff.max.ms"); set {
		w.mostBackoff = d
	}
	w.family = strings.TrimLeft(strings.TrimPrefix(s.Values.Text("broker.address.family"), "any"), "v")
	w.life, w.kill = context.WithCancel(context.Background())
	if n := len(s.Bootstrap); n > 1 {
		w.perDial = max(o.ConnectTimeout*9/10/time.Duration(n), o.ConnectTimeout/6)
	}
	for _, addr := range s.Bootstrap {
		w.hosts[addr] = &host{seed: true}
	}
	return w, nil
}

// start lets the watch end a context.
func (w *watch) start(cancel context.CancelCauseFunc) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cancel = cancel
}

// interrupted is called when the command's context has ended. kgo opens its
// connections in a context of its own and would wait for them to the end.
func (w *watch) interrupted() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.ok.Load() {
		w.abandon()
	}
}

// stop ends the watching.
func (w *watch) stop() {
	w.interrupted()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cancel = nil
	if w.timer != nil {
		w.timer.Stop()
		w.timer = nil
	}
}

// abandon closes what is still open and dials no more. The caller holds mu.
func (w *watch) abandon() {
	w.kill()
	for c := range w.open {
		_ = c.Conn.Close()
	}
}

// reached tells whether any broker has answered yet.
func (w *watch) reached() bool { return w.ok.Load() }

// dial is kgo's dialer.
func (w *watch) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	if err := w.skip(addr); err != nil {
		return nil, err
	}
	w.dialing(addr)
	to := w.settings.DialMap.Map(addr)
	if to != addr {
		w.logf("dial %s in place of %s", to, addr)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(w.life, cancel)()
	limit := min(w.perDial, w.limit) // for TCP, and for TLS again
	c, err := (&net.Dialer{Timeout: limit}).DialContext(ctx, network+w.family, to)
	if err != nil {
		return nil, w.dialFailed(addr, err, dialReason(err, limit))
	}
	w.logf("connected to %s (%s)", to, c.RemoteAddr())
	if w.tls == nil {
		return w.follow(addr, c, nil), nil
	}
	w.waitsFor(addr, kindTLSSilent)
	shake := &handshake{}
	timed, stop := context.WithTimeout(ctx, limit)
	defer stop()
	secure, err := w.encrypt(timed, addr, c, shake)
	if err != nil {
		_ = c.Close()
		return nil, w.dialFailed(addr, err, shake.reason(err, limit))
	}
	w.progress()
	return w.follow(addr, secure, shake), nil
}

// dialFailed notes a dial that came to nothing, unless the command is over: then
// it tells nothing of the address.
func (w *watch) dialFailed(addr string, err error, why reason) error {
	if w.life.Err() != nil {
		return err
	}
	w.failed(addr, why)
	e := &dialError{addr: addr, err: err}
	w.logf("%v", e)
	return e
}

// dialError keeps the address as the cluster names it beside the error of the
// address that was dialled.
type dialError struct {
	addr string
	err  error
}

func (e *dialError) Error() string {
	cause := e.err
	if op := (*net.OpError)(nil); errors.As(cause, &op) {
		cause = op.Err // the rest of its text is the address once more
	}
	return "dial " + e.addr + ": " + cause.Error()
}

func (e *dialError) Unwrap() error { return e.err }

// dialing notes that an address is tried, and starts the clock at the first.
func (w *watch) dialing(addr string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.hosts[addr] == nil {
		w.hosts[addr] = &host{}
	}
	if w.timer == nil && w.cancel != nil && !w.ok.Load() {
		begun := time.Now()
		w.timer = time.AfterFunc(w.limit/3, func() { w.late(begun) })
	}
}

// late runs when a third of the time is over: it looks what a silent server
// speaks, and gives up at the end.
func (w *watch) late(begun time.Time) {
	if w.ok.Load() {
		return
	}
	w.probeSilent(begun.Add(w.limit * 19 / 20))
	if len(w.settings.Bootstrap) == 1 && w.foreign() {
		w.giveUp() // nothing else can come
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer != nil {
		w.timer = time.AfterFunc(time.Until(begun.Add(w.limit)), w.giveUp)
	}
}

// foreign tells that the first bootstrap address was found to speak something else.
func (w *watch) foreign() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.hosts[w.settings.Bootstrap[0]].why.foreign()
}

func (w *watch) giveUp() {
	if w.ok.Load() {
		return
	}
	w.mu.Lock()
	rest := time.Until(w.until)
	if rest > 0 && w.timer != nil {
		w.timer = time.AfterFunc(rest, w.giveUp)
	}
	w.mu.Unlock()
	if rest <= 0 {
		w.end(w.diagnosis())
	}
}

// progress gives a server that takes part in TLS or a login the whole time again:
// they take more ways to and fro than a far one has time for otherwise.
func (w *watch) progress() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.until = time.Now().Add(w.limit)
}

// probeSilent looks what the bootstrap addresses speak that took a connection
// and gave no answer.
func (w *watch) probeSilent(deadline time.Time) {
	w.mu.Lock()
	silent := map[string]kind{}
	for _, addr := range w.settings.Bootstrap {
		if h := w.hosts[addr]; !h.probed && h.why.dark() {
			h.probed = true
			silent[addr] = h.why.kind
		}
	}
	w.mu.Unlock()
	var probes sync.WaitGroup
	for addr, was := range silent {
		probes.Go(func() { w.probe(addr, was, deadline) })
	}
	probes.Wait()
}

// opened notes that a connection stands and its first answer is due.
func (w *watch) opened(c *conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waitsForLocked(c.addr, kindSilent)
	w.open[c] = struct{}{}
}

// waitsFor notes what is due of an address: k is what is wrong if it never comes.
func (w *watch) waitsFor(addr string, k kind) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waitsForLocked(addr, k)
}

func (w *watch) waitsForLocked(addr string, k kind) {
	if h := w.hosts[addr]; h.failures == 0 && !h.why.foreign() {
		h.why = reason{kind: k}
	}
}

// closed forgets a connection that is watched no more.
func (w *watch) closed(c *conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.open, c)
}

// answered notes that addr has carried a conversation.
func (w *watch) answered(addr string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hosts[addr].ok = true
	w.ok.Store(true)
	if w.timer != nil {
		w.timer.Stop()
	}
}

// failed notes that addr could not be talked to, and ends the command's context
// if that was the last hope.
func (w *watch) failed(addr string, why reason) {
	w.mu.Lock()
	h := w.hosts[addr]
	if h.failures == 0 {
		h.since = time.Now()
	}
	h.failures++
	// What a probe found out is worth more than a second failure's symptom.
	if !h.why.foreign() {
		h.why = why
	}
	over, lost := w.seedsOver(), w.advertisedLost(addr)
	w.mu.Unlock()
	switch {
	case over:
		w.probeSilent(time.Now().Add(w.limit / 4))
		w.end(w.diagnosis())
	case lost:
		w.end(w.unreachable(addr))
	}
}

// seedsOver tells that no bootstrap address has answered and none is left to
// try. The caller holds mu.
func (w *watch) seedsOver() bool {
	if w.ok.Load() {
		return false
	}
	for _, seed := range w.settings.Bootstrap {
		if w.hosts[seed].failures == 0 {
			return false
		}
	}
	return true
}

// advertisedLost tells that the cluster was reached through a bootstrap address
// but the brokers it names cannot be. One that works proves that they can: then
// what fails is a broker that is down, which is kgo's to retry. The caller holds mu.
func (w *watch) advertisedLost(addr string) bool {
	h := w.hosts[addr]
	if !w.ok.Load() || h.seed || h.ok {
		return false
	}
	for _, other := range w.hosts {
		if other.ok && !other.seed {
			return false
		}
	}
	return h.why.kind == kindDNS || h.why.certificate() || time.Since(h.since) >= w.limit*3/4
}

// skip refuses to dial where it would only cost time: when the watch has given
// up, and where addr has failed while another bootstrap address was not tried
// yet. kgo takes net.ErrClosed for a reason to try again, perhaps elsewhere.
func (w *watch) skip(addr string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	h := w.hosts[addr]
	failedBefore := h != nil && h.seed && h.failures > 0 && !w.ok.Load() && !w.seedsOver()
	if w.life.Err() != nil || failedBefore {
		return fmt.Errorf("%s is not dialled again: %w", addr, net.ErrClosed)
	}
	return nil
}

// end gives up: it ends the command's context and closes what is still open, so
// that nothing waits for an answer any more.
func (w *watch) end(err *ConnectError) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cancel == nil {
		return
	}
	w.cancel(err)
	w.abandon()
}

// reachedSeed is a bootstrap address that works. Guarded by mu, held.
func (w *watch) reachedSeed() string {
	i := slices.IndexFunc(w.settings.Bootstrap, func(a string) bool { return w.hosts[a].ok })
	if i < 0 {
		return w.settings.Bootstrap[0]
	}
	return w.settings.Bootstrap[i]
}
