package admin

import (
	"regexp"
	"strings"
)

// foreignKeyTopic is a topic of a foreign-key join without a name of its own.
var foreignKeyTopic = regexp.MustCompile(`-KTABLE-FK-JOIN-SUBSCRIPTION-(REGISTRATION|RESPONSE)-\d+-topic$`)

// InternalTopicOf tells that a topic has the name of one that a streams
// application makes for itself: changelogs, repartition topics and those of
// foreign-key joins (Kafka's StreamsResetter). A topic of an application x-y has
// the form of one of x too.
func InternalTopicOf(app, topic string) bool {
	rest, ok := strings.CutPrefix(topic, app+"-")
	if !ok || app == "" {
		return false
	}
	for _, end := range []string{"-changelog", "-repartition", "-subscription-registration-topic", "-subscription-response-topic"} {
		if name, ok := strings.CutSuffix(rest, end); ok && name != "" {
			return true
		}
	}
	return foreignKeyTopic.MatchString("-" + rest)
}
