package vfs

import (
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
)

// Policy says what of the state that was not synced a crash leaves.
type Policy struct {
	mode policyMode
	seed uint64
}

type policyMode uint8

const (
	keepAll policyMode = iota
	keepNone
	keepRandom
)

// KeepAll is the end of the process but not of the machine (kill -9): every
// write is still there, and what was not synced is still not durable, so that
// an image of the image can lose it.
func KeepAll() Policy { return Policy{mode: keepAll} }

// KeepNone is a power loss that leaves only what was synced.
func KeepNone() Policy { return Policy{mode: keepNone} }

// Random is a power loss that leaves any part of what was not synced; the seed
// decides which.
func Random(seed uint64) Policy { return Policy{mode: keepRandom, seed: seed} }

// CrashImage is the file system as a crash at this moment leaves it, without
// locks and hook. It is independent of c, and can crash in its turn.
func (c *Crash) CrashImage(p Policy) *Crash {
	c.mu.Lock()
	img := c.clone()
	c.mu.Unlock()
	if p.mode != keepAll {
		// One generator, and one order of asking it: a seed repeats its image.
		r := rand.New(rand.NewPCG(p.seed, 0x6b71))
		img.loseNames(p, r)
		img.loseData(p, r, img.tree.root)
	}
	return img
}

// clone copies everything but the pages. It needs c.mu.
func (c *Crash) clone() *Crash {
	memo := map[*node[*inode]]*node[*inode]{}
	img := &Crash{seed: c.seed + 1, tree: tree[*inode]{root: cloneNode(c.tree.root, memo)}}
	for _, op := range c.pending {
		op.node, op.from, op.to = cloneNode(op.node, memo), cloneNode(op.from, memo), cloneNode(op.to, memo)
		img.pending = append(img.pending, op)
	}
	return img
}

func cloneNode(n *node[*inode], memo map[*node[*inode]]*node[*inode]) *node[*inode] {
	if n == nil {
		return nil
	}
	if done, ok := memo[n]; ok {
		return done
	}
	b := n.body
	out := &node[*inode]{mod: n.mod, body: &inode{
		current: b.current.clone(), synced: b.synced.clone(), ops: slices.Clone(b.ops), homeName: b.homeName,
	}}
	memo[n] = out
	out.body.homeDir = cloneNode(b.homeDir, memo)
	if n.isDir() {
		out.kids = cloneNames(n.kids, memo)
		out.body.stable = cloneNames(b.stable, memo)
	}
	return out
}

func cloneNames(names map[string]*node[*inode], memo map[*node[*inode]]*node[*inode]) map[string]*node[*inode] {
	out := make(map[string]*node[*inode], len(names))
	for name, n := range names {
		out[name] = cloneNode(n, memo)
	}
	return out
}

// nameOp is one change of directories: a create (from is nil), a removal (to is
// nil) or a rename.
type nameOp struct {
	node             *node[*inode]
	from, to         *node[*inode]
	fromName, toName string
}

func (op nameOp) touches(dir *node[*inode]) bool { return op.from == dir || op.to == dir }

// apply makes the change durable, as far as it still makes sense: earlier ones
// may have been lost.
func (op nameOp) apply() {
	b := op.node.body
	if op.to == nil {
		if b.homeDir == op.from && b.homeName == op.fromName {
			b.leaveHome()
		}
		return
	}
	b.leaveHome()
	if old := op.to.body.stable[op.toName]; old != nil {
		old.body.leaveHome()
	}
	op.to.body.stable[op.toName] = op.node
	b.homeDir, b.homeName = op.to, op.toName
}

func (n *inode) leaveHome() {
	if n.homeDir != nil {
		delete(n.homeDir.body.stable, n.homeName)
		n.homeDir = nil
	}
}

// settle makes the pending changes of dir durable. It needs c.mu.
func (c *Crash) settle(dir *node[*inode]) {
	kept := c.pending[:0:0]
	for _, op := range c.pending {
		if !op.touches(dir) {
			kept = append(kept, op)
			continue
		}
		op.apply()
		// Where the node came from by a change of another directory is history.
		kept = slices.DeleteFunc(kept, func(k nameOp) bool { return k.node == op.node })
	}
	c.pending = kept
}

// loseNames decides for each pending change, and makes the rest all there is.
func (c *Crash) loseNames(p Policy, r *rand.Rand) {
	keep := chance(r)
	for _, op := range c.pending {
		if p.mode == keepRandom && r.Float64() < keep {
			op.apply()
		}
	}
	c.pending = nil
}

// chance draws how probable it is for one thing to survive: often all or none.
func chance(r *rand.Rand) float64 {
	return []float64{0, 0.2, 0.5, 0.8, 1}[r.IntN(5)]
}

// loseData decides on the contents of every file that is still there, in the
// order of their names, and makes the stable names the visible ones.
func (c *Crash) loseData(p Policy, r *rand.Rand, n *node[*inode]) {
	if !n.isDir() {
		b := n.body
		if p.mode == keepRandom && len(b.ops) > 0 {
			b.lose(r)
		}
		b.current, b.ops = b.synced.clone(), nil
		return
	}
	n.kids = maps.Clone(n.body.stable)
	for _, name := range sortedNames(n.kids) {
		c.loseData(p, r, n.kids[name])
	}
}

func sortedNames(names map[string]*node[*inode]) []string {
	return slices.SortedFunc(maps.Keys(names), strings.Compare)
}

// lose rewrites synced to what a power loss leaves of the file.
func (n *inode) lose(r *rand.Rand) {
	sizes := []int64{n.synced.size} // after each operation
	for _, op := range n.ops {
		size := op.off
		if !op.truncate {
			size = max(sizes[len(sizes)-1], op.off+int64(len(op.data)))
		}
		sizes = append(sizes, size)
	}
	// The length is that after some operation, whether its data are there or not.
	last := []int{0, len(n.ops), r.IntN(len(sizes)), r.IntN(len(sizes))}[r.IntN(4)]
	size := sizes[last]
	if last < len(n.ops) && sizes[last+1] > size && r.IntN(4) == 0 {
		size = tornSize(r, size, sizes[last+1])
	}
	keep, img := chance(r), n.synced
	for i, op := range n.ops {
		switch {
		case op.truncate && i < last && op.off < img.size:
			img.resize(op.off)
		case op.truncate:
		case r.Float64() < keep:
			img.patch(op.off, op.data)
		case r.IntN(2) == 0:
			tear(&img, op, r)
		}
	}
	img.resize(size)
	n.synced = img
}

// tornSize is a length between two, at the end of a sector.
func tornSize(r *rand.Rand, from, to int64) int64 {
	sectors := (to - from) / sectorSize
	if sectors == 0 {
		return from
	}
	return (from/sectorSize + 1 + r.Int64N(sectors)) * sectorSize
}

// tear writes some sectors of an operation: its first ones, or any.
func tear(img *content, op dataOp, r *rand.Rand) {
	prefix := r.IntN(2) == 0
	for off, data := op.off, op.data; len(data) > 0; {
		n := min(int64(len(data)), sectorSize-off%sectorSize)
		if r.IntN(2) == 0 {
			img.patch(off, data[:n])
		} else if prefix {
			return
		}
		off += n
		data = data[n:]
	}
}
