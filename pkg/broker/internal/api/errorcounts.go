package api

import (
	"reflect"
	"sync/atomic"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// firstCode and lastCode are the lowest and the highest error code that is
// counted; what lies beyond counts as the lowest.
const (
	firstCode = -1 // UNKNOWN_SERVER_ERROR
	lastCode  = 254
)

// ErrorCounts counts the error codes in answers. A nil *ErrorCounts counts
// nothing.
type ErrorCounts struct {
	n [lastCode - firstCode + 1]atomic.Int64
}

// Add counts one error; code 0 is none.
func (c *ErrorCounts) Add(code int16) {
	if c == nil || code == 0 {
		return
	}
	if code < firstCode || code > lastCode {
		code = firstCode
	}
	c.n[code-firstCode].Add(1)
}

// Each calls f for each error that occurred, by code.
func (c *ErrorCounts) Each(f func(code int16, n int64)) {
	for i := range c.n {
		if n := c.n[i].Load(); n > 0 {
			f(int16(i+firstCode), n)
		}
	}
}

// addAll counts the error codes anywhere in an answer. It looks for them by
// reflection, which only answers of cold APIs see, and only when counts are
// asked for.
func (c *ErrorCounts) addAll(resp kmsg.Response) {
	if c != nil {
		c.walk(reflect.ValueOf(resp).Elem())
	}
}

func (c *ErrorCounts) walk(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			switch f := v.Type().Field(i); {
			case f.Name == "ErrorCode" && f.Type.Kind() == reflect.Int16:
				c.Add(int16(v.Field(i).Int()))
			case f.IsExported():
				c.walk(v.Field(i))
			}
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Struct {
			for i := range v.Len() {
				c.walk(v.Index(i))
			}
		}
	}
}
