package lint

import "path"

// Exception lets one rule pass in the files a path pattern names (path.Match,
// slashes count), for a reason.
type Exception struct {
	Rule   string
	Path   string
	Reason string
}

// Exceptions are those of this repository. One that matches nothing any more fails the test.
func Exceptions() []Exception {
	return []Exception{
		{"exit", "cmd/kq/main.go", "the one place that ends the process"},
		{"exit", "internal/task/main.go", "the doorway of a command of its own"},
		{"exit", "bench/main.go", "the doorway of a module of its own"},
		{"interfaces", "pkg/broker/vfs/vfs.go", "a file system is as large as it is"},
		{"interfaces", "pkg/broker/internal/api/service.go", "the controller has one method for each of Kafka's admin requests"},
	}
}

func allowed(rule, file string, list []Exception, used []bool) bool {
	ok := false
	for i, e := range list {
		if e.Rule != rule {
			continue
		}
		if match, err := path.Match(e.Path, file); err == nil && match {
			used[i], ok = true, true
		}
	}
	return ok
}
