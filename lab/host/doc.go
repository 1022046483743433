// Package host is a host of a fleet without hardware: the connection, the registration, the presence and the membership that
// plimsolld has, from the fleet's own packages, and nothing to watch.
package host
