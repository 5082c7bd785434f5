// Package golden compares what a test got with a file beside it, testdata/golden/NAME,
// and writes that file instead when the test runs with -update.
//
// It is for tests alone and imports nothing of this module.
package golden
