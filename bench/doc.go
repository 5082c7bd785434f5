// Command bench measures kq beside its peers: the same client, the same
// records, the servers as child processes, interleaved in one run.
//
//	go run . -mb 1000 -runs 3
//
// It prints a table of medians with the smallest and largest value, and the
// ratio of the medians. Figures of one machine on one day say little by
// themselves; the ratios of one run do.
//
// It is a module of its own so that the peer does not enter the product's.
package main
