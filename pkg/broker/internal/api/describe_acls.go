package api

import (
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// handleDescribeACLs answers DescribeAcls 1-3 of a broker without an authorizer.
func handleDescribeACLs(_ *Service, r *Request, q *kmsg.DescribeACLsRequest) kmsg.Response {
	if !aclKnown(q.ResourceType, q.ResourcePatternType, q.Operation, q.PermissionType) {
		r.Close(fmt.Errorf("parse %s request: %w", "DescribeAcls", errUnknownACL))
		return nil
	}
	resp := kmsg.NewPtrDescribeACLsResponse()
	text := "No Authorizer is configured on the broker"
	resp.ErrorCode, resp.ErrorMessage = kerr.SecurityDisabled.Code, &text
	return resp
}

// errUnknownACL: Kafka does not parse requests about what it has no name for, and
// closes the connection.
var errUnknownACL = errors.New("unknown resource type, pattern type, operation or permission type")

// aclKnown says that the values mean something: 0 stands for unknown.
func aclKnown(resource kmsg.ACLResourceType, pattern kmsg.ACLResourcePatternType, op kmsg.ACLOperation, permission kmsg.ACLPermissionType) bool {
	const lastResource, lastPattern, lastOperation, lastPermission = 7, 4, 15, 3
	return resource > 0 && resource <= lastResource && pattern > 0 && pattern <= lastPattern &&
		op > 0 && op <= lastOperation && permission > 0 && permission <= lastPermission
}
