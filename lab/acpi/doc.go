// Package acpi makes the table that gives a lab's guest a mains adapter and a
// battery: an SSDT (ACPI 6.5, section 5.2.11.2) in ACPI Machine Language
// (chapter 20), as far as these two take it. Pure.
//
// What they say hangs on one byte, the scratch register of the second serial
// port, which keeps what is written to it and which nobody else uses. Nothing
// tells the kernel of a change: a firmware would notify it, here the lab does.
package acpi
