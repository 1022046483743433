// Package deed is what every room's operator does alike when it asks the privileged helper: it says of which action, from which
// state and until when, and makes of the helper's answer what the engine of package actions goes by.
//
// What it is not: it decides nothing and looks at nothing. Which verb is asked for, and what the state is, is the room's.
package deed
