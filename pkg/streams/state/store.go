package state

// core is what all kinds of stores have.
type core struct {
	spec  *Spec
	table *table
	log   Log
}

// Spec is what the store was made from.
func (c *core) Spec() *Spec { return c.spec }

func (c *core) tableOf() *table { return c.table }

func (c *core) mark(bool) {}
