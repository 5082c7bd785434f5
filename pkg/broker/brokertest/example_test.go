package brokertest_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/broker/brokertest"
)

// copyOrders is the code under test: it copies records from one topic to another.
func copyOrders(ctx context.Context, seed string, n int) error {
	client, err := kgo.NewClient(
		kgo.SeedBrokers(seed),
		kgo.ConsumeTopics("orders"),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
	)
	if err != nil {
		return err
	}
	defer client.Close()
	for copied := 0; copied < n; {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return err
		}
		for _, r := range fetches.Records() {
			if err := client.ProduceSync(ctx, &kgo.Record{Topic: "copies", Value: r.Value}).FirstErr(); err != nil {
				return err
			}
			copied++
		}
	}
	return nil
}

// The test starts a broker with two topics, which stops when the test ends.
func TestCopyOrders(t *testing.T) {
	b := brokertest.Start(t, brokertest.Topics("orders:3", "copies"))
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	client, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()), kgo.DefaultProduceTopic("orders"))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for i := range 10 {
		if err := client.ProduceSync(ctx, kgo.StringRecord(fmt.Sprint("order ", i))).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	b.Crash()   // as kill -9
	b.Restart() // on the same port, with what was acknowledged
	if err := copyOrders(ctx, b.Addr(), 10); err != nil {
		t.Fatal(err)
	}
}

func Example() {
	fmt.Println("go test runs TestCopyOrders")
	// Output: go test runs TestCopyOrders
}
