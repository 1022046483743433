package agent

import (
	"maps"
	"slices"

	"plimsoll/internal/priv"
	"plimsoll/internal/sysfs"
	"plimsoll/power"
)

// supplies says where power supplies are looked for. Of a captured host there is no BMC to ask: the one behind this machine's
// /dev/ipmi0 is another one's.
func supplies(o Options, sys sysfs.FS) power.Config {
	c := power.Config{Sys: sys, Settings: power.Settings{
		Needed: o.Config.Power.Needed, Feeds: maps.Clone(o.Config.Power.Feeds), Names: maps.Clone(o.Config.Power.Names), Empty: slices.Clone(o.Config.Power.Empty),
	}}
	if !captured(o) {
		c.BMC = priv.NewClient(priv.Senses.Socket())
	}
	return c
}
