// Package properties reads and writes the files of java.util.Properties: the
// client.properties of Kafka's tools and the server.properties of its brokers.
//
// What flows in: a reader, or properties. What flows out: properties in the
// order of the file, each with its line, or bytes. It knows no key and gives no
// value a meaning: internal/conf does so for clients, configdef for brokers.
//
// What it does is what Java 17 does: testdata holds what java.util.Properties
// made of the same bytes (pkg/broker/internal/configdef/testdata/Goldens.java
// prints it). It stands alone.
package properties
