// Package admin looks at and changes clusters: topics, their partitions and
// configs, groups and their offsets, brokers, and the logs in a data directory.
//
// What flows in: a context, a *kgo.Client that the caller made and closes, an
// options struct. What flows out: results with json tags, sorted, and an error.
// An error means that the question could not be put; what a cluster says about
// one of several topics is in that topic's result.
//
// It prints nothing and knows no flags. It must not import pkg/broker, except
// logstore for the files of a log, nor the other packages beside it, nor
// internal/{cli,out}.
package admin
