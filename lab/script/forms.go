package script

import (
	"regexp"
	"slices"
	"strings"
)

// The shapes of words.
var (
	diskName  = regexp.MustCompile(`^(sd[a-z][1-9]?|ram[0-7]|nvme[01]n1)$`)
	arrayName = regexp.MustCompile(`^md[0-9]{1,3}$`)
	ifName    = regexp.MustCompile(`^[a-z][a-z0-9]{1,14}$`)
	levelName = regexp.MustCompile(`^raid(0|1|4|5|6|10)$`)
	eventType = regexp.MustCompile(`^[a-z*]+\.[a-z*]+$`)
	pathValue = regexp.MustCompile(`^[a-z_.]+=.*$`)
)

// Form is one way to write a statement.
type Form struct {
	Words string // the leading words that tell it apart
	Usage string
	Help  string

	parse func(*args) Statement
	raw   func(string) (Statement, error) // instead of parse: takes the line as it is
}

// Forms are all statements of the language, in the order in which help lists
// them.
func Forms() []Form {
	return slices.Concat(worldForms(), networkForms(), hardwareForms(), agentForms(), guestForms(), askForms(), expectForms())
}

func worldForms() []Form {
	return []Form{
		{
			Words: "boot with", Usage: "boot with [root-on-dm] [root-on-md] [masked-md-rules] [second-card] [bmc] [drives] [battery]", Help: "what guest the script needs, drives being nvme0, nvme1 and the SATA disk sdi; without it the plain one, shared with other scripts",
			parse: parseBoot,
		},
		{
			Words: "array", Usage: "array NAME LEVEL DISK... [journal DISK] [spare DISK...]", Help: "make an md array, in sync, with a journal or else an internal bitmap where the level has one",
			parse: parseArray,
		},
		{Words: "fail", Usage: "fail ARRAY DISK", Help: "mdadm --fail", parse: parseMD("fail")},
		{Words: "remove", Usage: "remove ARRAY DISK", Help: "mdadm --remove", parse: parseMD("remove")},
		{Words: "add", Usage: "add ARRAY DISK", Help: "mdadm --add", parse: parseMD("add")},
		{
			Words: "unplug", Usage: "unplug DISK", Help: "pull the disk, not the SATA disk, out of its slot, with no I/O",
			parse: func(a *args) Statement { return Unplug{Disk: a.matching("disk", diskName)} },
		},
		{
			Words: "unplug card", Usage: "unplug card", Help: "pull the card of sde to sdh, with both its functions and all its disks (boot with second-card)",
			parse: func(*args) Statement { return UnplugCard{} },
		},
		{
			Words: "plug", Usage: "plug DISK [blank]", Help: "put the disk that was unplugged under that name back into its slot, blank: with nothing on it any more, as a new one has",
			parse: func(a *args) Statement { return Plug{Disk: a.matching("disk", diskName), Blank: a.accept("blank")} },
		},
		{
			Words: "second path", Usage: "second path DISK", Help: "put in an adapter that leads to the SCSI disk as well: the guest has it by two names",
			parse: func(a *args) Statement { return SecondPath{Disk: a.matching("disk", diskName)} },
		},
		{
			Words: "unplug path", Usage: "unplug path", Help: "pull the adapter of the second path",
			parse: func(*args) Statement { return UnplugPath{} },
		},
		{
			Words: "hang root", Usage: "hang root DURATION", Help: "suspend the root disk for so long, and go on (boot with root-on-dm)",
			parse: func(a *args) Statement { return HangRoot{For: a.duration("hang root")} },
		},
		{Words: "reset guest", Usage: "reset guest", Help: "cut the guest's power for a moment, and wait until it is up again", parse: func(*args) Statement { return Reset{} }},
		{Words: "reboot guest", Usage: "reboot guest", Help: "have the guest shut down in order and boot again, and wait until it is up", parse: func(*args) Statement { return Reboot{} }},
		{Words: "switch guest off", Usage: "switch guest off", Help: "have the guest shut down in order, and wait until it is off", parse: func(*args) Statement { return SwitchOff{} }},
		{
			Words: "switch guest on", Usage: "switch guest on [without vdb]", Help: "boot the guest that is off, and wait until it is up; without vdb, the second half of its root is gone (boot with root-on-md)",
			parse: func(a *args) Statement { return SwitchOn{HalfRoot: a.accept("without") && a.oneOf("vdb") != ""} },
		},
	}
}

