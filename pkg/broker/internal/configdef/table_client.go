package configdef

// clientDefs are the configs of a client-metrics subscription (org.apache.kafka.server.metrics.ClientMetricsConfigs), sorted by name.
var clientDefs = []*Def{
	{Name: "interval.ms", Type: Int, Default: "300000"},
	{Name: "match", Type: List, Check: Check{Rule: AnyList}},
	{Name: "metrics", Type: List, Check: Check{Rule: AnyList}},
}
