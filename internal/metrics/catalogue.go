package metrics

// The metrics, as indexes of the catalogue.
const (
	groupStatus = iota
	groupMargin
	groupFullMargin
	groupServing
	groupSince
	groupFateMargin
	unprotected
	coverage
	warnings
	unreadable
	componentState
	componentHealth
	componentWarnings
	activityProgress
	hostStatus
	hostMargin
	sourceBlind
	lookAge
	scrubAge
	lookDuration
	looks
	events
	enforcing
	frozen
	maintenanceEnd
	capReached
	calledFor
	actionsTotal
	outboxEvents
	outboxDropped
	natsConnected
	logDurable
	logLinesLost
	startTime
	buildInfo
	nodeMDState
	nodeMDDisks
	nodeMDRequired
	nodeBondSlaves
	nodeBondActive
	nodeSupplyOnline
	nodeSupplyPresent
	nodeSupplyCapacity
	nodeSupplyLow
	count
)

// metric is what is fixed about a metric. Labels stand in alphabetical order, as client_golang writes them.
type metric struct {
	name   string
	help   string
	kind   kind
	labels []string
}

// kind is the exposition format's word for what a metric is.
type kind string

const (
	gauge   kind = "gauge"
	counter kind = "counter"
)

// catalogue is every metric there is. `group` and `component` are ids, which survive reboots and renames; `name` is for
// people and may change.
var catalogue = [...]metric{
	groupStatus: {
		"plimsoll_group_status", "Whether the group has this status: 1 for one of the statuses, 0 for the others.",
		gauge,
		[]string{"group", "kind", "name", "status"},
	},
	groupMargin: {
		"plimsoll_group_margin", "How many further failures the group survives: surely (least) and at the most (most).",
		gauge,
		[]string{"bound", "group", "kind", "name"},
	},
	groupFullMargin: {
		"plimsoll_group_full_margin", "How many failures the group survives with every member good.",
		gauge,
		[]string{"group", "kind", "name"},
	},
	groupServing: {
		"plimsoll_group_serving", "Whether the group does its work: 1 or 0; absent where nobody knows.",
		gauge,
		[]string{"group", "kind", "name"},
	},
	groupSince: {
		"plimsoll_group_status_since_timestamp_seconds", "When the group's present status began.",
		gauge,
		[]string{"group", "kind", "name"},
	},
	groupFateMargin: {
		"plimsoll_group_fate_margin", "The margin left if all of a failure domain that members share fails.",
		gauge,
		[]string{"domain", "group", "name", "part"},
	},
	unprotected: {
		"plimsoll_unprotected", "Whether nothing covers for what the use stands on: 1 or 0; absent where that is not understood.",
		gauge,
		[]string{"kind", "use", "what"},
	},
	coverage: {
		"plimsoll_coverage", "Whether the use is covered, unprotected or not understood, as a label; always 1.",
		gauge,
		[]string{"coverage", "kind", "use", "what"},
	},
	warnings: {
		"plimsoll_warnings", "Warnings on the group, by key.",
		gauge,
		[]string{"group", "key", "kind", "name"},
	},
	unreadable: {
		"plimsoll_unreadable", "Places that could not be read in the last look at the group.",
		gauge,
		[]string{"group", "kind", "name"},
	},
	componentState: {
		"plimsoll_component_state", "The state the component is in, as a label; always 1.",
		gauge,
		[]string{"component", "group", "name", "state"},
	},
	componentHealth: {
		"plimsoll_component_health", "The health the component has, as a label; always 1.",
		gauge,
		[]string{"component", "group", "health", "name"},
	},
	componentWarnings: {
		"plimsoll_component_warnings", "Warnings on the component that is in no group, by key; those on members are their group's.",
		gauge,
		[]string{"component", "key", "kind", "name"},
	},
	activityProgress: {
		"plimsoll_activity_progress_ratio", "The part done of what the group does on itself; absent when it does nothing.",
		gauge,
		[]string{"activity", "group", "kind", "name"},
	},
	hostStatus: {
		"plimsoll_host_status", "Whether this is the worst status among groups that have a margin to lose; absent without any.",
		gauge,
		[]string{"status"},
	},
	hostMargin: {
		"plimsoll_host_margin", "The margin of the group that is worst off; absent where no group has a margin to lose.",
		gauge,
		[]string{"bound"},
	},
	sourceBlind: {
		"plimsoll_source_blind", "Whether the source has told nothing for longer than it may take.",
		gauge,
		[]string{"source"},
	},
	lookAge: {
		"plimsoll_look_age_seconds", "Age of the last look that brought something; absent before the first.",
		gauge,
		[]string{"source"},
	},
	scrubAge: {
		"plimsoll_scrub_age_seconds", "Age of the last check or repair that was seen to go to its end; absent where none was.",
		gauge,
		[]string{"group", "kind", "name"},
	},
	lookDuration: {
		"plimsoll_look_duration_seconds", "How long the newest look took that came back.",
		gauge,
		[]string{"source"},
	},
	looks: {
		"plimsoll_looks_total", "Looks at the source since the agent started, by outcome.",
		counter,
		[]string{"outcome", "source"},
	},
	events: {
		"plimsoll_events_total", "Events since the agent started, by type.",
		counter,
		[]string{"type"},
	},
	enforcing: {
		"plimsoll_enforcing", "Whether the mode is enforce: what the policy calls for is done. 0: it is only said.",
		gauge, nil,
	},
	frozen: {
		"plimsoll_frozen", "Whether somebody has frozen this host: nothing is done.",
		gauge, nil,
	},
	maintenanceEnd: {
		"plimsoll_maintenance_end_timestamp_seconds", "When a maintenance ends by itself, as a Unix time; absent where there is none.",
		gauge,
		[]string{"group"},
	},
	capReached: {
		"plimsoll_daily_cap_reached", "Whether the daily cap holds everything until a person releases it.",
		gauge, nil,
	},
	calledFor: {
		"plimsoll_called_for", "Actions that are called for now, by what becomes of them.",
		gauge,
		[]string{"state"},
	},
	actionsTotal: {
		"plimsoll_actions_total", "Actions since the agent started, by how far they came; absent in mode observe, where there are none.",
		counter,
		[]string{"phase", "verb"},
	},
	outboxEvents: {
		"plimsoll_outbox_events", "Events that the stream has not acknowledged yet.",
		gauge, nil,
	},
	outboxDropped: {
		"plimsoll_outbox_dropped_total", "Progress events that were given up because the outbox was full.",
		counter, nil,
	},
	natsConnected: {
		"plimsoll_nats_connected", "Whether the agent is connected to NATS; absent where none is configured.",
		gauge, nil,
	},
	logDurable: {
		"plimsoll_log_durable", "Whether events reach the log on disk before they are published.",
		gauge, nil,
	},
	logLinesLost: {
		"plimsoll_log_lines_lost_total", "Lines of the agent's own log that standard error did not take.",
		counter, nil,
	},
	startTime: {
		"plimsoll_start_time_seconds", "When the agent started, as a Unix time.",
		gauge, nil,
	},
	buildInfo: {
		"plimsoll_build_info", "Always 1; the labels say what is running.",
		gauge,
		[]string{"goversion", "version"},
	},
	nodeMDState: {
		"node_md_state", "With metrics.node_exporter: whether md's device does this.",
		gauge,
		[]string{"device", "state"},
	},
	nodeMDDisks: {
		"node_md_disks", "With metrics.node_exporter: the number of active, failed and spare disks of md's device.",
		gauge,
		[]string{"device", "state"},
	},
	nodeMDRequired: {
		"node_md_disks_required", "With metrics.node_exporter: the number of disks of md's device when it is whole.",
		gauge,
		[]string{"device"},
	},
	nodeBondSlaves: {
		"node_bonding_slaves", "With metrics.node_exporter: the number of the bond's members.",
		gauge,
		[]string{"master"},
	},
	nodeBondActive: {
		"node_bonding_active", "With metrics.node_exporter: the number of the bond's members whose link is up.",
		gauge,
		[]string{"master"},
	},
	nodeSupplyOnline: {
		"node_power_supply_online", "With metrics.node_exporter: what the kernel's power supply says of its input.",
		gauge,
		[]string{"power_supply"},
	},
	nodeSupplyPresent: {
		"node_power_supply_present", "With metrics.node_exporter: whether the kernel's power supply is there.",
		gauge,
		[]string{"power_supply"},
	},
	nodeSupplyCapacity: {
		"node_power_supply_capacity", "With metrics.node_exporter: the charge of the kernel's battery, in percent.",
		gauge,
		[]string{"power_supply"},
	},
	nodeSupplyLow: {
		"node_power_supply_capacity_alert_min", "With metrics.node_exporter: the charge below which the kernel's battery calls itself low, in percent.",
		gauge,
		[]string{"power_supply"},
	},
}
