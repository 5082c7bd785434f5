package spectest

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// bare is a text that YAML takes for one without quotes, inside of braces too.
var bare = regexp.MustCompile(`^[A-Za-z_/][A-Za-z0-9_./@ +-]*$`)

// words are texts that YAML takes for something else.
var words = []string{"null", "true", "false", "yes", "no", "on", "off", "y", "n"}

// show writes a value as a test may say it, on one line.
func show(v any) string {
	switch x := v.(type) {
	case nil:
		return "null"
	case string:
		if bare.MatchString(x) && !slices.Contains(words, strings.ToLower(x)) && !strings.HasSuffix(x, " ") {
			return x
		}
		b, err := json.Marshal(x)
		if err != nil {
			return strconv.Quote(x)
		}
		return string(b)
	case []byte:
		if printable(x) {
			return show(string(x))
		}
		return "0x" + hex.EncodeToString(x)
	case window:
		text := strings.Trim(show(x.key), `"`) + "@" + strconv.FormatInt(x.start, 10)
		if x.end != nil {
			text += "/" + strconv.FormatInt(*x.end, 10)
		}
		return show(text)
	case []any:
		parts := make([]string, len(x))
		for i := range x {
			parts[i] = show(x[i])
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case map[string]any:
		parts := make([]string, 0, len(x))
		for _, k := range slices.Sorted(maps.Keys(x)) {
			parts = append(parts, show(k)+": "+show(x[k]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return fmt.Sprint(v)
}
