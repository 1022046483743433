// Package person asks a fleet's arbiters on behalf of a person, who is known by their own credentials.
//
// What it is not: it decides nothing, and it does not go by way of this host's agent: a host may not speak for a person.
package person
