package bootstrap

import (
	"fmt"

	"github.com/nats-io/jwt/v2"
	"github.com/nats-io/nkeys"

	"plimsoll/fleet/wire"
)

// Role is what somebody's credentials are for.
type Role string

// The roles. Host: an agent. Arbiter: an agent that decides for others too. Person: somebody who asks arbiters. Admin: who
// makes streams and buckets, once. Monitor: who looks at the servers themselves.
const (
	Host    Role = "host"
	Arbiter Role = "arbiter"
	Person  Role = "person"
	Admin   Role = "admin"
	Monitor Role = "monitor"
)

// Roles are all roles.
func Roles() []Role { return []Role{Host, Arbiter, Person, Admin, Monitor} }

// self stands for the name of the user within permissions; the server puts it in.
const self = "{{name()}}"

// asks are the two requests that a publisher makes of the stream of events, both reading, by the last token of their door.
// A publisher knows them by JetStream's names. HOSTS has no JetStream: there the names are mapped to the door.
func asks() map[string]string {
	return map[string]string{"info": "$JS.API.STREAM.INFO." + Stream, "get": "$JS.API.STREAM.MSG.GET." + Stream}
}

// door is the subject by which STORE takes such a request from HOSTS, and maps it to JetStream's own.
func (a *Authority) door(what string) string { return wire.Prefix(a.Fleet) + ".stream." + what }

// accounts are the claims of the accounts, signed.
func (a *Authority) accounts() (map[string]string, error) {
	out := map[string]string{}
	for _, c := range []*jwt.AccountClaims{a.systemClaims(), a.storeClaims(), a.hostsClaims(), a.peopleClaims()} {
		var problems jwt.ValidationResults
		c.Validate(&problems)
		if errs := problems.Errors(); len(errs) > 0 {
			return nil, fmt.Errorf("make account %s: %w", c.Name, errs[0])
		}
		text, err := c.Encode(a.operator)
		if err != nil {
			return nil, fmt.Errorf("make account %s: %w", c.Name, err)
		}
		out[c.Subject] = text
	}
	return out, nil
}

func (a *Authority) account(name string, key nkeys.KeyPair) *jwt.AccountClaims {
	c := jwt.NewAccountClaims(public(key))
	c.Name = name
	return c
}

// storeClaims is where streams and buckets are, and the arbiters. It has one export of a service, on purpose: the server
// does not let the answer to a request of an export go into an import of the same export. With a second one, a host could
// name another host's subject as where to send the answer, and it would be stored there.
func (a *Authority) storeClaims() *jwt.AccountClaims {
	c := a.account("STORE", a.store)
	c.Limits.JetStreamLimits = jwt.JetStreamLimits{
		DiskStorage: jwt.NoLimit, MemoryStorage: jwt.NoLimit, Streams: jwt.NoLimit, Consumer: jwt.NoLimit,
	}
	c.Exports.Add(&jwt.Export{
		Name: "what hosts and people say", Subject: jwt.Subject(wire.Prefix(a.Fleet) + ".>"), Type: jwt.Service,
	})
	for _, w := range wire.Down() {
		c.Exports.Add(&jwt.Export{
			Name: "what hosts are told: " + string(w), Subject: jwt.Subject(wire.Subject(a.Fleet, "*", w)), Type: jwt.Stream,
		})
	}
	for what, ask := range asks() {
		c.AddMapping(jwt.Subject(a.door(what)), jwt.WeightedMapping{Subject: jwt.Subject(ask), Weight: 100})
	}
	a.scope(c, Arbiter, jwt.Permissions{Pub: jwt.Permission{Deny: destructive()}})
	a.scope(c, Admin, jwt.Permissions{})
	return c
}

// destructive are the requests by which an arbiter could lose what the fleet rests on, and which it has no use for.
func destructive() jwt.StringList {
	var out jwt.StringList
	for _, what := range []string{"STREAM.DELETE", "STREAM.PURGE", "STREAM.UPDATE", "STREAM.MSG.DELETE", "STREAM.RESTORE", "STREAM.PEER.REMOVE"} {
		out.Add("$JS.API." + what + ".>")
	}
	return out
}

// hostsClaims is where hosts are. It has no stream and no bucket, and imports what a host needs.
func (a *Authority) hostsClaims() *jwt.AccountClaims {
	c := a.account("HOSTS", a.hosts)
	service := func(subject string) {
		c.Imports.Add(&jwt.Import{Account: public(a.store), Subject: jwt.Subject(subject), Type: jwt.Service})
	}
	service(wire.Subject(a.Fleet, "*", wire.Event) + ".>")
	allowed := jwt.StringList{wire.Subject(a.Fleet, self, wire.Event) + ".>"}
	for _, w := range wire.Up() {
		service(wire.Subject(a.Fleet, "*", w))
		allowed.Add(wire.Subject(a.Fleet, self, w))
	}
	for what, ask := range asks() {
		service(a.door(what))
		c.AddMapping(jwt.Subject(ask), jwt.WeightedMapping{Subject: jwt.Subject(a.door(what)), Weight: 100})
		allowed.Add(a.door(what)) // permissions are those of what a name is mapped to
	}
	heard := jwt.StringList{wire.Inbox(self) + ".>"}
	for _, w := range wire.Down() {
		c.Imports.Add(&jwt.Import{
			Account: public(a.store), Subject: jwt.Subject(wire.Subject(a.Fleet, "*", w)), Type: jwt.Stream,
		})
		heard.Add(wire.Subject(a.Fleet, self, w))
	}
	a.scope(c, Host, jwt.Permissions{Pub: jwt.Permission{Allow: allowed}, Sub: jwt.Permission{Allow: heard}})
	return c
}

// peopleClaims is where people ask arbiters, and read events. It is apart from HOSTS, so that no answer to a host can turn up as a person's
// order.
func (a *Authority) peopleClaims() *jwt.AccountClaims {
	c := a.account("PEOPLE", a.people)
	service := func(subject string) {
		c.Imports.Add(&jwt.Import{Account: public(a.store), Subject: jwt.Subject(subject), Type: jwt.Service})
	}
	service(wire.OrderSubject(a.Fleet, "*", ">"))
	allowed := jwt.StringList{wire.OrderSubject(a.Fleet, self, ">")}
	for what, ask := range asks() {
		service(a.door(what))
		c.AddMapping(jwt.Subject(ask), jwt.WeightedMapping{Subject: jwt.Subject(a.door(what)), Weight: 100})
		allowed.Add(a.door(what))
	}
	a.scope(c, Person, jwt.Permissions{
		Pub: jwt.Permission{Allow: allowed},
		Sub: jwt.Permission{Allow: jwt.StringList{wire.Inbox(self) + ".>"}},
	})
	return c
}

// systemClaims is the servers' own account.
func (a *Authority) systemClaims() *jwt.AccountClaims {
	c := a.account("SYS", a.system)
	a.scope(c, Monitor, jwt.Permissions{})
	return c
}

// scope has the account take credentials of this role: whoever they name has these permissions.
func (a *Authority) scope(c *jwt.AccountClaims, r Role, may jwt.Permissions) {
	s := jwt.NewUserScope()
	s.Key, s.Role = public(a.signers[r]), string(r)
	s.Template.Permissions = may
	c.SigningKeys.AddScopedSigner(s)
}
