// Package metrics serves what the agent knows in Prometheus's text exposition format
// (https://prometheus.io/docs/instrumenting/exposition_formats/), and as
// OpenMetrics to who asks for that (https://prometheus.io/docs/specs/om/open_metrics_spec/).
//
// A scrape reads the one immutable value that the agent publishes after every step; it touches no hardware, no file and no
// lock that the agent holds for longer than an assignment. What is not known is absent: a margin that nobody can tell has
// no sample, and an alert on it must say so, or look at plimsoll_source_blind.
//
// The names are an interface. catalogue.go is the whole list, docs/metrics.md says the same for people, and a test keeps
// the two equal. samples.go says what a view means in numbers, handler.go writes it down.
//
// The text is written here and not by client_golang, because a registry takes some twenty allocations for every sample of
// every scrape to prove again what does not change. The tests hand the same samples to client_golang, in its pedantic
// mode, and want its text to be ours.
//
// What it is not: the Go runtime's and the process's own metrics (go_*, process_*) are left out. The latter read /proc at
// each scrape, node_exporter and systemd have them, and a profile is on the unix socket.
//
// What it cannot see: readings of single components (temperatures, watts) have no place in the model yet.
package metrics