func agentForms() []Form {
	return []Form{
		{Words: "start agent", Usage: "start agent", Help: "start plimsolld and wait until it says it is ready", parse: agent("start")},
		{Words: "stop agent", Usage: "stop agent", Help: "stop plimsolld", parse: agent("stop")},
		{Words: "restart agent", Usage: "restart agent", Help: "stop and start plimsolld", parse: agent("restart")},
		{Words: "kill agent", Usage: "kill agent", Help: "kill -9 plimsolld; systemd starts it again", parse: agent("kill")},
		{Words: "config", Usage: "config <<END", Help: "write /etc/plimsoll/plimsoll.yaml; ${NATS} stands for the server's URL, ${HOST} for lab, or lab2 on a second guest", parse: parseConfig},
		{Words: "nats start", Usage: "nats start", Help: "start nats-server on the host (it runs from the start)", parse: nats("start")},
		{Words: "nats stop", Usage: "nats stop", Help: "stop nats-server in order", parse: nats("stop")},
		{Words: "nats kill", Usage: "nats kill", Help: "kill -9 nats-server", parse: nats("kill")},
		{
			Words: "nats cut-acks", Usage: "nats cut-acks N", Help: "lose the next N publish acknowledgements and the connection with each",
			parse: func(a *args) Statement { return NATSCut{Acks: a.number("acknowledgements")} },
		},
		{
			Words: "nats stream window", Usage: "nats stream window DURATION", Help: "set the stream's de-duplication window",
			parse: func(a *args) Statement { return NATSWindow{Window: a.duration("window")} },
		},
	}
}

func guestForms() []Form {
	return []Form{
		{
			Words: "guest", Usage: "guest COMMAND", Help: "run a shell command in the guest, which must end with 0",
			raw: func(s string) (Statement, error) { return Guest{Command: s}, notEmpty(s) },
		},
		{
			Words: "guest-fails", Usage: "guest-fails COMMAND", Help: "run a shell command in the guest, which must not end with 0",
			raw: func(s string) (Statement, error) { return Guest{Command: s, Fails: true}, notEmpty(s) },
		},
		{
			Words: "background", Usage: "background COMMAND", Help: "start a shell command in the guest and go on; it is killed if it still runs when the script ends",
			raw: func(s string) (Statement, error) { return Background{Command: s}, notEmpty(s) },
		},
		{Words: "wait background", Usage: "wait background", Help: "wait for what runs in the background; it must have ended with 0", parse: func(*args) Statement { return WaitBackground{} }},
		{
			Words: "program", Usage: "program NAME [ARG...]", Help: "build the command lab/cmd/NAME and run it in the guest; it must end with 0, and its last line is told",
			parse: func(a *args) Statement {
				p := Program{Name: a.matching("program", ifName)}
				for len(a.words) > 0 {
					p.Args = append(p.Args, a.word("argument"))
				}
				return p
			},
		},
		{Words: "wait", Usage: "wait DURATION", Help: "let time pass", parse: func(a *args) Statement { return Wait{For: a.duration("wait")} }},
		{Words: "mark", Usage: "mark", Help: "expect events from here on only", parse: func(*args) Statement { return Mark{} }},
		{Words: "page open", Usage: "page open", Help: "open the status page of the guest's agent, which needs status_page: true, in Chromium on the host", parse: func(*args) Statement { return Page{} }},
		{Words: "prometheus start", Usage: "prometheus start", Help: "start Prometheus on the host, with the rules that the package ships; it scrapes the agent every second", parse: func(*args) Statement { return Prometheus{} }},
		{Words: "watch metrics", Usage: "watch metrics", Help: "scrape the agent from the host, four times a second, until expect metrics answered", parse: func(*args) Statement { return WatchMetrics{} }},
	}
}

func parseBoot(a *args) Statement {
	var b Boot
	for len(b.With) == 0 || len(a.words) > 0 {
		b.With = append(b.With, a.oneOf("root-on-dm", "root-on-md", "masked-md-rules", "second-card", "bmc", "drives", "battery"))
	}
	return b
}

func parseArray(a *args) Statement {
	s := Array{Name: a.matching("array name", arrayName), Level: a.matching("level", levelName), Disks: a.allMatching(diskName)}
	if len(s.Disks) == 0 {
		a.fail("an array needs disks")
	}
	if a.accept("journal") {
		s.Journal = a.matching("disk", diskName)
	}
	if a.accept("spare") {
		if s.Spares = a.allMatching(diskName); len(s.Spares) == 0 {
			a.fail("spare needs a disk")
		}
	}
	return s
}

func parseMD(verb string) func(*args) Statement {
	return func(a *args) Statement {
		return MD{Verb: verb, Array: a.matching("array name", arrayName), Disk: a.matching("disk", diskName)}
	}
}

func agent(verb string) func(*args) Statement {
	return func(*args) Statement { return Agent{Verb: verb} }
}

func nats(verb string) func(*args) Statement {
	return func(*args) Statement { return NATSState{Verb: verb} }
}

func parseConfig(a *args) Statement {
	if a.block == nil {
		a.fail("config needs a block")
		return nil
	}
	text := *a.block
	a.block = nil
	return Config{Text: text}
}

func notEmpty(s string) error {
	if strings.TrimSpace(s) == "" {
		return errNoCommand
	}
	return nil
}
