package doctor

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"kq/internal/client"
)

// visit goes the steps of one address. One goroutine has it.
type visit struct {
	o      Options
	addr   string
	broker *int32 // for an advertised address
	seed   *visit // that named it

	steps    []Step
	conn     *conn
	shake    *client.Handshake  // nil for plain text
	versions map[int16][2]int16 // by key, what the server takes
	meta     *kmsg.MetadataResponse
}

// failure is an error with what it means and what to do.
type failure struct {
	meaning, hint string
	stays         bool // the hint holds for an advertised address too
}

// run takes the steps until one fails.
func (v *visit) run(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, v.o.Timeout)
	defer cancel()
	to := v.o.Map(v.addr)
	host, port, err := net.SplitHostPort(to)
	if err != nil {
		v.fail(StepTCP, 0, failure{meaning: err.Error()})
		return
	}
	ips := []string{host}
	if _, err := netip.ParseAddr(host); err != nil {
		if !v.step(StepDNS, func() (string, *failure) {
			if ips, err = net.DefaultResolver.LookupHost(ctx, host); err != nil {
				return "", failed(v.place(v.o.Timeout).DialFailure(err))
			}
			return host + " is " + strings.Join(ips, ", "), nil
		}) {
			return
		}
	}
	if !v.step(StepTCP, func() (string, *failure) { return v.dial(ctx, ips, port, to) }) {
		return
	}
	defer func() { _ = v.conn.Close() }() // nothing is left to be said on it
	if v.o.TLS != nil && !v.step(StepTLS, func() (string, *failure) { return v.handshake(ctx) }) {
		return
	}
	if !v.step(StepAPIVersions, func() (string, *failure) { return v.askVersions(ctx) }) {
		return
	}
	if v.o.SASL != nil && !v.step(StepSASL, func() (string, *failure) { return v.authenticate(ctx) }) {
		return
	}
	v.step(StepMetadata, func() (string, *failure) { return v.askMetadata(ctx) })
}

// step runs and notes one step.
func (v *visit) step(name string, f func() (string, *failure)) bool {
	begun := time.Now()
	detail, bad := f()
	took := time.Since(begun)
	if bad != nil {
		v.fail(name, took, *bad)
		return false
	}
	v.note(Step{Name: name, OK: true, Detail: detail}, took)
	return true
}

func (v *visit) fail(name string, took time.Duration, f failure) {
	if v.broker != nil && !f.stays {
		f.hint = v.advertisedHint()
	}
	v.note(Step{Name: name, Detail: f.meaning, Hint: f.hint}, took)
}

func (v *visit) note(s Step, took time.Duration) {
	s.Address, s.Broker = v.addr, v.broker
	s.TookMS = float64(took.Round(10*time.Microsecond)) / float64(time.Millisecond)
	v.steps = append(v.steps, s)
}

// dial tries what a name resolves to in turn.
func (v *visit) dial(ctx context.Context, ips []string, port, to string) (string, *failure) {
	var first error
	for i, ip := range ips {
		share := ctx
		if deadline, ok := ctx.Deadline(); ok && i < len(ips)-1 { // the others want their turn
			var cancel context.CancelFunc
			share, cancel = context.WithTimeout(ctx, time.Until(deadline)/time.Duration(len(ips)-i))
			defer cancel()
		}
		c, err := new(net.Dialer).DialContext(share, "tcp", net.JoinHostPort(ip, port))
		if err == nil {
			v.conn = newConn(c)
			detail := "connected to " + c.RemoteAddr().String()
			if to != v.addr {
				detail += ", by --dial-map"
			}
			return detail, nil
		}
		if first == nil {
			first = err
		}
	}
	return "", failed(v.place(v.o.Timeout).DialFailure(first))
}

func (v *visit) handshake(ctx context.Context) (string, *failure) {
	limit := v.o.Timeout * 2 / 3 // the rest is for a look at what it is
	patience, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	v.shake = &client.Handshake{}
	c, err := v.shake.Begin(patience, v.addr, v.conn.Conn, v.o.TLS)
	if err != nil {
		return "", failed(v.place(limit).TLSFailure(ctx, v.shake, err))
	}
	v.conn.Conn = c
	state := c.ConnectionState()
	detail := tls.VersionName(state.Version)
	if len(state.PeerCertificates) > 0 {
		cert := state.PeerCertificates[0]
		detail += fmt.Sprintf(", certificate of %s until %s", certName(cert), cert.NotAfter.UTC().Format(time.DateOnly))
	}
	return detail, nil
}

func (v *visit) askVersions(ctx context.Context) (string, *failure) {
	req := kmsg.NewPtrApiVersionsRequest()
	req.Version, req.ClientSoftwareName, req.ClientSoftwareVersion = 3, "kq", "doctor"
	patience, cancel := context.WithTimeout(ctx, v.o.Timeout*2/3) // the rest is for a look at what it is
	defer cancel()
	got, err := v.conn.ask(patience, req)
	if err != nil {
		return "", v.strangerFailure(ctx, err)
	}
	resp := got.(*kmsg.ApiVersionsResponse)
	if resp.ErrorCode == kerr.UnsupportedVersion.Code {
		req.Version = 0
		if got, err = v.conn.ask(ctx, req); err != nil {
			return "", v.strangerFailure(ctx, err)
		}
		resp = got.(*kmsg.ApiVersionsResponse)
	}
	if err := kerr.ErrorForCode(resp.ErrorCode); err != nil {
		return "", &failure{meaning: "the broker refuses to tell its versions: " + err.Error(), hint: "look at the broker's log"}
	}
	v.versions = map[int16][2]int16{}
	for _, k := range resp.ApiKeys {
		v.versions[k.ApiKey] = [2]int16{k.MinVersion, k.MaxVersion}
	}
	return fmt.Sprintf("a Kafka broker that takes %d kinds of request", len(resp.ApiKeys)), nil
}

func (v *visit) askMetadata(ctx context.Context) (string, *failure) {
	req := kmsg.NewPtrMetadataRequest()
	req.Topics = []kmsg.MetadataRequestTopic{} // none: it is about brokers
	v.pick(req, 8)
	got, err := v.conn.ask(ctx, req)
	if err != nil {
		return "", v.metadataFailure(ctx, err)
	}
	resp := got.(*kmsg.MetadataResponse)
	if len(resp.Brokers) == 0 {
		return "", &failure{meaning: "the cluster names no broker: it may be starting", hint: "wait a little, or look at the broker's log"}
	}
	v.meta = resp
	if v.seed != nil {
		if v.clusterID() != v.seed.clusterID() {
			v.meta = nil
			return "", &failure{meaning: fmt.Sprintf("another cluster answers there (%s)", show(resp.ClusterID))}
		}
		return "the same cluster", nil
	}
	n := "1 broker"
	if len(resp.Brokers) > 1 {
		n = fmt.Sprintf("%d brokers", len(resp.Brokers))
	}
	return fmt.Sprintf("cluster %s, %s, controller %d", show(resp.ClusterID), n, resp.ControllerID), nil
}

// pick sets the version of a request: the highest that both sides know, not
// above most, the last that is not flexible.
func (v *visit) pick(req kmsg.Request, most int16) {
	req.SetVersion(min(most, req.MaxVersion(), v.versions[req.Key()][1]))
}

func (v *visit) clusterID() string {
	if v.meta == nil || v.meta.ClusterID == nil {
		return ""
	}
	return *v.meta.ClusterID
}

func show(s *string) string {
	if s == nil {
		return "without an id"
	}
	return *s
}
