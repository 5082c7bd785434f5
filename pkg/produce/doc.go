// Package produce writes records to a topic.
//
// What flows in: a context, a *kgo.Client made with DefaultClientOptions and
// Options.ClientOptions, Options, and inputs: of lines, of records as
// internal/format prints them, or a record each. What flows out: records,
// acknowledged by the cluster before Run returns, and a Result that counts them.
//
// Input is read in large chunks that the records alias; a chunk is used again
// when all its records are acknowledged, and reading waits while too much is on
// its way, so that memory stays bounded whatever the input is.
//
// It must not import pkg/broker, the packages beside it, or internal/{cli,out}.
package produce
