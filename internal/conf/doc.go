// Package conf decides which cluster a command talks to and how: flag before
// KQ_* environment before the default, localhost:9092.
//
// What flows in: the values of flags that were given and a way to read the
// environment. What flows out: Settings, checked. It opens nothing and imports
// no other package of this module.
package conf
