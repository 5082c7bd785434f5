package configdef

// clientDefs are the configs of a client-metrics subscription (org.apache.kafka.server.metrics.ClientMetricsConfigs), sorted by name.
var clientDefs = []*Def{
	{
		Name: "interval.ms", Type: Int, Default: "300000",
		Doc: "Milliseconds between two pushes of metrics, 100 to 3600000 (one hour).",
	},
	{
		Name: "match", Type: List, Check: Check{Rule: AnyList},
		Doc: "Which clients push, as property=regular expression pairs that must all match, such as client_software_name=apache-kafka-java. Empty matches every client.",
	},
	{
		Name: "metrics", Type: List, Check: Check{Rule: AnyList},
		Doc: "Beginnings of the names of the metrics to push, or * for all. Empty asks for none.",
	},
}
