// Package api is how people and programs on this host, and Prometheus over TCP, ask the agent what it knows.
//
// It builds documents from the one immutable value that the agent publishes after every step, so no request touches
// hardware, the log or the network; a scrape or a page costs some memory and nothing else. The unix socket serves all of
// it, TCP serves the metrics and the two health pages, with TLS and basic auth by the exporter toolkit's web config file
// (https://github.com/prometheus/exporter-toolkit/blob/master/docs/web-configuration.md).
//
// Where to read: status.go (the document plimsoll.status/1), build.go (view to document), why.go, whatif.go and names.go
// (what a person means by "sda"), server.go (the sockets), routes.go and stream.go (the pages), client.go (the same from
// the other side).
//
// What it is not: it decides nothing. Every page but one is read-only, so that the permissions of the socket are all the
// protection they need. The one is a POST to /accept, for those alone whom the kernel names as root, as the agent's own user,
// or as a member of the group plimsoll-operators (peer.go).
//
// What it cannot see: the web config file is read by the toolkit at each request, so with basic auth a scrape depends on
// the disk that holds that file; without one it depends on no disk.
package api
