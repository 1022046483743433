// Package ipmi is the language of baseboard management controllers, as far as reading takes it: commands and their answers,
// sensor data records, readings and their discrete states, inventories (FRU), and the event log (SEL). It is bytes to values
// and back, and nothing else: who sends them is package priv's helper, what they mean for redundancy the rooms' affair.
//
// The tables are those of the Intelligent Platform Management Interface Specification, version 2.0, revision 1.1
// (https://www.intel.com/content/www/us/en/products/docs/servers/ipmi/ipmi-second-gen-interface-spec-v2-rev1-1.html): completion
// codes, table 5-2; SDR commands, chapter 33; sensor records, tables 43-1 (full), 43-2 (compact) and 43-7 (FRU device locator);
// event/reading types and discrete states, tables 42-2 and 42-3; Get Sensor Reading, table 35-15; the SEL, chapters 31 and 32.
// Inventories are the Platform Management FRU Information Storage Definition 1.0, power the DCMI 1.5 specification.
//
// What it is not: a client. It keeps no session, no lock, no time.
//
// What it cannot read: records and areas of vendors' own, event-only records, compressed unicode strings; sensors behind other
// controllers (satellites on IPMB), which would have to be asked through messages that are sent.
package ipmi
