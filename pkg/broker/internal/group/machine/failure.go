package machine

import (
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
)

// Failure is an error with the text that clients show.
type Failure struct {
	Err     *kerr.Error
	Message string
}

// Fail makes a Failure.
func Fail(err *kerr.Error, format string, args ...any) *Failure {
	return &Failure{err, fmt.Sprintf(format, args...)}
}
