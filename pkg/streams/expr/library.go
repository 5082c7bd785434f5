package expr

import "fmt"

// library are the functions that a job's expressions have beside those of the
// language, or in their place.
func library() map[string]function {
	all := map[string]function{
		"words":     {wordsFunc, sigs(new(func(string) []any))},
		"split":     {splitFunc, sigs(new(func(string, string) []any))},
		"append":    {appendFunc, sigs(new(func([]any, ...any) []any))},
		"concat":    {concatFunc, sigs(new(func(...[]any) []any))},
		"merge":     {mergeFunc, sigs(new(func(...map[string]any) map[string]any))},
		"pick":      {pickFunc, sigs(new(func(map[string]any, ...string) map[string]any))},
		"without":   {withoutFunc, sigs(new(func(map[string]any, ...string) map[string]any))},
		"keys":      {keysFunc, sigs(new(func(map[string]any) []any))},
		"values":    {valuesFunc, sigs(new(func(map[string]any) []any))},
		"toPairs":   {pairsFunc, sigs(new(func(map[string]any) []any))},
		"fromPairs": {fromPairsFunc, sigs(new(func([]any) map[string]any))},

		"string":     {stringFunc, sigs(new(func(any) string))},
		"len":        {lenFunc, sigs(new(func(any) int))},
		"toJSON":     {toJSONFunc, sigs(new(func(any) string))},
		"fromJSON":   {fromJSONFunc, sigs(new(func(string) any))},
		"replaceAll": {replaceAllFunc, sigs(new(func(string, string, string) string))},
		"round":      {roundFunc, sigs(new(func(any) int), new(func(any, int) float64))},

		"hash":    {hashFunc, sigs(new(func(any) int))},
		"murmur2": {murmur2Func, sigs(new(func(any) int))},
		"sha256":  {sha256Func, sigs(new(func(any) string))},
		"md5":     {md5Func, sigs(new(func(any) string))},
		"uuid":    {uuidFunc, sigs(new(func() string), new(func(any) string))},

		"millis":     {millisFunc, sigs(new(func(any) int), new(func(any, string) int))},
		"parseTime":  {parseTimeFunc, sigs(new(func(string) int), new(func(string, string) int), new(func(string, string, string) int))},
		"formatTime": {formatTimeFunc, sigs(new(func(any) string), new(func(any, string) string), new(func(any, string, string) string))},
		"startOf":    {startOfFunc, sigs(new(func(string, any) int), new(func(string, any, string) int))},
	}
	for name, f := range all {
		all[name] = function{call: counted(name, f), sigs: f.sigs}
	}
	return all
}

func sigs(list ...any) []any { return list }

// counted refuses a call with a number of arguments that no signature takes,
// which the checker has not seen where a function is called through a variable.
func counted(name string, f function) func(args ...any) (any, error) {
	least, most := arity(f.sigs)
	return func(args ...any) (any, error) {
		if len(args) < least || most >= 0 && len(args) > most {
			return nil, fmt.Errorf("%s does not take %d arguments", name, len(args))
		}
		return f.call(args...)
	}
}
