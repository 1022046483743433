package script

import "time"

// Statement is one of the types below.
type Statement interface{ statement() }

// The statements that change the world.
type (
	// Boot says, before all else, what guest the script needs.
	Boot struct{ With []string }
	// Array makes an md array.
	Array struct {
		Name, Level   string
		Disks, Spares []string
		Journal       string // empty: none
	}
	// MD is a member operation of mdadm: fail, remove or add.
	MD struct{ Verb, Array, Disk string }
	// Unplug pulls a disk out of its slot.
	Unplug struct{ Disk string }
	// UnplugCard pulls the second card, with its disks.
	UnplugCard struct{}
	// SecondPath puts in an adapter that leads to a disk as well.
	SecondPath struct{ Disk string }
	// UnplugPath pulls that adapter.
	UnplugPath struct{}
	// Plug puts a disk back into its slot, or one that nothing is on.
	Plug struct {
		Disk  string
		Blank bool
	}
	// HangRoot suspends the guest's root disk.
	HangRoot struct{ For time.Duration }
	// Reset cuts the guest's power for a moment.
	Reset struct{}
	// Reboot has the guest shut down in order and boot again.
	Reboot struct{}
	// SwitchOff has the guest shut down in order, and leaves it off.
	SwitchOff struct{}
	// SwitchOn boots a guest that is off, with its whole root or a half of it.
	SwitchOn struct{ HalfRoot bool }
	// Agent starts, stops, restarts or kills plimsolld.
	Agent struct{ Verb string }
	// Config writes the agent's configuration.
	Config struct{ Text string }
	// NATSState starts, stops or kills nats-server on the host.
	NATSState struct{ Verb string }
	// NATSCut loses the next acknowledgements on their way to the guest.
	NATSCut struct{ Acks int }
	// NATSWindow sets the stream's de-duplication window.
	NATSWindow struct{ Window time.Duration }
	// Guest runs a shell command in the guest.
	Guest struct {
		Command string
		Fails   bool
	}
	// Background starts a shell command in the guest and goes on.
	Background struct{ Command string }
	// WaitBackground waits for all that runs in the background.
	WaitBackground struct{}
	// Program builds a command of the lab and runs it in the guest.
	Program struct {
		Name string
		Args []string
	}
	// Wait lets time pass.
	Wait struct{ For time.Duration }
	// Mark makes the expectations that follow look at later events only.
	Mark struct{}
	// Times repeats a statement.
	Times struct {
		N  int
		Do Statement
	}
	// Second has a statement be about the script's second guest, or about both.
	Second struct {
		Do   Statement
		Both bool
	}
	// WatchMetrics scrapes the agent from the host from now on.
	WatchMetrics struct{}
)

// The statements that look.
type (
	// Event is what an expected event looks like.
	Event struct {
		Type  string   // without "plimsoll." and version; * stands for anything
		About string   // md0 or md0/sdb; empty: any
		From  string   // the name of the host that tells it; empty: any
		With  []string // path=value within the event's data
	}
	// ExpectEvent waits for an event in the raw stream.
	ExpectEvent struct {
		Event   Event
		Count   int    // exactly so many; 0: at least one
		Cites   string // type of the event that is its cause
		Within  time.Duration
		OfFault bool // counted from the last fault, by the stream's own clock
	}
	// ExpectNoEvent waits, and then no such event may have come.
	ExpectNoEvent struct {
		Event Event
		For   time.Duration
	}
	// ExpectGroup waits until `plimsoll status` says so of a group.
	ExpectGroup struct {
		Name, Status string
		Least, Most  *int
		Within       time.Duration
	}
	// ExpectWhatIf asks `plimsoll whatif`, which must say so of a group.
	ExpectWhatIf struct {
		Lost   []string
		Leaves ExpectGroup
	}
	// ExpectCoverage waits until `plimsoll status` says so of a use.
	ExpectCoverage struct {
		What, Coverage, By string // By is empty where nothing is said of it
		Within             time.Duration
	}
	// ExpectMember waits until `plimsoll status` says so of a member.
	ExpectMember struct {
		Group, Member string
		State, Health string
		Within        time.Duration
	}
	// ExpectWarning waits until a group has, or has not, a warning.
	ExpectWarning struct {
		Key, Group string
		Not        bool
		Within     time.Duration
	}
	// ExpectEvidence waits until the group's evidence holds the text.
	ExpectEvidence struct {
		Text, Group string
		Within      time.Duration
	}
	// ExpectMetric waits until a line of /metrics matches.
	ExpectMetric struct {
		Pattern string
		Within  time.Duration
	}
	// Prometheus starts one on the host that scrapes the agent.
	Prometheus struct{}
	// ExpectAlert waits until Prometheus says that an alert fires, or that it does not.
	ExpectAlert struct {
		Name, Group string // Group is the group's name; empty: any
		Not         bool
		Within      time.Duration
	}
	// Page opens the status page of the guest's agent in a browser on the host.
	Page struct{}
	// ExpectPage waits until an event since the last fault stands on that page.
	ExpectPage struct {
		Type, Text string
		Within     time.Duration // of the fault
	}
	// ExpectMetricsAnswered ends WatchMetrics; every scrape must have been
	// answered.
	ExpectMetricsAnswered struct{}
	// ExpectDelivered waits until the agent's outbox is empty.
	ExpectDelivered struct{ Within time.Duration }
	// ExpectStream checks the whole raw stream: each event once, in order.
	ExpectStream struct{}
	// ExpectFold waits until the folded stream equals the kernel's state.
	ExpectFold struct{ Within time.Duration }
	// ExpectReplay replays the agent's trace on the host and compares.
	ExpectReplay struct{}
)

func (Boot) statement()                  {}
func (Array) statement()                 {}
func (MD) statement()                    {}
func (Unplug) statement()                {}
func (UnplugCard) statement()            {}
func (SecondPath) statement()            {}
func (UnplugPath) statement()            {}
func (ExpectWhatIf) statement()          {}
func (ExpectCoverage) statement()        {}
func (Plug) statement()                  {}
func (HangRoot) statement()              {}
func (Reset) statement()                 {}
func (Reboot) statement()                {}
func (SwitchOff) statement()             {}
func (SwitchOn) statement()              {}
func (Agent) statement()                 {}
func (Config) statement()                {}
func (NATSState) statement()             {}
func (NATSCut) statement()               {}
func (NATSWindow) statement()            {}
func (Guest) statement()                 {}
func (Background) statement()            {}
func (WaitBackground) statement()        {}
func (Program) statement()               {}
func (Wait) statement()                  {}
func (Mark) statement()                  {}
func (Times) statement()                 {}
func (Second) statement()                {}
func (WatchMetrics) statement()          {}
func (ExpectEvent) statement()           {}
func (ExpectNoEvent) statement()         {}
func (ExpectGroup) statement()           {}
func (ExpectMember) statement()          {}
func (ExpectWarning) statement()         {}
func (ExpectEvidence) statement()        {}
func (ExpectMetric) statement()          {}
func (Prometheus) statement()            {}
func (ExpectAlert) statement()           {}
func (Page) statement()                  {}
func (ExpectPage) statement()            {}
func (ExpectMetricsAnswered) statement() {}
func (ExpectDelivered) statement()       {}
func (ExpectStream) statement()          {}
func (ExpectFold) statement()            {}
func (ExpectReplay) statement()          {}
