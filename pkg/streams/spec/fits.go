package spec

import (
	"go.yaml.in/yaml/v3"

	"kq/pkg/streams/codec"
	"kq/pkg/streams/expr"
)

// fits checks that values of a static type can be written by a codec.
func (c *compiler) fits(n *yaml.Node, what string, t expr.Type, as codec.Codec) {
	if !writes(as, t) {
		c.f.wrong(n, "", "%s are %s here, and %s does not write these", what, t, as.Name())
	}
}

// writes says that a codec can write values of a type. What is not known, and
// numbers whose values decide, pass.
func writes(c codec.Codec, t expr.Type) bool {
	if t == nil || t == expr.Any {
		return true
	}
	number := t == expr.Int || t == expr.Double
	simple := number || t == expr.String || t == expr.Bool || t == expr.Bytes
	switch c.(type) {
	case codec.Long, codec.Int, codec.Short, codec.Double, codec.Float:
		return number
	case codec.Bool:
		return t == expr.Bool
	case codec.UUID:
		return t == expr.String
	case codec.Bytes:
		return t == expr.String || t == expr.Bytes
	case codec.String:
		return simple
	}
	return true
}
