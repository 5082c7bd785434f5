// Package spectest runs the tests that stand in a job file: records go into the
// job without a broker, and what comes out is compared.
//
// In go a parsed job and its topology with the codecs of its topics and stores;
// out comes a result for each test, with the place of each expectation that does
// not hold and a diff. It imports spec, driver and what lies below.
package spectest
