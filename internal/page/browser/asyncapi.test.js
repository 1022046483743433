// docs/asyncapi.yaml is an AsyncAPI 3 document to those who define the format, and so is what it names.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Parser, fromFile } from "@asyncapi/parser";

const document = new URL("../../../docs/asyncapi.yaml", import.meta.url).pathname;

const error = 0, warning = 1; // less is said of a document that is well, and could be better
const severe = (diagnostics) => diagnostics.filter((d) => [error, warning].includes(d.severity)).map((d) => `${d.path.join("/")}: ${d.message}`);

test("AsyncAPI's parser has nothing against the document", async () => {
  const { document: read, diagnostics } = await fromFile(new Parser(), document).parse();
  assert.deepEqual(severe(diagnostics), []);
  assert.match(read.version(), /^3\./);
  const payload = read.channels().get("events").messages().get("event").payload().json().schema;
  assert.equal(payload.title, "plimsoll event, version 1", "the schema that it names was read");
});

test("AsyncAPI's parser would have something against a channel that is not there", async () => {
  const broken = `{asyncapi: 3.0.0, info: {title: t, version: "1"}, operations: {publish: {action: send, channel: {$ref: "#/channels/none"}}}}`;
  const { diagnostics } = await new Parser().parse(broken);
  assert.notEqual(severe(diagnostics).length, 0);
});
