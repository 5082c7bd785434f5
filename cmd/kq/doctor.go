package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"kq/internal/cli"
	"kq/internal/client"
	"kq/internal/conf"
	"kq/internal/out"
	"kq/pkg/admin/doctor"
)

func newDoctorCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "find out step by step why a cluster can or cannot be used",
		Long: `Try each step of a connection and tell what came of it and how long it took:
the name resolves (dns), the port answers (tcp), encryption and login agree
(tls, sasl, where they are set up), the server is a Kafka (api-versions), it
names its brokers (metadata). Then the same for each address that the cluster
advertises, since that is where clients are sent. At the first failure: what it
means, and what to do.

Exit code 0: all is well; 1: the cluster was reached, and something is wrong;
4: no bootstrap address works.`,
		Example: `  kq doctor
  kq doctor -b broker-1:9092,broker-2:9092
  kq doctor -b localhost:9092 --dial-map kafka:9092=localhost:9092
  kq doctor -o json`,
		Args: args(0, 0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := a.settings()
			if err != nil {
				return err
			}
			return a.doctor(cmd.Context(), s)
		},
	}
}

func (a *app) doctor(ctx context.Context, s conf.Settings) error {
	o := doctor.Options{Bootstrap: s.Bootstrap, Origin: s.Origin, Map: s.DialMap.Map}
	var err error
	if o.TLS, err = client.TLSConfig(s.Security.TLS); err != nil {
		return err
	}
	if login := s.Security.SASL; login != nil {
		o.SASL = &doctor.SASL{
			Mechanism: login.Mechanism,
			Start: func(ctx context.Context, addr string) ([]byte, func([]byte) (bool, []byte, error), error) {
				return client.StartLogin(ctx, login, addr)
			},
		}
	}
	if s.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, s.Timeout, fmt.Errorf("timed out after %v: %w", s.Timeout, context.DeadlineExceeded))
		defer cancel()
		o.Timeout = s.Timeout / 2 // there are two rounds
	}
	r, err := doctor.Run(ctx, o)
	if err != nil && len(r.Steps) == 0 {
		return err
	}
	if printErr := a.print(r, stepTable(r)); printErr != nil {
		return printErr
	}
	if err != nil {
		return err
	}
	bad := r.FirstFailure()
	if bad == nil {
		a.note("all is well: %s of cluster %s, each reached where it says it is", plural(int64(r.Brokers), "broker"), r.ClusterID)
		return nil
	}
	text := fmt.Errorf("%s at %s: %s", bad.Name, bad.Address, bad.Detail)
	if bad.Broker != nil {
		text = fmt.Errorf("the cluster sends clients to %s for broker %d, which does not work from here: %s: %s", bad.Address, *bad.Broker, bad.Name, bad.Detail)
	}
	e := &cli.Error{Err: text, Next: bad.Hint, Code: cli.CodeFailed}
	if !r.Connected {
		e.Code = cli.CodeConnect
	}
	return e
}

func stepTable(r doctor.Result) out.Table {
	t := out.Table{Columns: out.Cols("STEP", "ADDRESS", "BROKER", "RESULT", ">MS", "DETAIL", "+HINT")}
	for _, s := range r.Steps {
		broker, result := "", "ok"
		if s.Broker != nil {
			broker = fmt.Sprint(*s.Broker)
		}
		if !s.OK {
			result = "FAILED"
		}

		t.Rows = append(t.Rows, []string{
			s.Name, s.Address, broker, result, fmt.Sprintf("%.1f", s.TookMS), s.Detail, s.Hint,
		})
	}
	return t
}
