// Package signal tells those who send this host work whether to: HAProxy, which asks by its agent-check, and keepalived, which reads
// a file. What is told is [actions.Signal]; this package only words it.
//
// The agent-check (https://docs.haproxy.org/2.6/configuration.html#agent-check) is one line of ASCII on a connection that is then
// closed. Of its words these are used: "up N%", which says that the server works and which share of its weight it gets, and "down".
// No new work is "up 0%", which HAProxy shows as DRAIN. Its own word "drain" would have to be taken back by "ready", and that
// ends a maintenance or a drain that a person has set by hand as well.
//
// keepalived reads a number (keepalived.conf(5), track_file): 0 for up, and more for worse, by which it multiplies its weight, or
// which is a fault where its weight is 0. The file is replaced whole, and stays when the agent ends: both of them then hold what
// they were told last.
//
// What it is not: it decides nothing. Rules do, with leave of the fleet (docs/signal.md).
package signal
