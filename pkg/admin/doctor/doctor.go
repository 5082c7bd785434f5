package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"
)

// ErrOptions is an options struct whose Validate found a mistake.
var ErrOptions = errors.New("invalid options")

// DefaultTimeout is what an address has for all its steps. With the time of a
// second round, for the addresses advertised, a command stays below four seconds.
const DefaultTimeout = 1500 * time.Millisecond

// Options is what to examine.
type Options struct {
	Bootstrap []string                 // HOST:PORT of the brokers to ask first, at least one
	Origin    string                   // where they were given, for hints, as "--bootstrap"
	Map       func(addr string) string // the address to dial for one that is named; nil for itself
	TLS       *tls.Config              // nil for plain text; the server name is that of the address
	SASL      *SASL                    // nil for none
	Timeout   time.Duration            // for all steps of an address; 0 is DefaultTimeout
}

// SASL is an authentication exchange.
type SASL struct {
	Mechanism string // as SCRAM-SHA-256

	// Start begins an exchange with the server at addr: the first message and
	// what answers each challenge, done when nothing is left to say.
	Start func(ctx context.Context, addr string) (first []byte, answer func(challenge []byte) (done bool, message []byte, err error), err error)
}

// Validate finds mistakes.
func (o Options) Validate() error {
	if len(o.Bootstrap) == 0 {
		return fmt.Errorf("%w: no address", ErrOptions)
	}
	for _, addr := range o.Bootstrap {
		if _, _, err := net.SplitHostPort(addr); err != nil {
			return fmt.Errorf("%w: %w", ErrOptions, err)
		}
	}
	if o.Timeout < 0 {
		return fmt.Errorf("%w: a negative timeout", ErrOptions)
	}
	if o.SASL != nil && o.SASL.Start == nil {
		return fmt.Errorf("%w: SASL without a start", ErrOptions)
	}
	return nil
}

// The names of steps, in the order they are taken.
const (
	StepDNS         = "dns"
	StepTCP         = "tcp"
	StepTLS         = "tls"
	StepAPIVersions = "api-versions"
	StepSASL        = "sasl"
	StepMetadata    = "metadata"
)

// Step is one step at one address.
type Step struct {
	Name    string  `json:"step"`
	Address string  `json:"address"` // HOST:PORT as given or advertised
	Broker  *int32  `json:"broker"`  // whose advertised address it is; nil for a bootstrap address
	OK      bool    `json:"ok"`
	Detail  string  `json:"detail"`  // what was found, or what the failure means
	Hint    string  `json:"hint"`    // what to do about a failure
	TookMS  float64 `json:"took_ms"` // milliseconds
}

// Result is what an examination found.
type Result struct {
	OK        bool   `json:"ok"`        // every step is
	Connected bool   `json:"connected"` // a bootstrap address went all its steps
	ClusterID string `json:"cluster_id"`
	Brokers   int    `json:"brokers"` // that the cluster names
	Steps     []Step `json:"steps"`   // by address: bootstrap, then advertised
}

// FirstFailure is the first step that failed, nil when none did.
func (r Result) FirstFailure() *Step {
	for i := range r.Steps {
		if !r.Steps[i].OK {
			return &r.Steps[i]
		}
	}
	return nil
}

// Run examines a cluster. An error means that it could not begin, or that ctx
// ended; what is wrong with the cluster is in the result.
func Run(ctx context.Context, o Options) (Result, error) {
	if err := o.Validate(); err != nil {
		return Result{}, err
	}
	if o.Timeout == 0 {
		o.Timeout = DefaultTimeout
	}
	if o.Map == nil {
		o.Map = func(addr string) string { return addr }
	}
	seeds := make([]*visit, len(o.Bootstrap))
	for i, addr := range o.Bootstrap {
		seeds[i] = &visit{o: o, addr: addr}
	}
	visitAll(ctx, seeds)
	var r Result
	var first *visit
	for _, v := range seeds {
		if v.meta == nil {
			continue
		}
		switch {
		case first == nil:
			first = v
		case v.clusterID() != first.clusterID():
			v.otherCluster(first)
		}
	}
	all := seeds
	if first != nil {
		r.Connected, r.ClusterID, r.Brokers = true, first.clusterID(), len(first.meta.Brokers)
		advertised := first.advertised()
		visitAll(ctx, advertised)
		all = append(all, advertised...)
	}
	for _, v := range all {
		r.Steps = append(r.Steps, v.steps...)
	}
	r.OK = r.FirstFailure() == nil
	return r, context.Cause(ctx)
}

func visitAll(ctx context.Context, all []*visit) {
	var wait sync.WaitGroup
	for _, v := range all {
		wait.Go(func() { v.run(ctx) })
	}
	wait.Wait()
}

// advertised are visits to the addresses that the cluster names, by broker.
func (v *visit) advertised() []*visit {
	var all []*visit
	for _, b := range v.meta.Brokers {
		id := b.NodeID
		all = append(all, &visit{
			o: v.o, addr: net.JoinHostPort(b.Host, strconv.Itoa(int(b.Port))), broker: &id, seed: v,
		})
	}
	slices.SortFunc(all, func(a, b *visit) int { return int(*a.broker) - int(*b.broker) })
	return all
}
