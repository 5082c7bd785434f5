package configdef

import (
	"slices"
	"strconv"
	"strings"
)

// Op is an operation of IncrementalAlterConfigs, numbered as on the wire (KIP-339).
type Op int8

// The operations.
const (
	OpSet      Op = 0
	OpDelete   Op = 1
	OpAppend   Op = 2
	OpSubtract Op = 3
)

// Apply returns what a config becomes: its new text, or set=false when it is no longer set. current and isSet are the
// text that is set on the resource now. Append and subtract work on lists only and start from the default when nothing
// is set. The value itself is not checked: that is for the Validate functions, over the whole resource.
func (t *Table) Apply(op Op, name, current string, isSet bool, value string) (text string, set bool, err error) {
	switch op {
	case OpSet:
		return value, true, nil
	case OpDelete:
		return "", false, nil
	case OpAppend, OpSubtract:
	default:
		return "", false, badRequest(name, "Unknown operations type "+strconv.Itoa(int(op)))
	}
	d, ok := t.Lookup(name)
	if !ok || !d.IsList() {
		return "", false, t.notAList(op, name, ok)
	}
	if !isSet {
		current = d.Default
	}
	list := slices.DeleteFunc(javaSplit(current, ','), func(e string) bool { return e == "" })
	for _, e := range javaSplit(value, ',') {
		i := slices.Index(list, e)
		switch {
		case op == OpAppend && i < 0:
			list = append(list, e)
		case op == OpSubtract && i >= 0:
			list = slices.Delete(list, i, i+1)
		}
	}
	return strings.Join(list, ","), true, nil
}

// notAList has the text of the broker (ConfigAdminManager) or of the controller (ConfigurationControlManager).
func (t *Table) notAList(op Op, name string, known bool) error {
	verb := "append"
	if op == OpSubtract {
		verb = "subtract"
	}
	switch {
	case t.broker && !known:
		return invalid(name, "Unknown config name: "+name)
	case t.broker:
		return invalid(name, "Config value "+verb+" is not allowed for config key: "+name)
	}
	return invalid(name, "Can't "+strings.ToUpper(verb)+" to key "+name+" because its type is not LIST.")
}
