// Package grouptest is what the tests of the group machines stand on: topics that
// change ([Image]), a clock whose timers a test lets run out ([Clock]), and the
// recorded answers of Kafka's assignors ([Golden]).
//
// It must not import a machine: each brings its own driver.
package grouptest
