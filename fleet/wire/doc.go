// Package wire is what hosts, arbiters and people say to one another over NATS, beside events: where it goes and what it
// looks like. Pure: the standard library and the words of package ledger, no I/O, no clock.
//
// What it is not: it sends nothing and decides nothing. fleet/member speaks for a host, fleet/arbiter answers.
//
// Read in this order: token.go (names as they stand in subjects), subject.go (who speaks, of what), message.go (the frame
// of every message), hello.go (presence and registration), baseline.go (what a host is known good as), shared.go (what hosts have in common), grant.go (asking, opinions, giving back), order.go and
// command.go (what people ask).
//
// # Who speaks is in the subject
//
// A host may publish below plimsoll.v1.<fleet>.<its own token> and nowhere else; the server's permissions see to that
// (fleet/bootstrap). So whoever takes a message takes the speaker from the subject it came by. No message has a field for
// its sender's name, so nobody can go by one.
//
//	plimsoll.v1.<fleet>.<host>.event.<kind>.<noun>.<verb>   events, stored in the stream: package fleet
//	plimsoll.v1.<fleet>.<host>.presence                     that it is there, once a minute; no answer
//	plimsoll.v1.<fleet>.<host>.register                     a request: who it is, its pools, what it stands on
//	plimsoll.v1.<fleet>.<host>.ask                          a request: leave for one action
//	plimsoll.v1.<fleet>.<host>.start                        a request: may it begin now?
//	plimsoll.v1.<fleet>.<host>.release                      a request: the action has ended
//	plimsoll.v1.<fleet>.<host>.assert                       a request: what it holds, after the store lost memory
//	plimsoll.v1.<fleet>.<host>.baseline                     a request: keep what it is known good as
//	plimsoll.v1.<fleet>.<host>.opinion                      what it thinks of another's wish; answers a poll
//	plimsoll.v1.<fleet>.<host>.poll                         to the host: what do you think of this wish?
//	plimsoll.v1.<fleet>.<host>.notice                       to the host: say again what you hold; or: this is frozen, that is seen by most
//	plimsoll.v1.<fleet>.<person>.order.<what>               a person's request to an arbiter
//	plimsoll.v1.<fleet>._fleet.event.fleet.<noun>.<verb>    events that arbiters tell of the fleet as a whole
//
// A message to a host may be forged by another host, since a reply subject can be anything; so none of them may do more
// than have the host say again what it would say anyway, or hold still.
//
// # What it cannot see
//
// Whether the server really has the permissions that the above rests on: the test of a hostile client in fleet/bootstrap
// shows that it has those that bootstrap writes.
package wire
