// Package patience asks many things at once, each of which may never answer, and waits for all of them for a while: what has not
// answered by then is silent, and is not asked again before it has. So one device on a stuck bus keeps nobody from the others,
// and never more than one goroutine waits for it.
//
// What it is not: it decides nothing about silence.
//
// What it cannot do: end what does not return. The goroutine that waits for it stays, and with it what it holds.
package patience
