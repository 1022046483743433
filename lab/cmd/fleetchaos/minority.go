package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"plimsoll/fleet"
	"plimsoll/fleet/bootstrap"
	"plimsoll/fleet/ledger"
	"plimsoll/lab/netns"
	"plimsoll/lab/site"
)

// edge is a host with plimsolld, which watches two services of two members each, of which one has to work. A member works while a
// file is there. For web, where it survives nothing more, there are two hooks: one of host reach, one of fleet reach.
type edge struct {
	*world
	node
	dir  string
	told []string // ids of all events that the agent has told so far, in order
}

const edgeConfiguration = `version: 1
mode: enforce
boot_grace: 0s
host: {name: edge}
listen: ""
socket: %[1]s/socket
state: %[1]s/state
nats: {urls: %[2]s, fleet: %[3]s, credentials: %[4]s}
fleet: {register: true, pools: [%[5]s]}
flap: {count: 0}
services:
- name: web
  members:
  - {name: a, check: {exec: [/usr/bin/test, -e, %[1]s/a], interval: 1s, rise: 1, fall: 1}}
  - {name: b, check: {exec: [/usr/bin/test, -e, %[1]s/b], interval: 1s, rise: 1, fall: 1}}
- name: restless
  members:
  - {name: c, check: {exec: [/usr/bin/test, -e, %[1]s/c], interval: 1s, rise: 1, fall: 1}}
  - {name: d, check: {exec: [/usr/bin/test, -e, %[1]s/d], interval: 1s, rise: 1, fall: 1}}
hooks:
  near: {argv: [/bin/sh, -c, "cat >>%[1]s/near; echo >>%[1]s/near"]}
  far: {argv: [/bin/sh, -c, "cat >>%[1]s/far; echo >>%[1]s/far"]}
policy:
- {name: near, when: {kind: service, group: web, status: [Lost]}, do: hook, hook: near}
- {name: far, when: {kind: service, group: web, status: [Lost]}, do: hook, hook: far, reach: fleet, pool: %[5]s}
`

// edge starts the host, well, and waits for it to be a member.
func (w *world) edge(ctx context.Context) (*edge, error) {
	e := &edge{world: w, dir: filepath.Join(w.dir, "edge")}
	if err := os.MkdirAll(filepath.Join(e.dir, "state"), 0o700); err != nil {
		return nil, err
	}
	for _, member := range []string{"a", "b", "c", "d"} {
		if err := e.mend(member); err != nil {
			return nil, err
		}
	}
	cfg, err := w.site.Config(bootstrap.Host, "edge")
	if err != nil {
		return nil, err
	}
	urls, err := json.Marshal(w.site.URLs())
	if err != nil {
		return nil, err
	}
	config := filepath.Join(e.dir, "plimsoll.yaml")
	text := fmt.Appendf(nil, edgeConfiguration, e.dir, urls, site.Fleet, cfg.Credentials, pool)
	if err := os.WriteFile(config, text, 0o600); err != nil {
		return nil, err
	}
	h, err := w.net.Join(ctx, "edge")
	if err != nil {
		return nil, err
	}
	program, err := w.program("plimsolld")
	if err != nil {
		return nil, err
	}
	e.node = node{h, site.NewProcess("edge", filepath.Join(e.dir, "log"), h.In(program, "--config", config)...)}
	if err := e.Start(); err != nil {
		return nil, err
	}
	return e, w.until(ctx, "the host to be a member", func(l ledger.Ledger) bool { return slices.Contains(l.Members, "edge") })
}

// hurt has a member not work, and mend work again. Each waits for as long as it takes to be seen.
func (e *edge) hurt(member string) error {
	err := os.Remove(filepath.Join(e.dir, member))
	rest(seen)
	return err
}

func (e *edge) mend(member string) error {
	err := os.WriteFile(filepath.Join(e.dir, member), nil, 0o600)
	rest(seen)
	return err
}

// seen is longer than a check's interval.
const seen = 2 * time.Second

