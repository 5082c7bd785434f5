package group

import "kq/pkg/broker/internal/group/machine"

// join gives a JoinGroup to the group's machine.
func (t *turn) join(e machine.Join) { t.step(e) }
