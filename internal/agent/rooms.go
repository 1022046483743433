package agent

import (
	"maps"
	"slices"

	"plimsoll/actions"
	"plimsoll/collectors"
	"plimsoll/disk"
	"plimsoll/hwmon"
	"plimsoll/internal/config"
	"plimsoll/internal/hook"
	"plimsoll/internal/lldp"
	"plimsoll/internal/priv"
	"plimsoll/internal/sysfs"
	"plimsoll/internal/topology"
	"plimsoll/multipath"
	"plimsoll/netbond"
	"plimsoll/power"
	"plimsoll/raid"
	"plimsoll/redundancy"
	"plimsoll/service"
)

// runtimeFiles is where daemons keep what they tell of themselves.
const runtimeFiles = "/run"

// source is one thing to watch.
type source struct {
	collector collectors.Collector
	look      config.Look
	asks      chan redundancy.ID // groups that need a look that begins now
}

// maxAsks is how many groups can be waiting for a look of one source. Who is not heard asks again a moment later.
const maxAsks = 16

// ways are what the rooms can do.
func ways() []actions.Way {
	return append(slices.Concat(netbond.Ways(), service.Ways(), raid.Ways()), append(actions.SignalWays(), actions.HookWay())...)
}

// host is what there is to watch, and the hands for it.
type host struct {
	sources   []source
	operators map[actions.Verb]actions.Operator // none in mode observe
	hooks     map[string]hook.Hook              // likewise
}

// rooms lists the rooms by name: to add a kind, add a line.
func rooms(o Options) host {
	sys, proc := sysfs.New(o.Config.Path.Sysfs), sysfs.New(o.Config.Path.Procfs)
	stack := topology.Config{Sys: sys, Proc: proc, Routes: topology.ReadRoutes}
	links, run := netbond.FromKernel(), sysfs.New(runtimeFiles)
	if captured(o) { // this machine's links, routes and daemons are not that host's, of whose daemons nothing is captured
		links, run, stack.Routes = netbond.FromCapture(o.Links), sysfs.New(""), nil
	}
	stack.Run = run
	helper := priv.NewClient(priv.Hands.Socket())
	bonds := netbond.New(bonds(o, links, sys, proc, helper))
	units := service.New(services(o, proc))
	arrays := raid.New(raid.Config{Sys: sys, Proc: proc, Run: run, Pool: pool(o.Config.Helper.Raid.Pool)})
	h := host{sources: []source{
		{collector: arrays, look: o.Config.Looks.Raid},
		{collector: bonds, look: o.Config.Looks.Bond},
		{collector: disk.New(disks(o, sys)), look: o.Config.Looks.Disk},
		{collector: lldp.New(lldp.Config{Sys: sys, Run: run, Ask: lldp.AskLLDPD}), look: o.Config.Looks.LLDP},
		{collector: topology.New(stack), look: o.Config.Looks.Topology},
		{collector: power.New(supplies(o, sys)), look: o.Config.Looks.Power},
		{collector: power.NewLine(power.LineConfig{Sys: sys, Settings: supplies(o, sys).Settings}), look: o.Config.Looks.Power},
		{collector: hwmon.New(hwmon.Config{Sys: sys}), look: o.Config.Looks.Hwmon},
		{collector: multipath.New(multipaths(o, sys)), look: o.Config.Looks.Multipath},
	}}
	if len(o.Config.Services) > 0 { // a source of nothing would be looked at all the same
		h.sources = append(h.sources, source{collector: units, look: o.Config.Looks.Service})
	}
	if o.Config.Mode == config.ModeEnforce && !captured(o) { // nothing is done to this host for what another one's files tell
		h.operators = bonds.Operators(helper)
		maps.Copy(h.operators, units.Operators(helper))
		maps.Copy(h.operators, signalOperators())
		maps.Copy(h.operators, arrays.Operators(priv.NewClient(priv.Arrays.Socket())))
		h.hooks = hooks(o.Config.Hooks)
	}
	return h
}

// pool are the disks that arrays may be given.
func pool(names []string) []redundancy.ID {
	out := make([]redundancy.ID, len(names))
	for i, name := range names {
		out[i] = redundancy.ID(name)
	}
	return out
}

// captured says whether the host that is looked at is not this machine, but files that were taken from one. This machine's
// sysfs may be mounted elsewhere too, as it is in a container.
func captured(o Options) bool {
	return o.Links != "" || o.Config.Path.Sysfs != config.Default().Path.Sysfs && !sysfs.New(o.Config.Path.Sysfs).Live()
}
