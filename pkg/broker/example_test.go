package broker_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"kq/pkg/broker"
)

// A broker in this process, in memory, with a client that writes and reads.
func ExampleOpen() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	b, err := broker.Open(ctx, broker.Options{
		Listen: []string{"127.0.0.1:0"},
		Mem:    true,
		Topics: []broker.TopicSpec{{Name: "greetings", Partitions: 1}},
	})
	if err != nil {
		log.Fatal(err)
	}
	client, err := kgo.NewClient(
		kgo.SeedBrokers(b.Addr()),
		kgo.DefaultProduceTopic("greetings"),
		kgo.ConsumeTopics("greetings"),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
	)
	if err != nil {
		log.Fatal(err)
	}
	if err := client.ProduceSync(ctx, kgo.StringRecord("hello"), kgo.StringRecord("world")).FirstErr(); err != nil {
		log.Fatal(err)
	}
	for n := 0; n < 2; {
		client.PollFetches(ctx).EachRecord(func(r *kgo.Record) {
			fmt.Println(r.Offset, string(r.Value))
			n++
		})
	}
	client.Close()
	if err := b.Close(); err != nil {
		log.Fatal(err)
	}
	// Output:
	// 0 hello
	// 1 world
}
