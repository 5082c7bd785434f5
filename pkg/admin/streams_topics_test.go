package admin_test

import (
	"testing"

	"kq/pkg/admin"
)

func TestInternalTopicOf(t *testing.T) {
	for topic, want := range map[string]bool{
		"app-counts-changelog":                  true,
		"app-counts-repartition":                true,
		"app-counts-changelog-2":                false,
		"app-changelog":                         false,
		"app--changelog":                        false,
		"other-counts-changelog":                false,
		"application-counts-changelog":          false,
		"app-x-subscription-registration-topic": true,
		"app-x-subscription-response-topic":     true,
		"app-KTABLE-FK-JOIN-SUBSCRIPTION-REGISTRATION-0000000006-topic": true,
		"app-KTABLE-FK-JOIN-SUBSCRIPTION-RESPONSE-0000000014-topic":     true,
		"app-KTABLE-FK-JOIN-SUBSCRIPTION-RESPONSE-x-topic":              false,
		"app-output": false,
		"app-":       false,
		"":           false,
	} {
		if got := admin.InternalTopicOf("app", topic); got != want {
			t.Errorf("%s: %t", topic, got)
		}
	}
	if admin.InternalTopicOf("", "-x-changelog") {
		t.Error("an application without a name has topics")
	}
}
