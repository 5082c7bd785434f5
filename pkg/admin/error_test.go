package admin

import (
	"errors"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
)

func TestItemErrors(t *testing.T) {
	if e := itemError(nil, "x"); e != nil {
		t.Error(e)
	}
	said := "Topic 'a' already exists."
	for _, row := range []struct {
		err     error
		message string
		code    int16
		want    string
	}{
		{kerr.TopicAlreadyExists, said, 36, said},
		{kerr.InvalidPartitions, "", 37, kerr.InvalidPartitions.Description + " (INVALID_PARTITIONS)"},
		{kerr.TopicAuthorizationFailed, "Authorization failed.", 29, "no permission (TOPIC_AUTHORIZATION_FAILED)"},
		{&kadm.AuthError{Err: kerr.ClusterAuthorizationFailed}, "", 31, "no permission (CLUSTER_AUTHORIZATION_FAILED)"},
		{errors.New("unknown broker"), "", -1, "unknown broker"},
	} {
		if e := itemError(row.err, row.message); e.Code != row.code || e.Message != row.want || !errors.Is(e, row.err) {
			t.Errorf("%v: %+v", row.err, e)
		}
	}
	if e := codeError(0, &said); e != nil {
		t.Error(e)
	}
}
