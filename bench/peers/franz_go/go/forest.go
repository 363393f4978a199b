// A random forest in flat arrays, and the features that its model wants. As in the Kafka Streams peer: every tree is
// padded to a full one of the same depth (children of node i at 2i + 1 and 2i + 2), so that a step is arithmetic and no
// branch, and four trees go down at once.
//
// SPDX-License-Identifier: Apache-2.0
package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
)

const (
	lanes    = 4
	nodesMax = 1 << 20
)

// codes are the numbers of a feature's words.
type codes struct {
	known  map[string]float32
	unseen float32
}

func (c codes) of(word []byte) float32 {
	if code, found := c.known[string(word)]; found {
		return code
	}
	return c.unseen
}

type node struct {
	feature     int32 // -1: a leaf
	threshold   float32
	left, right int32
	votes       []float32
}

type forest struct {
	features []string
	codes    map[string]codes
	classes  int
	trees    int
	depth    int
	inner    int // nodes of a tree that are no leaves
	cuts     []cut
	weight   [][lanes]float32 // of each leaf
}

type cut struct {
	threshold float32
	feature   int32
}

// dump reads what onnx_dump.py writes; the first error sticks.
type dump struct {
	in  *bufio.Reader
	err error
}

func (d *dump) number(to any) {
	if d.err == nil {
		d.err = binary.Read(d.in, binary.BigEndian, to)
	}
}

func (d *dump) int() (value int32) {
	d.number(&value)
	return value
}

func (d *dump) float() (value float32) {
	d.number(&value)
	return value
}

func (d *dump) word() string {
	var size uint16
	d.number(&size)
	text := make([]byte, size)
	if d.err == nil {
		_, d.err = io.ReadFull(d.in, text)
	}
	return string(text)
}

// count is how many of something follow.
func (d *dump) count() int32 {
	n := d.int()
	if d.err == nil && (n < 0 || n > nodesMax) {
		d.err = fmt.Errorf("%d of something", n)
	}
	if d.err != nil {
		return 0
	}
	return n
}

func (d *dump) tree(classes int) []node {
	nodes := make([]node, d.count())
	for i := range nodes {
		of := d.int()
		if of >= 0 {
			nodes[i] = node{feature: of, threshold: d.float(), left: d.int(), right: d.int()}
			continue
		}
		votes := make([]float32, classes)
		d.number(votes)
		nodes[i] = node{feature: -1, votes: votes}
	}
	return nodes
}

func readForest(path string) (*forest, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	d := &dump{in: bufio.NewReader(file)}
	f := &forest{codes: map[string]codes{}}
	for n := d.count(); n > 0; n-- {
		name := d.word()
		f.features = append(f.features, name)
		words := d.count()
		if words == 0 {
			continue
		}
		found := codes{known: make(map[string]float32, words)}
		for ; words > 0; words-- {
			word := d.word()
			found.known[word] = d.float()
		}
		found.unseen = d.float()
		f.codes[name] = found
	}
	f.classes = int(d.count())
	trees := make([][]node, d.count())
	for t := range trees {
		trees[t] = d.tree(f.classes)
		if d.err == nil {
			f.depth = max(f.depth, depth(trees[t], 0))
		}
	}
	if d.err != nil {
		return nil, fmt.Errorf("%s: %w", path, d.err)
	}
	if f.classes > lanes {
		return nil, fmt.Errorf("%s: %d classes; at most %d are supported", path, f.classes, lanes)
	}
	f.lay(trees)
	return f, nil
}

func depth(nodes []node, at int32) int {
	if nodes[at].feature < 0 {
		return 0
	}
	return 1 + max(depth(nodes, nodes[at].left), depth(nodes, nodes[at].right))
}

func (f *forest) lay(trees [][]node) {
	f.inner = 1<<f.depth - 1
	f.trees = (len(trees) + lanes - 1) / lanes * lanes
	f.cuts = make([]cut, f.trees*f.inner)
	f.weight = make([][lanes]float32, f.trees*(f.inner+1))
	for t, nodes := range trees {
		f.place(nodes, 0, t, 0, 0)
	}
}

// place puts a node at position `at` of tree t, and what is below it: a leaf that comes early stands on both sides.
func (f *forest) place(nodes []node, number int32, t, at, level int) {
	one := nodes[number]
	if level == f.depth {
		copy(f.weight[t*(f.inner+1)+at-f.inner][:], one.votes)
		return
	}
	left, right := number, number
	if one.feature >= 0 {
		f.cuts[t*f.inner+at] = cut{one.threshold, one.feature}
		left, right = one.left, one.right
	}
	f.place(nodes, left, t, 2*at+1, level+1)
	f.place(nodes, right, t, 2*at+2, level+1)
}

// step is 1 where x is greater than the threshold. Exact for all finite numbers.
func step(c cut, x *[16]float32) int {
	return int(math.Float32bits(c.threshold-x[c.feature&15]) >> 31)
}

// classify gives the class of one row: float comparisons and votes, summed as doubles in the order of the trees.
func (f *forest) classify(x *[16]float32) int {
	var s [lanes]float64
	inner := f.inner
	for t := 0; t < f.trees; t += lanes {
		c0 := f.cuts[t*inner : (t+1)*inner]
		c1 := f.cuts[(t+1)*inner : (t+2)*inner]
		c2 := f.cuts[(t+2)*inner : (t+3)*inner]
		c3 := f.cuts[(t+3)*inner : (t+4)*inner]
		a0, a1, a2, a3 := 0, 0, 0, 0
		for d := 0; d < f.depth; d++ {
			a0 = 2*a0 + 1 + step(c0[a0], x)
			a1 = 2*a1 + 1 + step(c1[a1], x)
			a2 = 2*a2 + 1 + step(c2[a2], x)
			a3 = 2*a3 + 1 + step(c3[a3], x)
		}
		leaves := f.weight[t*(inner+1) : (t+4)*(inner+1)]
		w0, w1 := &leaves[a0-inner], &leaves[a1-inner+inner+1]
		w2, w3 := &leaves[a2-inner+2*(inner+1)], &leaves[a3-inner+3*(inner+1)]
		for c := range s {
			s[c] = s[c] + float64(w0[c]) + float64(w1[c]) + float64(w2[c]) + float64(w3[c])
		}
	}
	best := 0
	for c := 1; c < lanes; c++ {
		if float32(s[c]) > float32(s[best]) {
			best = c
		}
	}
	return best
}
