package meta

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// maxTopicName is the longest name of a topic: its directory, with a partition
// number behind it, must fit a file name.
const maxTopicName = 249

// CheckTopicName returns the text with which Kafka refuses a topic name
// (org.apache.kafka.common.internals.Topic.validate), "" for a good one.
func CheckTopicName(name string) string {
	switch {
	case name == "":
		return "Topic name is invalid: the empty string is not allowed"
	case name == "." || name == "..":
		return fmt.Sprintf("Topic name is invalid: '%s' is not allowed", name)
	case utf8.RuneCountInString(name) > maxTopicName:
		return fmt.Sprintf("Topic name is invalid: the length of '%s' is longer than the max allowed length %d", name, maxTopicName)
	}
	for i := range len(name) {
		switch c := name[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '.', c == '_', c == '-':
		default:
			return fmt.Sprintf("Topic name is invalid: '%s' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'", name)
		}
	}
	return ""
}

// HasCollisionChars says that a topic name may collide with another one in
// Kafka's metric names, where a dot becomes an underscore.
func HasCollisionChars(name string) bool { return strings.ContainsAny(name, "._") }

// MetricName is what collides: the name with its dots as underscores.
func MetricName(name string) string { return strings.ReplaceAll(name, ".", "_") }
