// Package examples holds streams jobs to start from, a YAML file each, with
// tests of their own. `kq streams init` writes them.
//
// It only embeds files and imports nothing of the module.
package examples
