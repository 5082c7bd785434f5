package ingest

// OnStep has f called between the steps of each shard's transactions.
func (o *Options) OnStep(f func(shard int, point string)) { o.step = f }
