package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"plimsoll/lab/netns"
)

// endInPeace is how a process is asked to end.
const endInPeace = syscall.SIGTERM

// vandal breaks things, and mends what it has broken.
type vandal struct {
	*world
	rand *rand.Rand

	mu     sync.Mutex // guards counts
	counts map[string]int
}

// rage brings one fault after another, up to three at once, for so long. In the end all is mended.
func (v *vandal) rage(ctx context.Context, lasts time.Duration) error {
	for end := time.Now().Add(lasts); time.Now().Before(end) && ctx.Err() == nil; {
		var at []mischief
		for _, m := range v.some(v.all(), 1+v.rand.IntN(3)) {
			if !slices.ContainsFunc(at, m.meets) {
				at = append(at, m)
			}
		}
		var mending sync.WaitGroup
		failed := make([]error, len(at))
		for i, m := range at {
			span := 100*time.Millisecond + time.Duration(v.rand.Int64N(int64(longestFault)))
			v.count(m.name)
			mending.Go(func() { failed[i] = m.do(ctx, span) })
		}
		mending.Wait()
		if err := errors.Join(failed...); err != nil {
			return err
		}
		rest(time.Duration(v.rand.Int64N(int64(longestCalm))))
	}
	return ctx.Err()
}

const (
	// longestFault is longer than an election, a lost server's being noticed, and what an agent waits for.
	longestFault = 12 * time.Second
	longestCalm  = 4 * time.Second
)

func (v *vandal) count(name string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.counts[name]++
}

// told is how often what was done.
func (v *vandal) told() string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(v.counts)) {
		out = append(out, fmt.Sprintf("%d× %s", v.counts[name], name))
	}
	return strings.Join(out, ", ")
}

// mischief is one fault, until it is mended.
type mischief struct {
	name string
	on   string // "processes" or "links": two on the same do not meet
	do   func(ctx context.Context, span time.Duration) error
}

// meets says whether two can't be done at once, since one would mend what the other has broken.
func (m mischief) meets(other mischief) bool { return m.on == other.on }

// What is broken.
const (
	serverProcess  = "the servers' processes"
	arbiterProcess = "the arbiters' processes"
	agentProcess   = "the agents' processes"
	links          = "links"
)

// all are the faults that there are, each with whom it hits this time.
func (v *vandal) all() []mischief {
	most := 1 + v.rand.IntN(max(1, len(v.agents)/2))
	servers, arbiters, agents := v.few(v.servers, 1+v.rand.IntN(2)), v.few(v.arbiters, 1+v.rand.IntN(2)), v.few(v.agents, most)
	everybody := slices.Concat(v.servers, v.arbiters, v.agents)
	half := v.few(everybody, len(everybody)/2)
	pair := v.few(v.servers, 2)
	return []mischief{
		{fmt.Sprintf("kill %d of 3 servers", len(servers)), serverProcess, v.kill(servers)},
		{fmt.Sprintf("pause %d of 3 servers", len(servers)), serverProcess, v.pause(servers)},
		{fmt.Sprintf("kill %d of 2 arbiters", len(arbiters)), arbiterProcess, v.kill(arbiters)},
		{fmt.Sprintf("pause %d of 2 arbiters", len(arbiters)), arbiterProcess, v.pause(arbiters)},
		{"kill agents", agentProcess, v.kill(agents)},
		{"pause agents", agentProcess, v.pause(agents)},
		{"part the network", links, v.part(half)},
		{"pull cables of servers", links, v.pull(servers)},
		{"pull cables of arbiters", links, v.pull(arbiters)},
		{"pull cables of agents", links, v.pull(agents)},
		{"one server deaf to another", links, v.deafen(pair[0].Host, pair[1].Host)},
		{"an arbiter deaf to a server", links, v.deafen(servers[0].Host, arbiters[0].Host)},
	}
}

func (v *vandal) few(of []node, n int) []node {
	out := slices.Clone(of)
	v.rand.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out[:n]
}

func (v *vandal) some(of []mischief, n int) []mischief {
	v.rand.Shuffle(len(of), func(i, j int) { of[i], of[j] = of[j], of[i] })
	return of[:n]
}

func (v *vandal) kill(nodes []node) func(context.Context, time.Duration) error {
	return func(_ context.Context, span time.Duration) error {
		for _, n := range nodes {
			n.Kill()
		}
		rest(span)
		var wrong error
		for _, n := range nodes {
			wrong = errors.Join(wrong, v.again(n))
		}
		return wrong
	}
}

// again starts what was killed.
func (v *vandal) again(n node) error {
	if slices.ContainsFunc(v.agents, func(a node) bool { return a.Process == n.Process }) {
		return v.start(n, restless())
	}
	return n.Start()
}

func (*vandal) pause(nodes []node) func(context.Context, time.Duration) error {
	return func(_ context.Context, span time.Duration) error {
		for _, n := range nodes {
			n.Signal(syscall.SIGSTOP)
		}
		rest(span)
		for _, n := range nodes {
			n.Signal(syscall.SIGCONT)
		}
		return nil
	}
}

func (v *vandal) part(nodes []node) func(context.Context, time.Duration) error {
	return func(ctx context.Context, span time.Duration) error {
		var wrong error
		for _, n := range nodes {
			wrong = errors.Join(wrong, v.net.Plug(ctx, n.Host, netns.Right))
		}
		rest(span)
		return errors.Join(wrong, v.plug(ctx, nodes))
	}
}

func (v *vandal) plug(ctx context.Context, nodes []node) error {
	var wrong error
	for _, n := range nodes {
		wrong = errors.Join(wrong, v.net.Plug(ctx, n.Host, netns.Left))
	}
	return wrong
}

func (v *vandal) pull(nodes []node) func(context.Context, time.Duration) error {
	return func(ctx context.Context, span time.Duration) error {
		var wrong error
		for _, n := range nodes {
			wrong = errors.Join(wrong, v.net.Pull(ctx, n.Host))
		}
		rest(span)
		return errors.Join(wrong, v.plug(ctx, nodes))
	}
}

func (v *vandal) deafen(from, to netns.Host) func(context.Context, time.Duration) error {
	return func(ctx context.Context, span time.Duration) error {
		err := v.net.Deafen(ctx, from, to)
		rest(span)
		return errors.Join(err, v.net.Hear(ctx, from, to))
	}
}
