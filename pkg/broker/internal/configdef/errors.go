package configdef

import "errors"

// The sentinels tell the Kafka error code; the text of an error is the text a Kafka client sees.
var (
	// ErrInvalidConfig is INVALID_CONFIG (40).
	ErrInvalidConfig = errors.New("invalid config")
	// ErrInvalidRequest is INVALID_REQUEST (42): what Kafka answers for broker and some client-metrics configs.
	ErrInvalidRequest = errors.New("invalid request")
)

// Error is a refused config. Its text is Kafka's own, without a prefix.
type Error struct {
	kind    error
	Name    string // the config at fault, "" when it is the combination
	Message string
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }

// Is reports whether target is the sentinel of this error.
func (e *Error) Is(target error) bool { return target == e.kind }

func invalid(name, message string) error { return &Error{ErrInvalidConfig, name, message} }

func badRequest(name, message string) error { return &Error{ErrInvalidRequest, name, message} }

// invalidValue has the form of org.apache.kafka.common.config.ConfigException.
func invalidValue(name, value, why string) error {
	return invalid(name, "Invalid value "+value+" for configuration "+name+": "+why)
}

// asRequest turns a refused config into INVALID_REQUEST with the same text, as the broker does for its own configs.
func asRequest(err error) error {
	var e *Error
	if errors.As(err, &e) {
		return badRequest(e.Name, e.Message)
	}
	return err
}
