package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"plimsoll/fleet/bootstrap"
	"plimsoll/fleet/ledger"
	"plimsoll/lab/effector"
	"plimsoll/lab/history"
	"plimsoll/lab/netns"
	"plimsoll/lab/site"
)

// node is one host of the lab with its one process.
type node struct {
	netns.Host
	*site.Process
}

// world is everything that can be broken, and the effector, which can't.
type world struct {
	plan
	dir      string
	net      *netns.Net
	site     *site.Site
	servers  []node
	arbiters []node
	agents   []node
	effector *site.Process
}

// patience bounds what has to happen on a busy machine.
const patience = 2 * time.Minute

// build starts the servers and the arbiters of a fleet with one pool, and the effector.
func (p plan) build(ctx context.Context, dir string, budget, minHealthy int) (*world, error) {
	n, err := netns.New(ctx)
	if err != nil {
		return nil, err
	}
	w := &world{plan: p, dir: dir, net: n}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	w.effector = site.NewProcess("effector", filepath.Join(dir, "effector.out"), self, asEffector, w.socket(), w.log())
	if err := w.effector.Start(); err != nil {
		return nil, err
	}
	if err := w.serve(ctx); err != nil {
		return w, err
	}
	for _, name := range []string{"arb0", "arb1"} {
		if err := w.arbiter(ctx, name); err != nil {
			return w, err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return w, w.site.Pool(ctx, pool, budget, minHealthy)
}

func (w *world) socket() string { return filepath.Join(w.dir, "effector.sock") }
func (w *world) log() string    { return filepath.Join(w.dir, "effector.log") }

// serve starts the servers, and makes what they keep.
func (w *world) serve(ctx context.Context) error {
	var servers []site.Server
	for _, name := range []string{"n1", "n2", "n3"} {
		h, err := w.net.Join(ctx, name)
		if err != nil {
			return err
		}
		w.servers = append(w.servers, node{Host: h})
		servers = append(servers, site.Server{Name: name, IP: h.IP, Store: filepath.Join(w.dir, "store-"+name), In: h.In()})
	}
	program, err := filepath.Abs(w.nats)
	if err != nil {
		return err
	}
	if w.site, err = site.New(w.dir, program, site.SyncAlways, servers); err != nil {
		return err
	}
	for i := range w.servers {
		w.servers[i].Process = w.site.Servers[i]
	}
	if err := w.site.Start(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := w.site.Create(ctx); err != nil {
		return err
	}
	return w.keepAll(ctx)
}

// keepAll has the store keep every revision of the ledger, not as many as people look at.
func (w *world) keepAll(ctx context.Context) error {
	return w.store(ctx, func(ctx context.Context, js jetstream.JetStream) error {
		s, err := js.Stream(ctx, "KV_"+bootstrap.Ledger)
		if err != nil {
			return err
		}
		c := s.CachedInfo().Config
		c.MaxMsgsPerSubject = 1_000_000
		_, err = js.UpdateStream(ctx, c)
		return err
	})
}

// store does something with the store, as its administrator, again and again until that succeeds.
func (w *world) store(ctx context.Context, do func(context.Context, jetstream.JetStream) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	nc, err := w.site.Connect(ctx, bootstrap.Admin, "admin")
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	for last := error(nil); ; rest(time.Second) {
		attempt, cancel := context.WithTimeout(ctx, 10*time.Second)
		err = do(attempt, js)
		cancel()
		if err == nil {
			return nil
		}
		if ctx.Err() != nil {
			return errors.Join(err, last) // the last attempt may have had no time
		}
		last = err
	}
}

// arbiter starts one.
func (w *world) arbiter(ctx context.Context, name string) error {
	h, err := w.net.Join(ctx, name)
	if err != nil {
		return err
	}
	program, err := w.program("plimsolld")
	if err != nil {
		return err
	}
	p, err := w.site.Arbiter(name, h.In(program)...)
	if err != nil {
		return err
	}
	w.arbiters = append(w.arbiters, node{h, p})
	return p.Start()
}

// member starts an agent, as told.
func (w *world) member(ctx context.Context, name string, told whereabouts) error {
	h, err := w.net.Join(ctx, name)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	n := node{h, site.NewProcess(name, filepath.Join(w.dir, name+".log"), h.In(self, asAgent)...)}
	w.agents = append(w.agents, n)
	return w.start(n, told)
}

// start starts an agent that does not run, as told.
func (w *world) start(n node, told whereabouts) error {
	cfg, err := w.site.Config(bootstrap.Host, n.Name)
	if err != nil {
		return err
	}
	told.Host, told.Dir, told.URLs, told.Credentials = n.Name, filepath.Join(w.dir, n.Name), w.site.URLs(), cfg.Credentials
	told.Effector = w.socket()
	if err := os.MkdirAll(told.Dir, 0o700); err != nil {
		return err
	}
	text, err := json.Marshal(told)
	if err != nil {
		return err
	}
	return n.Start(string(text))
}

// joined waits for the pool to count all agents.
func (w *world) joined(ctx context.Context) error {
	return w.until(ctx, "all are members", func(l ledger.Ledger) bool { return len(l.Members) == len(w.agents) })
}

// until waits for the pool's ledger to be so.
func (w *world) until(ctx context.Context, what string, so func(ledger.Ledger) bool) error {
	var last ledger.Ledger
	err := w.store(ctx, func(ctx context.Context, js jetstream.JetStream) error {
		kv, err := js.KeyValue(ctx, bootstrap.Ledger)
		if err != nil {
			return err
		}
		seen, err := kv.Watch(ctx, pool)
		if err != nil {
			return err
		}
		defer func() { _ = seen.Stop() }() // the connection closes next
		for {
			select {
			case e := <-seen.Updates():
				if e == nil {
					continue // that was all for now
				}
				l, err := ledger.Parse(e.Value())
				if last = l; err != nil || so(l) {
					return err
				}
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
	})
	if err != nil {
		return fmt.Errorf("wait for %s: %w; the ledger has %+v", what, err, last)
	}
	return nil
}

// revisions are all of the pool's ledger. It is an error if the store has not kept one.
func (w *world) revisions(ctx context.Context) ([]history.Revision, error) {
	var out []history.Revision
	err := w.store(ctx, func(ctx context.Context, js jetstream.JetStream) error {
		out = nil
		s, err := js.Stream(ctx, "KV_"+bootstrap.Ledger)
		if err != nil {
			return err
		}
		info := s.CachedInfo().State
		c, err := s.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{})
		if err != nil {
			return err
		}
		batch, err := c.Fetch(int(info.LastSeq), jetstream.FetchMaxWait(5*time.Second)) //nolint:gosec // thousands
		if err != nil {
			return err
		}
		for next := uint64(1); next <= info.LastSeq; next++ {
			r, err := revision(<-batch.Messages(), next)
			if err != nil {
				return errors.Join(err, batch.Error())
			}
			out = append(out, r)
		}
		return nil
	})
	return out, err
}

// revision reads one, if it is that with this number; m is nil where there is none.
func revision(m jetstream.Msg, number uint64) (history.Revision, error) {
	if m == nil {
		return history.Revision{}, fmt.Errorf("read revision %d: it does not come", number)
	}
	meta, err := m.Metadata()
	if err != nil {
		return history.Revision{}, err
	}
	l, err := ledger.Parse(m.Data())
	if err != nil || meta.Sequence.Stream != number {
		return history.Revision{}, errors.Join(fmt.Errorf("read revision %d: got %d", number, meta.Sequence.Stream), err)
	}
	return history.Revision{At: meta.Timestamp, Ledger: l}, nil
}

// check decides on all that has happened so far, which it gives.
func (w *world) check(ctx context.Context) (revisions []history.Revision, lines []effector.Line, err error) {
	if revisions, err = w.revisions(ctx); err != nil {
		return nil, nil, err
	}
	if lines, err = effector.Read(w.log()); err != nil {
		return nil, nil, err
	}
	return revisions, lines, history.Check(revisions, lines, filepath.Join(w.dir, "history.html"))
}
