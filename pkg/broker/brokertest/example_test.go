package brokertest_test

import (
	"context"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/broker/brokertest"
)

// A test starts a broker, makes a topic and connects a client. The broker stops
// with the test.
func ExampleStart() {
	_ = func(t *testing.T) {
		b := brokertest.Start(t, brokertest.Topics("orders:3"))
		client, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()))
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		err = client.ProduceSync(context.Background(), kgo.StringRecord("hello")).FirstErr()
		if err != nil {
			t.Fatal(err)
		}
		b.Crash()   // as kill -9
		b.Restart() // recovers what was acknowledged
	}
	// Output:
}
