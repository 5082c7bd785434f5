package spec

func (c *compiler) suppress(_ *place, s *Step, _ *flow) *flow { return c.missing(s) }
func (c *compiler) dedupe(_ *place, s *Step, _ *flow) *flow   { return c.missing(s) }
func (c *compiler) process(_ *place, s *Step, _ *flow) *flow  { return c.missing(s) }

func (c *compiler) missing(s *Step) *flow {
	c.f.wrong(s.keyNode(s.op), "", "%s cannot be run", s.op)
	return nil
}
