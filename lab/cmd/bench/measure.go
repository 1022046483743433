package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"plimsoll/lab"
	"plimsoll/lab/bench"
)

// measure does everything in one guest.
func measure(ctx context.Context, l *lab.Lab, p plan, page *bench.Page) (err error) {
	w, err := newWorld(ctx, l, l.Dir()+"/bench")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	if p.rounds > 0 {
		if page.Faults, err = w.faults(ctx, p.rounds); err != nil {
			return fmt.Errorf("measure faults: %w", err)
		}
	}
	if err := w.peers(ctx); err != nil {
		return err
	}
	if page.Scrapes, err = w.scrapes(ctx, p.scrapes); err != nil {
		return fmt.Errorf("measure scrapes: %w", err)
	}
	if page.Memory, err = w.memory(ctx); err != nil {
		return fmt.Errorf("measure memory: %w", err)
	}
	if page.Idle, err = w.idle(ctx, p.idle); err != nil {
		return fmt.Errorf("measure idle CPU: %w", err)
	}
	if page.Crowd, err = w.crowd(ctx, p.idle); err != nil {
		return fmt.Errorf("measure idle CPU with %d disks: %w", bench.CrowdDisks, err)
	}
	if p.profile > 0 {
		return w.profile(ctx, p.profile)
	}
	return nil
}

// faults makes them, with everybody listening.
func (w *world) faults(ctx context.Context, rounds int) (bench.Faults, error) {
	ears := []struct{ unit, command, priority string }{
		{"watch", program + " watch " + names, asAgent},
		{"floor", program + " floor " + w.url + " " + names, asAgent},
		{"alerts", program + " alerts " + workplace + "/fifo", asAgent},
		{"monitor", "mdadm --monitor --scan --config=none --program=" + workplace + "/alert", ""},
	}
	var out bench.Faults
	for _, e := range ears {
		if err := w.start(ctx, e.unit, e.command, e.priority); err != nil {
			return out, err
		}
	}
	command := []string{program, "faults", strconv.Itoa(rounds)}
	for array := range strings.FieldsSeq(names) {
		disks := arrays()[array]
		command = append(command, fmt.Sprintf("%s=%s,%s", array, disks[0], disks[1]))
	}
	// A round of four faults takes half a minute at worst, unless something is stuck.
	try, cancel := context.WithTimeout(ctx, 5*time.Minute+time.Duration(rounds)*time.Minute)
	defer cancel()
	if err := w.start(ctx, "faults", strings.Join(command, " ")); err != nil {
		return out, err
	}
	said, err := w.m.MustRun(try, "while systemctl is-active --quiet bench-faults; do sleep 1; done; systemctl is-failed --quiet bench-faults && journalctl -u bench-faults -o cat -n 5; true")
	if err == nil && said.Out != "" {
		err = errors.New(strings.TrimSpace(said.Out))
	}
	var told bench.Told
	told.Lines, err = collect[bench.Line](ctx, w, "faults", err)
	told.Watch, err = collect[bench.Heard](ctx, w, "watch", err)
	told.Floor, err = collect[bench.Heard](ctx, w, "floor", err)
	told.Alerts, err = collect[bench.Heard](ctx, w, "alerts", err)
	if _, stopErr := w.stop(ctx, "monitor"); err != nil || stopErr != nil {
		return out, errors.Join(err, stopErr)
	}
	if told.Events, err = w.events(ctx); err != nil {
		return out, err
	}
	return told.Pair(), nil
}

// collect ends a unit and reads what it told. An earlier error stays; what was told is kept in files all the same.
func collect[T any](ctx context.Context, w *world, unit string, earlier error) ([]T, error) {
	text, err := w.stop(ctx, unit)
	if err = errors.Join(earlier, err); err != nil {
		return nil, err
	}
	return lines[T](text)
}

// events are the agent's, as the stream holds them.
func (w *world) events(ctx context.Context) ([]bench.Event, error) {
	stream, err := w.nats.Read(ctx)
	if err != nil {
		return nil, err
	}
	if err := w.nats.Dump(w.dir + "/stream.jsonl"); err != nil {
		return nil, err
	}
	var all []bench.Event
	for _, e := range stream {
		array, _ := e.At("name")
		place := e.ID[strings.LastIndexByte(e.ID, '/')+1:]
		seq, err := strconv.ParseUint(place, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("event %s: %w", e.ID, err)
		}
		all = append(all, bench.Event{Type: e.Type, Array: array, Seq: seq, At: e.Time})
	}
	return all, nil
}
