package netbond

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"

	"plimsoll/actions"
	"plimsoll/internal/deed"
	"plimsoll/internal/priv"
	"plimsoll/internal/sysfs"
	"plimsoll/redundancy"
)

// Helper is the privileged helper, as far as this room asks it.
type Helper interface {
	// SetActive makes member the active one of a bond.
	SetActive(ctx context.Context, bond, member string, e priv.Effect) (priv.Answer, error)
	// PacketSocket is a packet socket bound to a member of a bond, through which ARP alone comes.
	PacketSocket(ctx context.Context, bond, member string, hear priv.Hearing) (*os.File, error)
	// LACP is what the kernel tells of a bond to those who may administer the network.
	LACP(ctx context.Context, bond string) (string, error)
}

// Operators carry out the verbs of Ways. They look at the bonds for themselves, over a socket of their own.
func (c *Collector) Operators(h Helper) map[actions.Verb]actions.Operator {
	m := &mover{helper: h, dump: FromKernel(), proc: c.proc, heard: &c.heard}
	return map[actions.Verb]actions.Operator{actions.BondFailover: m, actions.BondFailback: m}
}

// mover makes another member of a bond the active one.
type mover struct {
	helper Helper
	proc   sysfs.FS
	heard  *announcements

	mu   sync.Mutex // held for one dump: they share a socket
	dump Dump
}

// Do has the helper make a.To the active member, if a.From still is. ctx has to have a deadline. An error with
// actions.ErrNotBegun says that nothing was done; after any other only a look can tell.
func (m *mover) Do(ctx context.Context, a actions.Action) error {
	b, err := m.find(ctx, a.Group)
	if err != nil {
		return deed.NotBegun(err)
	}
	from, to := b.memberWith(a.From), b.memberWith(a.To)
	switch {
	case to == nil:
		return deed.NotBegun(fmt.Errorf("%s is no member of %s any more", a.To, b.Name))
	case is(b.Active, uint32(to.Index)):
		return nil // done already
	case from == nil || !is(b.Active, uint32(from.Index)):
		return deed.NotBegun(fmt.Errorf("the active member of %s is no longer %s", b.Name, a.From))
	}
	e, err := deed.Effect(ctx, a, m.proc, priv.State{Active: from.Name})
	if err != nil {
		return err
	}
	announced := m.witness(ctx, b, *to)
	defer announced.close()
	answer, err := m.helper.SetActive(ctx, b.Name, to.Name, e)
	if err := deed.Answered(fmt.Sprintf("make %s active in %s", to.Name, b.Name), answer, err); err != nil {
		return err
	}
	announced.tell(ctx, m.heard)
	return nil
}

// find reads the bond that this group is.
func (m *mover) find(ctx context.Context, id redundancy.ID) (Bond, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	links, err := m.dump(ctx)
	if err != nil {
		return Bond{}, err
	}
	bonds, _ := Parse(links) // what could not be read shows in what is missing
	i := slices.IndexFunc(bonds, func(b Bond) bool { return b.id() == id })
	if i < 0 {
		return Bond{}, fmt.Errorf("%s is gone", id)
	}
	return bonds[i], nil
}

// memberWith is the member with this id; nil: there is none.
func (b Bond) memberWith(id redundancy.ID) *Member {
	for i := range b.Members {
		if b.memberID(b.Members[i]) == id {
			return &b.Members[i]
		}
	}
	return nil
}
