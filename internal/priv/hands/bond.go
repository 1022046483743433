package hands

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"

	"plimsoll/internal/priv"
	"plimsoll/internal/sysfs"
)

// bondFacts are the attributes of a bond that decide whether its active member may be changed, as the kernel words them.
type bondFacts struct {
	mode     string // "active-backup 1"
	active   string // empty: none
	members  []string
	arp      string // arp_interval, in milliseconds
	primary  string // empty: none
	reselect string // "always 0"
	mii      string // of the member to become active: "up"
}

// unfit says why member may not be made the active one of a bond like this; nil: it may.
func (f bondFacts) unfit(bond, member string) error {
	mode, _, _ := strings.Cut(f.mode, " ")
	reselect, _, _ := strings.Cut(f.reselect, " ")
	switch {
	case mode != "active-backup":
		return priv.Refuse(priv.ReasonUnfit, "%s is %s: only active-backup has one active member to choose", bond, mode)
	case !slices.Contains(f.members, member):
		return priv.Refuse(priv.ReasonUnfit, "%s is no member of %s", member, bond)
	case f.active == member:
		return priv.Refuse(priv.ReasonUnfit, "%s is the active member of %s already", member, bond)
	case f.mii != "up":
		return priv.Refuse(priv.ReasonUnfit, "the link of %s is %s", member, f.mii)
	case f.arp != "0":
		return priv.Refuse(priv.ReasonUnfit, "%s is monitored by ARP (arp_interval %s): the kernel looks after its paths", bond, f.arp)
	case reselect == "always" && f.primary != "" && f.primary != member:
		return priv.Refuse(priv.ReasonUnfit, "primary_reselect is always and %s is primary: the kernel would move %s back", f.primary, bond)
	}
	return nil
}

// openBond is the directory of a bond's attributes; one incarnation of the bond, whatever is done to its name meanwhile.
func (h *Hands) openBond(bond string) (*sysfs.Dir, error) {
	d, err := h.world.Sysfs.Open("class/net/" + bond + "/bonding")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, priv.Refuse(priv.ReasonUnfit, "%s is no bond of this host", bond)
	}
	if err != nil {
		return nil, priv.Refuse(priv.ReasonUnread, "%w", err)
	}
	return d, nil
}

// readBond reads the facts of the bond in d, with those of member.
func (h *Hands) readBond(d *sysfs.Dir, member string) (bondFacts, error) {
	var f bondFacts
	var members string
	for name, to := range map[string]*string{
		"mode": &f.mode, "active_slave": &f.active, "slaves": &members, "arp_interval": &f.arp, "primary": &f.primary,
		"primary_reselect": &f.reselect,
	} {
		value, err := d.Read(name)
		if err != nil {
			return f, priv.Refuse(priv.ReasonUnread, "%w", err)
		}
		*to = value
	}
	f.members = strings.Fields(members)
	if !slices.Contains(f.members, member) {
		return f, nil // its link is not asked for: it may be anybody's
	}
	mii, err := h.world.Sysfs.Read("class/net/" + member + "/bonding_slave/mii_status")
	if err != nil {
		return f, priv.Refuse(priv.ReasonUnread, "%w", err)
	}
	f.mii = mii
	return f, nil
}

// setActive makes a member the active one.
func (h *Hands) setActive(ctx context.Context, r priv.Request) (priv.Answer, *os.File, error) {
	d, err := h.openBond(r.Bond)
	if err != nil {
		return priv.Answer{}, nil, err
	}
	defer d.Close()
	a, err := h.carry(ctx, r, effect{
		thing: "bond " + r.Bond,
		look: func(context.Context) (priv.State, error) {
			f, err := h.readBond(d, r.Member)
			if err != nil {
				return priv.State{}, err
			}
			if f.active != r.Effect.Expect.Active {
				return priv.State{Active: f.active}, nil // changed, whatever else there is to say
			}
			return priv.State{Active: f.active}, f.unfit(r.Bond, r.Member)
		},
		do: func(context.Context) (priv.Outcome, string) {
			// The kernel can refuse and do it all the same, and the other way round: the look after says which.
			if err := d.Write("active_slave", r.Member); err != nil {
				return priv.Failed, err.Error()
			}
			return priv.Done, ""
		},
		after: func(context.Context) (priv.State, error) {
			active, err := d.Read("active_slave")
			return priv.State{Active: active}, err
		},
	})
	return a, nil, err
}

// lacp hands over what the kernel says of a bond to those who may know.
func (h *Hands) lacp(_ context.Context, r priv.Request) (priv.Answer, *os.File, error) {
	d, err := h.openBond(r.Bond)
	if err != nil {
		return priv.Answer{}, nil, err
	}
	d.Close() // it is a bond: that is all there is to know of it here
	text, err := h.world.Procfs.ReadAll("net/bonding/" + r.Bond)
	switch {
	case err != nil:
		return priv.Answer{}, nil, priv.Refuse(priv.ReasonUnread, "%w", err)
	case len(text) > maxTold:
		return priv.Answer{}, nil, priv.Refuse(priv.ReasonUnread, "%d bytes about %s, more than an answer holds", len(text), r.Bond)
	}
	return priv.Answer{Outcome: priv.Done, Told: text}, nil, nil
}

// maxTold leaves room in an answer for the frame around the text, and for what JSON adds to it: a byte a line and a tab.
const maxTold = priv.MaxAnswer - priv.MaxAnswer/8
