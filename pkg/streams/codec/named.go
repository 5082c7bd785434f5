package codec

import "strings"

// Names are the names of the plain codecs, as a job file spells them.
func Names() []string {
	return []string{"string", "long", "int", "short", "double", "float", "bool", "bytes", "uuid", "json"}
}

// Named is the codec of that name: one of Names, or sessionWindowed(NAME) or
// windowedJson(NAME) of one. A time window's codec is no name alone, it needs a size.
func Named(name string) (Codec, bool) {
	switch name {
	case "string":
		return String{}, true
	case "long":
		return Long{}, true
	case "int":
		return Int{}, true
	case "short":
		return Short{}, true
	case "double":
		return Double{}, true
	case "float":
		return Float{}, true
	case "bool":
		return Bool{}, true
	case "bytes":
		return Bytes{}, true
	case "uuid":
		return UUID{}, true
	case "json":
		return JSON{}, true
	}
	outer, inner, ok := strings.Cut(strings.TrimSuffix(name, ")"), "(")
	if !ok || !strings.HasSuffix(name, ")") {
		return nil, false
	}
	in, ok := Named(inner)
	if !ok || strings.Contains(inner, "(") {
		return nil, false
	}
	switch outer {
	case "sessionWindowed":
		return SessionWindowed{Inner: in}, true
	case "windowedJson":
		return WindowedJSON{Inner: in}, true
	}
	return nil, false
}
