package main

import "github.com/spf13/cobra"

// newHelpPages makes the pages of kq help that are about no command.
func newHelpPages() []*cobra.Command {
	return []*cobra.Command{
		{Use: "exit-codes", Short: "what the exit code of kq means", Long: exitCodesPage},
		{Use: "environment", Short: "environment variables that kq reads", Long: environmentPage},
		{Use: "output", Short: "how results are printed: -o, colour, standard error", Long: outputPage},
	}
}

const exitCodesPage = `The exit code of every command:

  0    done; also when the reader of standard output has gone away
  1    the operation failed, or a part of it: one topic of several, one record
  2    usage: an unknown command, a bad flag or argument; nothing was done
  3    a condition that was asked for is not met, as after a wait
  4    the cluster cannot be reached, or does not let us in
  130  interrupted (Ctrl-C)

What went wrong is a line on standard error that begins with "kq: "; what to do
about it, where that is known, is the next one, which begins with "hint: ".`

const environmentPage = `A flag is stronger than the environment, which is stronger than a profile:

  KQ_BOOTSTRAP            brokers to ask first, as -b
  KQ_PROFILE              the profile to use, as --profile
  KQ_CONFIG               the file of profiles
  KQ_PROPERTY             a client property, its name in upper case with _ for
                          dots, as KQ_SECURITY_PROTOCOL; kq -X list has them
  KQ_COMPLETION_TIMEOUT   how long a shell waits for names (default: 300ms)

Those that other programs know too:

  NO_COLOR                when it is not empty: no colour
  XDG_CONFIG_HOME         where kq/config.yaml, the file of profiles, is
                          (default: ~/.config)
  XDG_DATA_HOME           where kq serve keeps data, in kq (default:
                          ~/.local/share)

kq serve -- COMMAND sets KQ_BOOTSTRAP for the command to the broker's address.`

const outputPage = `Data goes to standard output and nothing else does; what kq says goes to
standard error. -o chooses how results are printed:

  table     aligned columns, for people: the default
  wide      the same with more columns
  json      one document; no list is null; keys keep their names and order
  yaml      the same in YAML
  tsv       columns with tabs between them, "-" for nothing, a fixed set
  name      the names alone, a line each
  template=TEMPLATE
            a Go template over what json prints: '{{range .}}{{.topic}} {{end}}'
            with the functions json, join SEPARATOR LIST, split SEPARATOR TEXT,
            default TEXT VALUE, replace OLD NEW TEXT, lower and upper

Commands that handle records have -f in place of -o: see kq help consume.
--no-headers leaves out the header line of table, wide and tsv. Colour and
progress are for terminals only; --color and -q change that.`
