package netbond

import (
	"context"
	"slices"
	"time"
)

const (
	// detailed is how long what the helper told of LACP ports is kept: who answers on a port changes when somebody moves a cable.
	detailed = time.Minute

	// detailWithin is how long the helper may take. No verdict waits for what it tells.
	detailWithin = 500 * time.Millisecond
)

// details is what the helper told of a bond; nothing, if it did not.
type details struct {
	text string
	at   time.Time
}

// detail adds to b who answers on its LACP ports, as the helper knows it: the kernel hides that from those who may not
// administer the network.
func (c *Collector) detail(ctx context.Context, b *Bond, now time.Time) {
	hidden := b.Mode.Value == LACP && !slices.ContainsFunc(b.Members, func(m Member) bool { return m.Peer.Known })
	if c.helper == nil || !hidden {
		return
	}
	told, asked := c.details[b.Index]
	if !asked || now.Sub(told.at) >= detailed {
		ctx, cancel := context.WithTimeout(ctx, detailWithin)
		defer cancel()
		text, err := c.helper.LACP(ctx, b.Name)
		if err != nil {
			text = "" // it is evidence beside other evidence: it is missing, and nothing else is
		}
		told = details{text, now}
		c.details[b.Index] = told
	}
	ports := parseReport(told.text)
	for i := range b.Members {
		m := &b.Members[i]
		if p := ports[m.Name]; p.detail {
			m.Peer, m.PeerSeen = known(p.peer), told.at
			m.PeerAt = "plimsoll-priv: " + reports + "/" + b.Name + " " + m.Name + " " + partnerBlock
		}
	}
}
