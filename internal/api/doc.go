// Package api is how people and programs on this host, and Prometheus over TCP, ask the agent what it knows.
//
// It builds documents from the one immutable value that the agent publishes after every step, so no request touches
// hardware, the log or the network; a scrape or a page costs some memory and nothing else. The unix socket serves all of
// it, TCP serves the metrics, the two health pages and, where that is configured, the status page, with TLS and basic auth by the exporter toolkit's web config file
// (https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md).
//
// Where to read: status.go (the document plimsoll.status/1), build.go (view to document), why.go, whatif.go and names.go
// (what a person means by "sda"), plan.go (what is to be done), order.go and act.go (what a person asks for), hook.go (what a
// hook is told), server.go (the sockets), routes.go and stream.go (the pages), browser.go (what browsers may not), client.go (the same from the other side).
//
// What it is not: it decides nothing. Every GET is read-only, so that the permissions of the socket are all the protection that
// it needs. What acts is a POST without a body, for those alone whom the kernel names as root, as the agent's own user, or as a
// member of the group plimsoll-operators (peer.go): it becomes an order to the agent, and what speaks against it is the
// agent's to say.
//
// What it cannot see: the web config file is read by the toolkit at each request, so with basic auth a scrape depends on
// the disk that holds that file; without one it depends on no disk.
package api
