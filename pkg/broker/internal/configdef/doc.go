// Package configdef knows every topic, broker, group and client-metrics configuration of Apache Kafka 4.3: its
// type, default, dynamic update mode, synonyms, allowed values and what it is for, as plain tables of data.
//
// What flows in: configuration maps (name to text) as they stand in the metadata log, in server.properties or on the
// command line. What flows out:
//   - [Table] and [Def]: look a definition up, list them, [Def.Normalize] a value with Kafka's own error text;
//   - [EffectiveTopic], [EffectiveBroker], [EffectiveGroup], [EffectiveClientMetrics] and their Describe… forms:
//     the effective value, its source and its synonyms, as DescribeConfigs answers them;
//   - [ValidateTopic], [ValidateBroker], [ValidateGroup], [ValidateClientMetrics], [ValidateStatic]: is this set allowed;
//   - [TopicConfig] and [ResolveTopic]: the typed values a log works with;
//   - [Classify]: which keys of a server.properties kq honours.
//
// A topic value is looked up in this order: the topic itself, the dynamic configs of this broker, the cluster-wide
// dynamic defaults, the static file, Kafka's default. The four maps of the Effective functions are these layers.
//
// The package stands alone: it imports the standard library only. Nothing runs at package initialisation; the tables
// are static data and lookups are binary searches. The expectations of its tests were printed by Kafka's own classes
// (testdata/Goldens.java).
package configdef
