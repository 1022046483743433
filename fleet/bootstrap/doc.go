// Package bootstrap makes what a fleet's servers have to know, so that whoever connects can do what is theirs and no more:
// keys, accounts, credentials, server configuration, the stream and the buckets.
//
// What it is not: it runs no server and is no part of the agent. A person runs it once, keeps its directory of keys off
// the hosts, and comes back to it for new credentials.
//
// Read in this order: accounts.go (who may do what), keys.go, creds.go, server.go (configuration), store.go (stream and
// buckets). hostile_test.go is what it is all for.
//
// # The accounts
//
// NATS keeps the subjects of accounts apart; what passes from one to another is said by exports and imports.
//
//	STORE   JetStream: the stream of events, the buckets of the ledger and the inventory. Arbiters are here.
//	HOSTS   hosts. No JetStream. Publishes pass into STORE: events, presence, and what a host asks of arbiters, each host
//	        below its own token; two requests that read the stream of events pass too. Polls and notices come back.
//	PEOPLE  people. Their orders pass into STORE, each person's below their own name, and the two requests that read events.
//	SYS     the servers' own.
//
// Two things are less obvious. First, a permission to publish does not bind a reply subject: whoever may ask anything can
// have the answer sent to another's subject, and an answer that arrives in an account goes through its imports as any
// message does. The server drops an answer that would go into an import of the very export that it came from, and so all
// that HOSTS may ask of STORE goes through one export. Second, hosts must not hear others' answers, so each has inboxes
// below its own token.
//
// Permissions belong to the roles' signing keys, within the accounts (scoped signers): a new version changes them in one
// file of the servers, and credentials stay as they are. A host's name is in its credentials, and the server puts it into
// the permissions.
//
// # What a host can do all the same
//
// Read every event of the fleet, since the request that reads back its own last message reads any message. Lie about
// itself. Publish as fast as it can.
//
// # Read
//
//   - accounts, exports and imports: https://docs.nats.io/running-a-nats-service/configuration/securing_nats/accounts
//   - scoped signing keys: https://docs.nats.io/using-nats/nats-tools/nsc/signing_keys
//   - sync_interval: https://docs.nats.io/running-a-nats-service/configuration
//
// # What it cannot see
//
// What the servers were given in the end, and whether their disks tell the truth about a flush.
package bootstrap
