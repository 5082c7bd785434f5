// Package nearest finds what a mistyped name was meant to be, for "did you
// mean" hints.
//
// What flows in: a name and the names there are. What flows out: one of them, or
// nothing. It imports no other package of this module.
package nearest
