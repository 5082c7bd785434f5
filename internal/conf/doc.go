// Package conf decides which cluster a command talks to and how: flag before
// KQ_* environment before profile before the default, localhost:9092.
//
// docs/connect.md has the rules. The centre is one table of client properties, with the names of Java's client
// and of librdkafka. A property comes from -X, from a .properties file, from
// KQ_ and its name, or from a profile. What a value means to kgo is package
// client's to say.
//
// What flows in: the values of flags that were given and a way to read the
// environment; files: that of the profiles, those of properties. What flows out:
// Settings, checked, without the certificates they name. Mistakes are *Error,
// with the place and what to do. It dials nothing and imports no package of this
// module but nearest.
package conf
