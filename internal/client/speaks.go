package client

import "context"

// Speaks looks what a server speaks that does not answer Kafka: "TLS", "HTTP",
// or "" when it cannot be told before ctx ends. HTTP over TLS is TLS.
func Speaks(ctx context.Context, addr string) string {
	plain, secure := make(chan kind, 1), make(chan kind, 1)
	go func() { plain <- probeHTTP(ctx, addr) }()
	go func() { secure <- probeTLS(ctx, addr) }()
	if <-secure == kindTLS {
		return "TLS"
	}
	if <-plain == kindHTTP {
		return "HTTP"
	}
	return ""
}
