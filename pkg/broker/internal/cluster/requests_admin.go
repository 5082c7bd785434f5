package cluster

import (
	"context"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// ElectLeaders makes preferred replicas leaders, or, as an unclean election, any
// that is alive.
func (c *Controller) ElectLeaders(ctx context.Context, q *kmsg.ElectLeadersRequest) *kmsg.ElectLeadersResponse {
	return run(ctx, c, q, (*stepper).electLeaders, func(resp *kmsg.ElectLeadersResponse, why *refusal) {
		resp.ErrorCode = why.err.Code
		for i := range resp.Topics {
			for j := range resp.Topics[i].Partitions {
				if p := &resp.Topics[i].Partitions[j]; p.ErrorCode == 0 {
					why.fill(&p.ErrorCode, &p.ErrorMessage)
				}
			}
		}
	})
}

// AlterPartitionAssignments changes the replicas of partitions.
func (c *Controller) AlterPartitionAssignments(ctx context.Context, q *kmsg.AlterPartitionAssignmentsRequest) *kmsg.AlterPartitionAssignmentsResponse {
	return run(ctx, c, q, (*stepper).alterReassignments, func(resp *kmsg.AlterPartitionAssignmentsResponse, why *refusal) {
		why.fill(&resp.ErrorCode, &resp.ErrorMessage)
		resp.Topics = nil
	})
}

// UpdateFeatures changes the levels of features.
func (c *Controller) UpdateFeatures(ctx context.Context, q *kmsg.UpdateFeaturesRequest) *kmsg.UpdateFeaturesResponse {
	return run(ctx, c, q, (*stepper).updateFeatures, func(resp *kmsg.UpdateFeaturesResponse, why *refusal) {
		why.fill(&resp.ErrorCode, &resp.ErrorMessage)
		resp.Results = nil
	})
}

// UnregisterBroker forgets a broker.
func (c *Controller) UnregisterBroker(ctx context.Context, q *kmsg.UnregisterBrokerRequest) *kmsg.UnregisterBrokerResponse {
	return run(ctx, c, q, c.unregisterBroker, func(resp *kmsg.UnregisterBrokerResponse, why *refusal) {
		why.fill(&resp.ErrorCode, &resp.ErrorMessage)
	})
}

// AlterUserSCRAMCredentials sets and removes what SCRAM logins are checked with.
func (c *Controller) AlterUserSCRAMCredentials(ctx context.Context, q *kmsg.AlterUserSCRAMCredentialsRequest) *kmsg.AlterUserSCRAMCredentialsResponse {
	return run(ctx, c, q, (*stepper).alterScram, func(resp *kmsg.AlterUserSCRAMCredentialsResponse, why *refusal) {
		for i := range resp.Results {
			if r := &resp.Results[i]; r.ErrorCode == 0 {
				why.fill(&r.ErrorCode, &r.ErrorMessage)
			}
		}
	})
}

// AlterClientQuotas sets and removes limits of clients.
func (c *Controller) AlterClientQuotas(ctx context.Context, q *kmsg.AlterClientQuotasRequest) *kmsg.AlterClientQuotasResponse {
	return run(ctx, c, q, (*stepper).alterClientQuotas, func(resp *kmsg.AlterClientQuotasResponse, why *refusal) {
		for i := range resp.Entries {
			if e := &resp.Entries[i]; e.ErrorCode == 0 {
				why.fill(&e.ErrorCode, &e.ErrorMessage)
			}
		}
	})
}
