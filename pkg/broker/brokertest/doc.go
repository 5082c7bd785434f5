// Package brokertest starts brokers in tests: a real Kafka to the code under
// test, in this process and within milliseconds.
//
//	func TestOrders(t *testing.T) {
//		b := brokertest.Start(t)
//		b.Topic("orders", 3)
//		client, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()))
//		…
//	}
//
// A broker keeps its data in memory, or with [OnDisk] in a directory of the test,
// and stops when the test ends. [Broker.Crash] and [Broker.Restart] show what
// code does when its broker goes away and comes back.
//
// The package imports package broker and no client.
package brokertest
