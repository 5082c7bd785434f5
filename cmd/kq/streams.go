package main

import "github.com/spf13/cobra"

// newStreamsCommand has a line for each verb, so that they are easy to add.
func newStreamsCommand(a *app) *cobra.Command {
	return newNoun("streams", "run stream processing jobs from YAML, as Kafka Streams does", nil,
		newStreamsEvalCommand(a),
		newStreamsListCommand(a),
		newStreamsRunCommand(a),
		newStreamsTestCommand(a),
		newStreamsQueryCommand(a),
		newStreamsTasksCommand(a),
		newStreamsInitCommand(a),
		newStreamsValidateCommand(a),
		newStreamsDescribeCommand(a),
		newStreamsGraphCommand(a),
		newStreamsSchemaCommand(a),
		newStreamsResetCommand(a),
	)
}
