// Package when reads the moments of the command line: the TIME of --from @TIME,
// --to @TIME, --before @TIME and --at @TIME.
//
// What flows in: a word and the present. What flows out: a time.Time. It reads
// no clock and imports no other package of this module.
package when
