package priv

import "slices"

// Verb is one thing that the helper can be asked to do.
type Verb string

// The verbs. They are an interface between two programs that may be of different versions: none changes its meaning.
const (
	BondLACP         Verb = "bond.lacp"
	BondPacketSocket Verb = "bond.packet_socket"
	BondSetActive    Verb = "bond.set_active"
	DiskLook         Verb = "disk.look"
	DiskSmartctl     Verb = "disk.smartctl"
	IPMIRead         Verb = "ipmi.read"
	MultipathStatus  Verb = "multipath.status"
	RaidAddSpare     Verb = "raid.add_spare"
	RaidEvict        Verb = "raid.evict"
	RaidReadmit      Verb = "raid.readmit"
	RaidReplace      Verb = "raid.replace"
	UnitRestart      Verb = "unit.restart"
	UnitStop         Verb = "unit.stop"
)

// Part is one of the processes that the helper is: each has a unit of its own, with what its verbs need and no more.
type Part string

// The parts. Senses only read hardware. Such a read may never return, and takes privilege that nothing else has any use for:
// neither may come between a failover and its deed. Arrays change md arrays, which takes disks that can be written and mdadm. Second
// only runs smartctl, which takes more than the senses may have: other people's code and libraries, and disks that are open for writing.
const (
	Hands  Part = "hands"
	Senses Part = "senses"
	Arrays Part = "arrays"
	Second Part = "second"
)

// Parts are all parts.
func Parts() []Part { return []Part{Hands, Senses, Arrays, Second} }

// Unit is the name of the part's service and socket in systemd, without their suffix; empty for a part that does not exist.
func (p Part) Unit() string {
	switch p {
	case Hands:
		return "plimsoll-priv"
	case Senses:
		return "plimsoll-sense"
	case Second:
		return "plimsoll-smart"
	case Arrays:
		return "plimsoll-raid"
	default:
		return ""
	}
}

// Socket is where the part listens, as its unit says.
func (p Part) Socket() string { return "/run/" + p.Unit() + ".sock" }

// Entry is one verb as docs/security.md tells of it.
type Entry struct {
	Verb   Verb
	Part   Part   // which of the two processes knows it
	Writes bool   // changes the host: there in mode enforce only, and carries an [Effect]
	Takes  string // the fields of a request, beside verb and version
	Allows string // the key of the configuration that lists what it may be used on; empty: anything of its kind
	Does   string // what it does and what it takes to be allowed to
	Why    string // why the agent cannot do without
}

// Vocabulary is every verb there is, sorted.
func Vocabulary() []Entry {
	return slices.Concat([]Entry{
		{
			Verb: BondLACP, Part: Hands, Takes: "bond",
			Does: "Reads /proc/net/bonding/BOND as the kernel shows it to CAP_NET_ADMIN, and hands over the text.",
			Why:  "The kernel hides the LACP partner's and the ports' details (system, key, port priority and state) from others, and rtnetlink has only a part of them.",
		},
		{
			Verb: BondPacketSocket, Part: Hands, Takes: "bond, member, hear", Allows: "helper.packet_socket",
			Does: "Opens a packet socket (CAP_NET_RAW) bound to MEMBER, which must be one of BOND's, and hands it over. A filter, locked before the socket hears anything, lets ARP of this member, its bond and the links on top of that through and nothing else.",
			Why:  "Whether a standby's path carries shows only on the member itself: in what it hears, and in who answers a probe sent through it.",
		},
		{
			Verb: BondSetActive, Part: Hands, Writes: true, Takes: "bond, member, effect", Allows: "helper.set_active",
			Does: "Writes MEMBER to active_slave of BOND. Refused unless the bond is active-backup, not monitored by ARP, would not be moved back at once (primary_reselect), and MEMBER is one of its members with its link up.",
			Why:  "A path that is dead behind a link that is up: the kernel sees nothing wrong and stays.",
		},
		{
			Verb: DiskLook, Part: Senses, Takes: "device",
			Does: "Reads what DEVICE says of its own health and hands over the pages: of an ATA disk SMART's status, data and thresholds, of a SCSI disk its sense data and log pages, of an NVMe controller its SMART log, and who it is. A disk that can sleep is first asked whether it does, by a command that does not wake it, and is left alone if so. Refused for what is no disk, is behind USB, or is being looked at already.",
			Why:  "The kernel lets commands of the disks' own through to CAP_SYS_RAWIO (ATA) and CAP_SYS_ADMIN (NVMe) alone, and shows no health of theirs in sysfs.",
		},
		{
			Verb: DiskSmartctl, Part: Second, Takes: "device", Allows: "disk.ask_smartctl",
			Does: "Runs smartctl(8) once on DEVICE, a disk as disk.look takes it or one that disk.behind lists, and hands over what it wrote: `smartctl --json=c --nocheck=standby,3 --info --health --attributes --device=TYPE NODE`, where TYPE and NODE follow from DEVICE. A disk that sleeps is left alone as by disk.look. It has half a minute and 40 KiB, and one runs for each disk at most.",
			Why:  "It reaches disks that hardware RAID hides, knows makers' names of attributes, and is a second opinion.",
		},
		{
			Verb: IPMIRead, Part: Senses, Takes: "commands",
			Does: "Sends COMMANDS to the BMC behind /dev/ipmi0, one after the other, and hands over the answers. Each must be one of a list that only reads: sensors, their records, inventories, the event log, the power that is taken. One command is under way at a time, for the whole process; after three seconds without an answer no more is sent until it has come or the driver has given up.",
			Why:  "The device belongs to root, and whoever opens it could as well switch the host off.",
		},
		{
			Verb: MultipathStatus, Part: Senses, Takes: "uuid",
			Does: "Asks device-mapper (DM_TABLE_STATUS on /dev/mapper/control) for the status of the multipath device with UUID, and hands over the kernel's text. Refused for a device of any other target.",
			Why:  "Which paths device-mapper has given up stands in no attribute, and its control device answers CAP_SYS_ADMIN alone.",
		},
	}, ofArrays(), []Entry{
		{
			Verb: UnitRestart, Part: Hands, Writes: true, Takes: "unit, effect", Allows: "helper.restart",
			Does: "Asks systemd over its private socket to restart UNIT, a service, and waits for the job to end. Refused while it is neither active, inactive nor failed.",
			Why:  "A service that hangs does not end, so systemd does not start it again.",
		},
		{
			Verb: UnitStop, Part: Hands, Writes: true, Takes: "unit, effect", Allows: "helper.stop",
			Does: "Asks systemd to stop UNIT, a service, and waits for the job to end. Refused while it is not active.",
			Why:  "A sick instance among healthy ones answers some of the requests, wrongly.",
		},
	})
}

// Known is the entry of verb.
func Known(verb Verb) (Entry, bool) {
	all := Vocabulary()
	i := slices.IndexFunc(all, func(e Entry) bool { return e.Verb == verb })
	if i < 0 {
		return Entry{}, false
	}
	return all[i], true
}
