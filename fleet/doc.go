// Package fleet is the neighbours: it carries the host's events to NATS JetStream, each stored once and in the host's order,
// whatever happens to the connection, the server or this process.
//
// What it is not: it judges nothing and keeps nothing. What happened is in the agent's log; what is stored is in the stream;
// this package moves the difference. It writes no consensus protocol: order rests on the stream's own check of the last
// sequence of a subject filter.
//
// Read in this order: envelope.go (an event as others read it), subject.go (where it goes), position.go (which event a stored
// message is, and what is stored already), publisher.go (the loop), settle.go (an unknown outcome is settled by reading
// back), send.go (one message and its acknowledgement), queue.go (what waits in memory), stream.go and connect.go (the
// server's words), embedded.go (a server of our own, loopback only).
//
// # How an event is stored once
//
// One publish is in flight. Each names the sequence of the last message that the stream holds of this host
// (Nats-Expected-Last-Subject-Sequence over plimsoll.v1.<fleet>.<host>.event.>), so the server refuses whatever comes late,
// twice, or out of order. Each carries in its headers where the event stands in the host's log and what is stored before it.
// After a start, a reconnect, a timeout or a refusal the publisher reads the host's last message and goes on from what it
// says. The window for de-duplication by message id plays no part.
//
// # Requests made to the server
//
//   - publish to plimsoll.v1.<fleet>.<host>.event.> , acknowledged
//   - $JS.API.STREAM.INFO.<stream>: when the stream was created, what its last sequence is
//   - $JS.API.STREAM.MSG.GET.<stream>: the host's last message, and, seldom, one by sequence; asked of the stream's leader,
//     never by direct get, which any replica may answer from the past
//   - $JS.API.STREAM.CREATE.<stream>: only for the embedded server, or where the configuration says so
//
// The oldest nats-server that has all of these is OldestServer (docs/decisions/0003-oldest-nats-server.md).
//
// # Read
//
//   - CloudEvents 1.0: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md
//   - JetStream headers: https://docs.nats.io/nats-concepts/jetstream/headers
//   - JetStream API: https://docs.nats.io/reference/reference-protocols/nats_api_reference
//
// # What it cannot see
//
// Whether a server flushes what it acknowledges (sync_interval is a setting of the server that no client can read), and
// whether a message that is missing from the stream was removed by a person or was never on disk, if the stream has gone on
// since. A stream whose last sequence went backwards has lost what it acknowledged; that is seen, said, and sent again.
package fleet
