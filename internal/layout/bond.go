package layout

import (
	"slices"
	"strings"

	"plimsoll/redundancy"
)

// option is a setting of a bond: its name in sysfs, which ip-link(8) has too, and what the kernel wants of the bond to take it.
type option struct {
	key  string
	off  string // the value that is as good as not to name it
	down bool   // only while the bond is down
	bare bool   // only while it has no members
}

// options, in an order in which the kernel takes them: the delays ask for miimon, and most for the mode.
func options() []option {
	return []option{
		{key: "mode", bare: true, down: true},
		{key: "miimon", off: "0"},
		{key: "arp_interval", off: "0"},
		{key: "updelay", off: "0"},
		{key: "downdelay", off: "0"},
		{key: "fail_over_mac", off: "none", bare: true},
		{key: "min_links", off: "0"},
		{key: "ad_select", off: "stable", down: true},
		{key: "lacp_rate", off: "slow", down: true},
		{key: "xmit_hash_policy", off: "layer2"},
	}
}

const keyPrimary, keyReselect, noPrimary = "primary", "primary_reselect", "none"

func makeBond(p *Plan, k redundancy.Known) {
	words := []string{"ip", "link", "add", k.Name, "type", "bond"}
	for _, o := range options() {
		if v := k.Settings[o.key]; v != "" && v != o.off {
			words = append(words, o.key, v)
		}
	}
	p.run(words...)
	for _, name := range links(k) {
		enslave(p, k.Name, name)
	}
	if primary := k.Settings[keyPrimary]; primary != "" && primary != noPrimary {
		words := []string{"ip", "link", "set", k.Name, "type", "bond", keyPrimary, primary}
		if r := k.Settings[keyReselect]; r != "" {
			words = append(words, keyReselect, r)
		}
		p.run(words...)
	}
	p.run("ip", "link", "set", k.Name, "up")
	if v := k.Settings["arp_interval"]; v != "" && v != "0" {
		p.note("%s watches its paths by ARP: its arp_ip_target is not known here", k.Name)
	}
	p.note("%s: its addresses and routes, and that it is made at boot, are for the host's own network configuration", k.Name)
}

func enslave(p *Plan, bond, link string) {
	p.run("ip", "link", "set", link, "down")
	p.run("ip", "link", "set", link, "master", bond)
}

// links are the names of a bond's members, in the order of those names.
func links(k redundancy.Known) []string {
	var all []string
	for _, id := range k.Members {
		if name := k.Names[id]; name != "" {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}

func restoreBond(p *Plan, was, is redundancy.Known) {
	changed := func(key string) bool {
		before, now := was.Settings[key], is.Settings[key]
		return before != "" && now != "" && before != now
	}
	var words []string
	down, bare := false, false
	for _, o := range options() {
		if changed(o.key) {
			words = append(words, o.key, was.Settings[o.key])
			down, bare = down || o.down, bare || o.bare
		}
	}
	if bare {
		p.note("%s carries nothing while this is done: not over a connection that it carries", is.Name)
		for _, name := range links(is) {
			p.run("ip", "link", "set", name, "nomaster")
		}
	} else if down {
		p.note("%s carries nothing for a moment: not over a connection that it carries", is.Name)
	}
	if down {
		p.run("ip", "link", "set", is.Name, "down")
	}
	if len(words) > 0 {
		p.run(append([]string{"ip", "link", "set", is.Name, "type", "bond"}, words...)...)
	}
	for _, name := range links(was) {
		if bare || !slices.Contains(links(is), name) {
			enslave(p, is.Name, name)
		}
	}
	restorePrimary(p, was, is)
	if down {
		p.run("ip", "link", "set", is.Name, "up")
	}
}

// restorePrimary is last but one: the primary has to be a member.
func restorePrimary(p *Plan, was, is redundancy.Known) {
	primary, now := was.Settings[keyPrimary], is.Settings[keyPrimary]
	if primary == noPrimary && now != "" && now != noPrimary {
		p.Commands = append(p.Commands, "echo > /sys/class/net/"+quote(is.Name)+"/bonding/primary")
		return
	}
	var words []string
	if primary != "" && primary != noPrimary && now != primary {
		words = append(words, keyPrimary, primary)
	}
	if r := was.Settings[keyReselect]; r != "" && is.Settings[keyReselect] != "" && r != is.Settings[keyReselect] {
		words = append(words, keyReselect, r)
	}
	if len(words) > 0 {
		p.Commands = append(p.Commands, "ip link set "+quote(is.Name)+" type bond "+strings.Join(words, " "))
	}
}
