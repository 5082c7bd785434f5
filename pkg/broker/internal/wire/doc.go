// Package wire is the Kafka wire format below the level of single APIs: frames,
// request and response headers, pooled request buffers, answers made of byte
// slices and file regions, and the hand-written codecs of Produce and Fetch.
//
// In flow the bytes of a connection (through [FrameReader]); out flow frames
// with their parsed headers and zero-copy Produce and Fetch requests. In the
// other direction answers flow out as [Chunk] lists, which the connection writes
// without looking into them.
//
// Every other API is encoded and decoded with kmsg, one level up.
//
// Parsing never trusts a length: nothing is allocated for bytes or elements
// that have not arrived, and every failure is [ErrMalformed].
//
// The package stands alone: it imports the standard library only, and in
// particular nothing else of the broker.
package wire
