package admin

import (
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
)

// ErrOptions is an options struct whose Validate found a mistake.
var ErrOptions = errors.New("invalid options")

// Error is what a cluster answered about one item.
type Error struct {
	Code    int16  `json:"code"`    // Kafka's error code, -1 for what is not one
	Name    string `json:"name"`    // Kafka's name of it, as TOPIC_ALREADY_EXISTS
	Message string `json:"message"` // for people

	err error
}

func (e *Error) Error() string { return e.Message }

// Unwrap makes the code one that can be asked for; of a nil Error too, which is
// what an item without an error has.
func (e *Error) Unwrap() error {
	if e == nil {
		return nil
	}
	return e.err
}

// itemError makes an Error of what kadm returns for an item; nil stays nil. The
// broker's own message is better than the general one of the code.
func itemError(err error, message string) *Error {
	if err == nil {
		return nil
	}
	e := &Error{Code: -1, Name: "UNKNOWN_SERVER_ERROR", Message: message, err: err}
	var kafka *kerr.Error
	if errors.As(err, &kafka) {
		e.Code, e.Name = kafka.Code, kafka.Message
		if denied(err) {
			e.Message = "no permission (" + kafka.Message + ")"
		} else if message == "" {
			e.Message = fmt.Sprintf("%s (%s)", kafka.Description, kafka.Message)
		}
	}
	if e.Message == "" {
		e.Message = err.Error()
	}
	return e
}

// codeError makes an Error of an answer's code and message; 0 is none.
func codeError(code int16, message *string) *Error {
	text := ""
	if message != nil {
		text = *message
	}
	return itemError(kerr.ErrorForCode(code), text)
}

// denied tells that it is the right to do something that lacks.
func denied(err error) bool {
	for _, e := range []error{
		kerr.ClusterAuthorizationFailed, kerr.TopicAuthorizationFailed, kerr.GroupAuthorizationFailed,
		kerr.TransactionalIDAuthorizationFailed, kerr.DelegationTokenAuthorizationFailed,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// isPartial tells that some brokers answered and some did not.
func isPartial(err error) bool {
	var shards *kadm.ShardErrors
	return errors.As(err, &shards) && !shards.AllFailed
}
