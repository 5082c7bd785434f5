package broker

import (
	"context"
	"fmt"
	"net"

	"kq/pkg/broker/internal/memconn"
)

// Dial connects to the broker without a socket: for clients in this process, such
// as kgo's with the option kgo.Dialer. The address is not looked at, so that
// what the broker tells other clients to connect to does not matter. The
// connection counts for max.connections, which it waits for until ctx ends. The
// error is net.ErrClosed when the broker stops.
func (b *Broker) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	if err := b.server.takePlace(ctx); err != nil {
		return nil, fmt.Errorf("connect to broker: %w", err)
	}
	client, server := memconn.Pair()
	if !b.server.add(server) {
		return nil, fmt.Errorf("connect to broker: %w", net.ErrClosed)
	}
	return client, nil
}
