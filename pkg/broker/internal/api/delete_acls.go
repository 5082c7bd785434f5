package api

import (
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// handleDeleteACLs answers DeleteAcls 1-3 of a broker without an authorizer.
func handleDeleteACLs(_ *Service, r *Request, q *kmsg.DeleteACLsRequest) kmsg.Response {
	resp := kmsg.NewPtrDeleteACLsResponse()
	text := noAuthorizer
	for i := range q.Filters {
		f := &q.Filters[i]
		if !aclKnown(f.ResourceType, f.ResourcePatternType, f.Operation, f.PermissionType) {
			r.Close(fmt.Errorf("parse %s request: %w", "DeleteAcls", errUnknownACL))
			return nil
		}
		result := kmsg.NewDeleteACLsResponseResult()
		result.ErrorCode, result.ErrorMessage = kerr.SecurityDisabled.Code, &text
		resp.Results = append(resp.Results, result)
	}
	return resp
}
