// Package site is the servers of a fleet as processes, with the accounts, the stream and the buckets that plimsoll fleet
// bootstrap makes, and whatever else a lab starts beside them. Processes are killed, paused and started again; a site never
// tells a server to stop in peace.
//
// Clients reach its servers without TLS: who may do what is the accounts', and is the same.
package site
