package admin

import (
	"fmt"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// ConfigOp is what is done to a config.
type ConfigOp string

// The operations on a config. The last two are for lists alone.
const (
	SetConfig      ConfigOp = "set"      // KEY=VALUE
	UnsetConfig    ConfigOp = "unset"    // back to what is inherited
	AppendConfig   ConfigOp = "append"   // KEY+=VALUE
	SubtractConfig ConfigOp = "subtract" // KEY-=VALUE
)

// ConfigChange is one change of one config.
type ConfigChange struct {
	Op    ConfigOp
	Key   string
	Value string // empty for UnsetConfig
}

// ParseConfigChange reads KEY=VALUE, KEY+=VALUE or KEY-=VALUE. The error is
// ErrOptions.
func ParseConfigChange(s string) (ConfigChange, error) {
	key, value, ok := strings.Cut(s, "=")
	key = strings.TrimSpace(key)
	c := ConfigChange{Op: SetConfig, Value: value}
	if k, yes := strings.CutSuffix(key, "+"); yes {
		key, c.Op = k, AppendConfig
	} else if k, yes := strings.CutSuffix(key, "-"); yes {
		key, c.Op = k, SubtractConfig
	}
	if c.Key = strings.TrimSpace(key); !ok || c.Key == "" {
		return ConfigChange{}, fmt.Errorf("%w: %q is not KEY=VALUE, KEY+=VALUE or KEY-=VALUE", ErrOptions, s)
	}
	return c, nil
}

// String is the inverse of ParseConfigChange.
func (c ConfigChange) String() string {
	switch c.Op {
	case AppendConfig:
		return c.Key + "+=" + c.Value
	case SubtractConfig:
		return c.Key + "-=" + c.Value
	case UnsetConfig:
		return c.Key
	}
	return c.Key + "=" + c.Value
}

func (c ConfigChange) op() kmsg.IncrementalAlterConfigOp {
	switch c.Op {
	case UnsetConfig:
		return kmsg.IncrementalAlterConfigOpDelete
	case AppendConfig:
		return kmsg.IncrementalAlterConfigOpAppend
	case SubtractConfig:
		return kmsg.IncrementalAlterConfigOpSubtract
	}
	return kmsg.IncrementalAlterConfigOpSet
}

// apply returns what the change makes of a config that is now before.
func (c ConfigChange) apply(before *string, inherited *string) *string {
	var items []string
	if before != nil && *before != "" {
		items = strings.Split(*before, ",")
	}
	switch c.Op {
	case UnsetConfig:
		return inherited
	case AppendConfig:
		for _, v := range strings.Split(c.Value, ",") {
			if !slices.Contains(items, v) {
				items = append(items, v)
			}
		}
	case SubtractConfig:
		gone := strings.Split(c.Value, ",")
		items = slices.DeleteFunc(items, func(v string) bool { return slices.Contains(gone, v) })
	default:
		return &c.Value
	}
	after := strings.Join(items, ",")
	return &after
}

// checkChanges finds what no cluster would take.
func checkChanges(changes []ConfigChange) error {
	seen := map[string]bool{}
	for _, c := range changes {
		switch {
		case c.Key == "":
			return fmt.Errorf("%w: a config without a name", ErrOptions)
		case seen[c.Key]:
			return fmt.Errorf("%w: config %q is changed twice", ErrOptions, c.Key)
		}
		seen[c.Key] = true
	}
	return nil
}
