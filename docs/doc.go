// Package docs holds the project's documentation, so that the binary has it with
// it: `kq demo` uses it as a text. It imports nothing of this module.
package docs
