package hands

import (
	"context"
	"log/slog"
	"os"
	"slices"
	"time"

	"plimsoll/internal/priv"
	"plimsoll/internal/sysfs"
)

// Allowed is what the configuration lets the helper do.
type Allowed struct {
	Writes       bool     // mode enforce: the verbs that change something exist
	SetActive    []string // bonds
	PacketSocket []string // bonds
	Restart      []string // units
	Stop         []string // units
	Smartctl     bool     // smartctl may be run
	Behind       []string // disks behind controllers on which it may
	Raid         Raid
}

// Raid is which md arrays may be changed and how: their UUIDs as the kernel writes them.
type Raid struct {
	Readmit, Replace, Evict, AddSpare []string

	Pool []string // the identities (wwn:…) of the disks that may be added
}

// Units is systemd.
type Units interface {
	// Open connects to it.
	Open(ctx context.Context) (Manager, error)
}

// Manager is systemd at the other end of a connection.
type Manager interface {
	// Look is the unit's state.
	Look(ctx context.Context, unit string) (priv.State, error)
	// Restart and Stop ask for a job and wait until it has ended; the result is systemd's word for how.
	Restart(ctx context.Context, unit string) (result string, err error)
	Stop(ctx context.Context, unit string) (result string, err error)
	Close()
}

// World is the host that the helper works on.
type World struct {
	Part   priv.Part // which verbs there are
	Sysfs  sysfs.FS
	Procfs sysfs.FS
	Freeze string // the file whose presence stops every effect
	Units  Units
	// Configured is what the configuration says now. It is asked for each request that needs leave.
	Configured func() (Allowed, error)
	// SinceBoot is the time by CLOCK_BOOTTIME.
	SinceBoot func() (time.Duration, error)
	// Open opens a packet socket; see packetSocket.
	Open func(s Socket) (*os.File, error)
	// Disk opens a disk. Only the senses need it.
	Disk func(n Node) (Disk, error)
	// BMC opens the way to the BMC. Only the senses need it.
	BMC func() (Line, error)
	// Multipath is the status of the multipath device with this uuid, in the kernel's words. Only the senses need it.
	Multipath func(uuid string) (string, error)
	// Smartctl runs smartctl with these arguments and is what it wrote. Only the second part needs it.
	Smartctl func(ctx context.Context, args ...string) ([]byte, error)
	// Run is where udev keeps what it knows, and Monotonic the clock that it goes by. Blank says why a disk is not; nil: it is.
	// Mdadm runs mdadm; an error says how it ended. Only the arrays need these.
	Run       sysfs.FS
	Monotonic func() (time.Duration, error)
	Blank     func(n Node) error
	Mdadm     func(ctx context.Context, args ...string) error
	Log       *slog.Logger
}

// Hands are the helper at work.
type Hands struct {
	world  World
	memory *memory
	bmc    *controller
}

// New is a helper for w.
func New(w World) *Hands { return &Hands{world: w, memory: newMemory(), bmc: newController(w.BMC)} }

// handler carries out one verb. The file, if any, goes with the answer and is then closed.
type handler func(ctx context.Context, r priv.Request) (priv.Answer, *os.File, error)

// verbs are those that exist in this part as things are configured. A verb that changes something is not among them in observe
// mode.
func (h *Hands) verbs(a Allowed) map[priv.Verb]handler {
	switch h.world.Part {
	case priv.Senses:
		return map[priv.Verb]handler{priv.DiskLook: h.look, priv.IPMIRead: h.ipmi, priv.MultipathStatus: h.multipath}
	case priv.Second:
		return map[priv.Verb]handler{priv.DiskSmartctl: a.smartctl(h.smartctl)}
	case priv.Arrays:
		return h.arrayVerbs(a)
	case priv.Hands:
	}
	all := map[priv.Verb]handler{
		priv.BondLACP:         h.lacp,
		priv.BondPacketSocket: allow(a.PacketSocket, bondOf, h.packetSocket),
	}
	if a.Writes {
		all[priv.BondSetActive] = allow(a.SetActive, bondOf, h.setActive)
		all[priv.UnitRestart] = allow(a.Restart, unitOf, h.restart)
		all[priv.UnitStop] = allow(a.Stop, unitOf, h.stop)
	}
	return all
}

// arrayVerbs are those of the arrays: all of them change something.
func (h *Hands) arrayVerbs(a Allowed) map[priv.Verb]handler {
	if !a.Writes {
		return nil
	}
	return map[priv.Verb]handler{
		priv.RaidAddSpare: allow(a.Raid.AddSpare, arrayOf, h.addSpare(a.Raid.Pool)),
		priv.RaidEvict:    allow(a.Raid.Evict, arrayOf, h.evict),
		priv.RaidReadmit:  allow(a.Raid.Readmit, arrayOf, h.readmit),
		priv.RaidReplace:  allow(a.Raid.Replace, arrayOf, h.replace),
	}
}

func bondOf(r priv.Request) string  { return r.Bond }
func unitOf(r priv.Request) string  { return r.Unit }
func arrayOf(r priv.Request) string { return r.Array }

// allow lets do act on what is listed, and on nothing else.
func allow(listed []string, of func(priv.Request) string, do handler) handler {
	return func(ctx context.Context, r priv.Request) (priv.Answer, *os.File, error) {
		if name := of(r); !slices.Contains(listed, name) {
			entry, _ := priv.Known(r.Verb)
			return priv.Answer{}, nil, priv.Refuse(priv.ReasonNotAllowed, "%s is not in %s of the configuration", name, entry.Allows)
		}
		return do(ctx, r)
	}
}

// Do carries out one request. An error is a *priv.RefusedError: nothing was done.
func (h *Hands) Do(ctx context.Context, r priv.Request) (priv.Answer, *os.File, error) {
	var allowed Allowed
	entry, _ := priv.Known(r.Verb)
	if entry.Part != h.world.Part {
		return priv.Answer{}, nil, priv.Refuse(priv.ReasonVocabulary, "%s is for %s", r.Verb, entry.Part.Unit())
	}
	if entry.Writes || entry.Allows != "" {
		var err error
		if allowed, err = h.world.Configured(); err != nil {
			return priv.Answer{}, nil, priv.Refuse(priv.ReasonNotAllowed, "%w", err)
		}
	}
	do, ok := h.verbs(allowed)[r.Verb]
	if !ok {
		return priv.Answer{}, nil, priv.Refuse(priv.ReasonVocabulary, "%s does not exist in mode observe", r.Verb)
	}
	return do(ctx, r)
}
