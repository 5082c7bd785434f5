package streams_test

import (
	"testing"

	"kq/pkg/streams/spec"
)

func TestParseAll(t *testing.T) {
	for name, vs := range suites(t) {
		t.Run(name, func(t *testing.T) {
			for _, v := range vs {
				if _, err := spec.Parse(v.name, v.job, spec.Options{}); err != nil {
					t.Errorf("%s: %v\n%s", v.name, err, v.job)
				}
			}
		})
	}
}
