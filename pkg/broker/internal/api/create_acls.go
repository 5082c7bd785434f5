package api

import (
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// noAuthorizer is why ACLs are not changed.
const noAuthorizer = "No Authorizer is configured."

// handleCreateACLs answers CreateAcls 1-3 of a broker without an authorizer.
func handleCreateACLs(_ *Service, r *Request, q *kmsg.CreateACLsRequest) kmsg.Response {
	resp := kmsg.NewPtrCreateACLsResponse()
	text := noAuthorizer
	for i := range q.Creations {
		c := &q.Creations[i]
		if !aclKnown(c.ResourceType, c.ResourcePatternType, c.Operation, c.PermissionType) {
			r.Close(fmt.Errorf("parse %s request: %w", "CreateAcls", errUnknownACL))
			return nil
		}
		result := kmsg.NewCreateACLsResponseResult()
		result.ErrorCode, result.ErrorMessage = kerr.SecurityDisabled.Code, &text
		resp.Results = append(resp.Results, result)
	}
	return resp
}
