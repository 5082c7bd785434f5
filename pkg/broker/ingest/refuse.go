package ingest

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// refusal is an answer that is not the one that was hoped for.
type refusal struct {
	code    int
	text    string
	hint    string // what to do
	results []result
}

// Error is the text alone.
func (r *refusal) Error() string { return r.text }

func refuse(code int, hint, format string, args ...any) *refusal {
	return &refusal{code: code, text: fmt.Sprintf(format, args...), hint: hint}
}

const again = "send it again, with the same Idempotency-Key if it had one"

// refused turns an error of the client into an answer.
func refused(err error, topic string) *refusal {
	var r *refusal
	var ke *kerr.Error
	switch {
	case errors.As(err, &r):
		return r
	case errors.Is(err, kerr.MessageTooLarge), errors.Is(err, kerr.RecordListTooLarge):
		return tooLarge(topic)
	case errors.Is(err, kerr.UnknownTopicOrPartition), errors.Is(err, kerr.UnknownTopicID):
		return unknownTopic(topic)
	case errors.Is(err, kerr.InvalidTopicException):
		return refuse(http.StatusBadRequest, "a name has up to 249 letters, digits, dots, underscores and hyphens", "topic %q is no name of a topic, or one that takes no records", clip(topic))
	case errors.Is(err, kerr.TopicAuthorizationFailed), errors.Is(err, kerr.TransactionalIDAuthorizationFailed), errors.Is(err, kerr.ClusterAuthorizationFailed):
		return refuse(http.StatusForbidden, "let the door's user write to it", "append to topic %s: %v", topic, err)
	case errors.Is(err, kerr.InvalidTimestamp):
		return refuse(http.StatusBadRequest, "leave the timestamp out, or see message.timestamp.before.max.ms and message.timestamp.after.max.ms of the topic", "topic %s takes no record of that time", topic)
	case errors.Is(err, kerr.InvalidRecord), errors.Is(err, kerr.CorruptMessage), errors.Is(err, kerr.PolicyViolation), errors.Is(err, kerr.UnsupportedForMessageFormat):
		return refuse(http.StatusBadRequest, "see the topic's configs", "topic %s does not take it: %v", topic, err)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, kgo.ErrRecordTimeout):
		return refuse(http.StatusServiceUnavailable, again, "the cluster did not answer in time: nobody knows whether the records are in topic %s", topic)
	case errors.As(err, &ke):
		return refuse(http.StatusServiceUnavailable, again, "append to topic %s: %v", topic, err)
	}
	return refuse(http.StatusServiceUnavailable, again, "append to topic %s: the cluster cannot be reached: %v", topic, err)
}

func unknownTopic(topic string) *refusal {
	return refuse(http.StatusNotFound, "kq topic create "+clip(topic)+" makes it; auto.create.topics.enable is off", "topic %q does not exist", clip(topic))
}

func tooLarge(topic string) *refusal {
	return refuse(http.StatusRequestEntityTooLarge, "send less at once, or raise max.message.bytes of the topic", "a record, or what goes to one partition, is larger than max.message.bytes of topic %s", topic)
}

// clip shortens what a stranger sent, for an answer.
func clip(s string) string {
	const most = 100
	if len(s) <= most {
		return s
	}
	return s[:most] + "…"
}
