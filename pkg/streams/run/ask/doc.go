// Package ask holds what the requests of a streams application to its brokers
// have in common: they are gathered by topic, and asked again after a pause where
// that may help.
//
// In go partitions and questions; out come groups of partitions and answers. It
// imports nothing of the module.
package ask