// hooked is how often a hook has run.
func (e *edge) hooked(name string) (int, error) {
	text, err := os.ReadFile(filepath.Join(e.dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	return bytes.Count(text, []byte("plimsoll.hook/1")), err
}

// ran waits for a hook to have run once.
func (e *edge) ran(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		n, err := e.hooked(name)
		if err != nil || n > 0 {
			return err
		}
		rest(100 * time.Millisecond)
		if ctx.Err() != nil {
			return fmt.Errorf("the hook %s does not run\n%s", name, e.LastWords())
		}
	}
}

// minority: a host and one of three servers are parted from all others. Meanwhile what reaches the host alone goes on and what
// reaches others does not; afterwards that is done too, and all events arrive once, in order.
func (w *world) minority(ctx context.Context) error {
	e, err := w.edge(ctx)
	if err != nil {
		return err
	}
	away := []node{e.node, w.servers[2]}
	for _, n := range away {
		if err := w.net.Plug(ctx, n.Host, netns.Right); err != nil {
			return err
		}
	}
	if err := e.alone(ctx); err != nil {
		return err
	}
	for _, n := range away {
		if err := w.net.Plug(ctx, n.Host, netns.Left); err != nil {
			return err
		}
	}
	if err := e.ran(ctx, "far"); err != nil {
		return err
	}
	if err := e.mend("b"); err != nil {
		return err
	}
	if err := w.empty(ctx); err != nil {
		return err
	}
	n, err := e.delivered(ctx)
	if err == nil {
		fmt.Printf("%s alone: %d events arrived once, in order\n", w.lasts, n)
	}
	return err
}

// alone is what happens while the host is parted from the others.
func (e *edge) alone(ctx context.Context) error {
	if err := e.hurt("b"); err != nil {
		return err
	}
	if err := e.ran(ctx, "near"); err != nil {
		return err
	}
	for end := time.Now().Add(e.lasts); time.Now().Before(end) && ctx.Err() == nil; {
		if err := errors.Join(e.hurt("d"), e.mend("d"), e.listen(ctx)); err != nil {
			return err
		}
	}
	n, err := e.hooked("far")
	if err == nil && n != 0 {
		return errors.New("what reaches others was done by a minority")
	}
	return err
}

// delivered waits for the stream to have what the agent has told, and compares both.
func (e *edge) delivered(ctx context.Context) (int, error) {
	err := e.store(ctx, func(ctx context.Context, js jetstream.JetStream) error {
		if err := e.listen(ctx); err != nil {
			return err
		}
		got, err := streamed(ctx, js)
		if err != nil {
			return err
		}
		if !slices.Equal(e.told, got) {
			return fmt.Errorf("the agent has told %d events, the stream has %d:\n%s\n\n%s", len(e.told), len(got),
				strings.Join(e.told, "\n"), strings.Join(got, "\n"))
		}
		return nil
	})
	return len(e.told), err
}

// listen takes in what the agent has told since it was listened to last. The agent keeps some hundreds of events to be asked for.
func (e *edge) listen(ctx context.Context) error {
	program, err := e.program("plimsoll")
	if err != nil {
		return err
	}
	text, err := exec.CommandContext(ctx, program, "--socket", filepath.Join(e.dir, "socket"), "events", "--json").Output()
	if err != nil {
		return fmt.Errorf("plimsoll events: %w", err)
	}
	var ids []string
	for d := json.NewDecoder(bytes.NewReader(text)); d.More(); {
		var event struct {
			ID string `json:"id"`
		}
		if err := d.Decode(&event); err != nil {
			return err
		}
		ids = append(ids, event.ID)
	}
	if n := len(e.told); n > 0 {
		i := slices.Index(ids, e.told[n-1])
		if i < 0 {
			return errors.New("plimsoll events: some were missed")
		}
		ids = ids[i+1:]
	}
	e.told = append(e.told, ids...)
	return nil
}

// streamed are the ids of what the stream has of the host.
func streamed(ctx context.Context, js jetstream.JetStream) ([]string, error) {
	s, err := js.Stream(ctx, bootstrap.Stream)
	if err != nil {
		return nil, err
	}
	subject := "plimsoll.v1." + site.Fleet + ".edge.event.>"
	info, err := s.Info(ctx, jetstream.WithSubjectFilter(subject))
	if err != nil {
		return nil, err
	}
	want := uint64(0)
	for _, n := range info.State.Subjects {
		want += n
	}
	c, err := s.OrderedConsumer(ctx, jetstream.OrderedConsumerConfig{FilterSubjects: []string{subject}})
	if err != nil {
		return nil, err
	}
	batch, err := c.Fetch(int(want), jetstream.FetchMaxWait(5*time.Second)) //nolint:gosec // thousands
	if err != nil {
		return nil, err
	}
	var ids []string
	for m := range batch.Messages() {
		var e fleet.Envelope
		if err := json.Unmarshal(m.Data(), &e); err != nil {
			return nil, err
		}
		ids = append(ids, e.ID)
	}
	return ids, batch.Error()
}
