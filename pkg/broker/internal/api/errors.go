package api

import (
	"context"
	"errors"

	"github.com/twmb/franz-go/pkg/kerr"
)

// errorCodes maps the sentinels of the packages below to Kafka's errors. The
// first entry that errors.Is finds wins, so wrappers come before causes.
var errorCodes = []struct {
	err  error
	kerr *kerr.Error
}{
	{context.DeadlineExceeded, kerr.RequestTimedOut},
	{context.Canceled, kerr.RequestTimedOut},
}

// errorOf returns Kafka's error for err: nil for nil, UNKNOWN_SERVER_ERROR for
// what no table knows.
func errorOf(err error) *kerr.Error {
	if err == nil {
		return nil
	}
	var ke *kerr.Error
	if errors.As(err, &ke) {
		return ke
	}
	for _, e := range errorCodes {
		if errors.Is(err, e.err) {
			return e.kerr
		}
	}
	return kerr.UnknownServerError
}

// codeOf returns Kafka's error code for err, 0 for nil.
func codeOf(err error) int16 {
	if ke := errorOf(err); ke != nil {
		return ke.Code
	}
	return 0
}
