package agent

import (
	"plimsoll/internal/config"
	"plimsoll/internal/sysfs"
	"plimsoll/netbond"
	"plimsoll/netbond/paths"
)

// bonds says where bonds are read and who listens on their members. The helper is this machine's, and knows nothing of a
// captured host.
func bonds(o Options, links netbond.Dump, sys, proc sysfs.FS, helper netbond.Helper) netbond.Config {
	c := netbond.Config{Dump: links, Sys: sys, Proc: proc}
	if !captured(o) {
		c.Helper, c.Listen, c.Probes = helper, o.Config.Helper.PacketSocket, probes(o.Config.Probes)
	}
	return c
}

// probes are the probes of the configuration, in the room's words.
func probes(all []config.Probe) map[string]paths.Probing {
	out := map[string]paths.Probing{}
	for _, p := range all {
		asked := paths.Probing{Every: p.Every, Enough: p.MinTargets}
		for _, s := range p.Targets {
			if address, vlan, ok := config.ParseTarget(s); ok { // the file was checked
				asked.Targets = append(asked.Targets, paths.Target{Address: address, VLAN: vlan})
			}
		}
		out[p.Bond] = asked
	}
	return out
}
