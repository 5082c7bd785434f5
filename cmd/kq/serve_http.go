package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/spf13/pflag"
	"github.com/twmb/franz-go/pkg/kgo"

	"kq/internal/cli"
	"kq/internal/when"
	"kq/pkg/broker"
	"kq/pkg/broker/ingest"
)

// httpFlags are the flags of the HTTP door.
type httpFlags struct {
	listen, tokenFile       string
	window, memory, maxBody string
}

func (h *httpFlags) addFlags(f *pflag.FlagSet) {
	f.StringVar(&h.listen, "http", "", "take records on `HOST:PORT`: POST /topics/TOPIC/records")
	f.StringVar(&h.tokenFile, "http-token-file", "", "a `FILE` with the token that --http wants; beyond the loopback it must have one")
	f.StringVar(&h.window, "http-window", "24h", "how `LONG` --http knows an Idempotency-Key")
	f.StringVar(&h.memory, "http-memory", "256MiB", "refuse new keys when those known take `SIZE`")
	f.StringVar(&h.maxBody, "http-max-body", "8MiB", "the `SIZE` of the largest body")
}

// door is the HTTP door of kq serve; nil for none.
type door struct {
	server *ingest.Server
	broker *broker.Broker // set before run
	cancel context.CancelFunc
	done   chan struct{} // closed when err is there
	err    error
}

// open binds the address of the door, which answers when it runs.
func (h *httpFlags) open(log *slog.Logger) (*door, error) {
	if h.listen == "" {
		return nil, nil
	}
	d := &door{}
	o := ingest.Options{Listen: h.listen, TokenFile: h.tokenFile, Logger: log}
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		return d.broker.Dial(ctx, network, address)
	}
	o.Client = []kgo.Opt{kgo.SeedBrokers("localhost"), kgo.Dialer(dial)}
	var err error
	if o.Window, err = when.Duration(h.window); err != nil {
		return nil, cli.Usagef("--http-window %s: %v", h.window, err)
	}
	if o.KeyMemory, err = parseSize(h.memory); err != nil {
		return nil, cli.Usagef("--http-memory %s: %v", h.memory, err)
	}
	if o.MaxBody, err = parseSize(h.maxBody); err != nil {
		return nil, cli.Usagef("--http-max-body %s: %v", h.maxBody, err)
	}
	d.server, err = ingest.Listen(o)
	switch {
	case errors.Is(err, ingest.ErrOptions):
		return nil, cli.WithHint(cli.Usagef("--http: %v", err), "--http localhost:8082 is the loopback; --http-token-file FILE opens the door to others")
	case err != nil:
		return nil, cli.WithHint(fmt.Errorf("--http: %w", err), "use an address of this machine and a port that is free, such as --http localhost:0")
	}
	return d, nil
}

// run opens the door to a broker.
func (d *door) run(b *broker.Broker) {
	if d == nil {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	d.broker, d.cancel, d.done = b, cancel, make(chan struct{})
	go func() {
		defer close(d.done)
		d.err = d.server.Serve(ctx)
	}()
}

// url is where the door is, empty for none.
func (d *door) url() string {
	if d == nil {
		return ""
	}
	return "http://" + d.server.Addr()
}

// broke is closed when the door has closed by itself; never for none.
func (d *door) broke() <-chan struct{} {
	if d == nil {
		return nil
	}
	return d.done
}

// close ends the door, before its broker stops.
func (d *door) close() error {
	if d == nil {
		return nil
	}
	if d.done == nil {
		return d.server.Close()
	}
	d.cancel()
	<-d.done
	return d.err
}

// end closes the door of a broker that is to stop with err, and adds why the door closed by itself.
func (d *door) end(err error) error {
	if e := d.close(); e != nil && !errors.Is(err, e) {
		return errors.Join(err, e)
	}
	return err
}

// readyLine says where the broker is.
func (o *serveOptions) readyLine(b *broker.Broker, d *door, took time.Duration) string {
	where := b.DataDir()
	if o.mem {
		where = "memory"
	}
	line := fmt.Sprintf("kq ready on %s, data in %s, started in %d ms", b.Addr(), where, took.Milliseconds())
	if m := b.MetricsAddr(); m != "" {
		line += ", metrics on http://" + m + "/metrics"
	}
	if d != nil {
		line += ", records on " + d.url()
	}
	return line
}
