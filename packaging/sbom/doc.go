// Command sbom prints which modules are linked into programs, as CycloneDX 1.6 JSON (https://cyclonedx.org/docs/1.6/json/):
//
//	sbom -name plimsoll -version 1.2.3 -epoch 1700000000 PROGRAM...
//
// It reads what the linker wrote into each program (debug/buildinfo) and nothing else, so it tells of what is in the file that
// is shipped, not of what a go.mod would allow. The same programs give the same bytes. What it cannot tell is licences: those
// are word for word in the package's file copyright.
package main
