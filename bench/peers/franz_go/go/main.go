// Workloads of the benches on franz-go: a member of a group that reads a topic and produces to another, at least once.
//
//	peer WORKLOAD BOOTSTRAP IN OUT GROUP throughput|LINGER_MS DEAD_LETTERS [MODEL TABLE]
//
// One goroutine does the work; the client's own read, write and compress beside it. Offsets are committed each second,
// after what was produced until then is acknowledged. Runs until SIGTERM.
//
// SPDX-License-Identifier: Apache-2.0
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	commitEvery = time.Second
	pollRecords = 10000
)

func fail(err error) {
	fmt.Fprintln(os.Stderr, "peer:", err)
	os.Exit(1)
}

// settings are the client's defaults, but for what is set here; peer.py states them in the results.
func settings(bootstrap, in, group, profile string) []kgo.Opt {
	linger := 20
	if profile != "throughput" {
		var err error
		if linger, err = strconv.Atoi(profile); err != nil {
			fail(err)
		}
	}
	return []kgo.Opt{
		kgo.SeedBrokers(bootstrap), kgo.ConsumerGroup(group), kgo.ConsumeTopics(in),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.DisableAutoCommit(), kgo.BlockRebalanceOnPoll(),
		kgo.OnPartitionsRevoked(func(ctx context.Context, client *kgo.Client, _ map[string][]int32) { commit(ctx, client) }),
		kgo.FetchMaxBytes(16 << 20), kgo.FetchMaxPartitionBytes(2 << 20),
		kgo.RequiredAcks(kgo.AllISRAcks()), kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.ProducerLinger(time.Duration(linger) * time.Millisecond), kgo.ProducerBatchMaxBytes(256 << 10),
		kgo.MaxBufferedRecords(30000),
	}
}

// commit waits for what is under way, and then commits what was polled.
func commit(ctx context.Context, client *kgo.Client) {
	if err := client.Flush(ctx); err != nil {
		fail(err)
	}
	if err := client.CommitUncommittedOffsets(ctx); err != nil {
		fail(err)
	}
}

type peer struct {
	client           *kgo.Client
	out, deadLetters string
	flight           *flight // nil: bytes through
	grown            int     // how much longer a value gets, seen so far
}

func delivered(_ *kgo.Record, err error) {
	if err != nil {
		fail(err)
	}
}

// produce sends on what was polled. What it makes for a poll is allocated at once.
func (p *peer) produce(ctx context.Context, fetches kgo.Fetches) {
	records := make([]kgo.Record, fetches.NumRecords())
	var values []byte
	if p.flight != nil {
		size := 0
		fetches.EachRecord(func(in *kgo.Record) { size += len(in.Value) + p.grown })
		values = make([]byte, 0, size)
	}
	next := 0
	fetches.EachRecord(func(in *kgo.Record) {
		out := &records[next]
		next++
		*out = kgo.Record{Topic: p.out, Key: in.Key, Value: in.Value, Headers: in.Headers, Timestamp: in.Timestamp}
		if p.flight != nil {
			values = p.work(out, values)
		}
		p.client.Produce(ctx, out, delivered)
	})
}

// work puts the record's new value behind the others, or sends it to the dead letters as it is.
func (p *peer) work(out *kgo.Record, values []byte) []byte {
	start := len(values)
	values, err := p.flight.apply(values, out.Value)
	if err != nil {
		out.Topic = p.deadLetters
		return values[:start]
	}
	p.grown = max(p.grown, len(values)-start-len(out.Value))
	out.Value = values[start:len(values):len(values)]
	return values
}

func (p *peer) run(stopped *atomic.Bool, wake context.Context) {
	ctx := context.Background()
	var waits time.Time // since when something is not committed
	for !stopped.Load() {
		poll, cancel := wake, context.CancelFunc(func() {})
		if !waits.IsZero() {
			poll, cancel = context.WithDeadline(wake, waits.Add(commitEvery))
		}
		fetches := p.client.PollRecords(poll, pollRecords)
		cancel()
		for _, trouble := range fetches.Errors() {
			if poll.Err() == nil {
				fail(trouble.Err)
			}
		}
		if fetches.NumRecords() > 0 {
			p.produce(ctx, fetches)
			if waits.IsZero() {
				waits = time.Now()
			}
		}
		if !waits.IsZero() && time.Since(waits) >= commitEvery {
			commit(ctx, p.client)
			waits = time.Time{}
		}
		p.client.AllowRebalance()
	}
	commit(ctx, p.client)
}

func main() {
	args := os.Args[1:]
	p := &peer{out: args[3], deadLetters: args[6]}
	var err error
	if args[0] != "pass" {
		if p.flight, err = newFlight(args[7], args[8]); err != nil {
			fail(err)
		}
	}
	if p.client, err = kgo.NewClient(settings(args[1], args[2], args[4], args[5])...); err != nil {
		fail(err)
	}
	var stopped atomic.Bool
	wake, stop := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		<-signals
		stopped.Store(true)
		stop()
	}()
	p.run(&stopped, wake)
	p.client.CloseAllowingRebalance()
}
