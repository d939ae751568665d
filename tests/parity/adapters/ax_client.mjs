// Adapter of the official JavaScript client: one call as JSON a line in, its outcome as JSON a line out.
// Runs with the working directory in a folder whose node_modules has @arizeai/ax-client.

import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";

process.env.DISABLE_PRERELEASE_WARNING = "true";

const require = createRequire(pathToFileURL(resolve("index.js")));
const ax = require("@arizeai/ax-client");
const { version } = JSON.parse(readFileSync("node_modules/@arizeai/ax-client/package.json", "utf8"));

class Cannot extends Error {}

const METHODS = {
  list: "listAnnotationQueues",
  get: "getAnnotationQueue",
  create: "createAnnotationQueue",
  update: "updateAnnotationQueue",
  delete: "deleteAnnotationQueue",
  list_records: "listAnnotationQueueRecords",
  add_records: "addAnnotationQueueRecords",
  delete_records: "deleteAnnotationQueueRecords",
  annotate_record: "annotateAnnotationQueueRecord",
  assign_record: "assignAnnotationQueueRecord",
};
const KINDS = { 400: "bad_request", 401: "authentication", 403: "permission_denied", 404: "not_found", 409: "conflict", 422: "unprocessable", 429: "rate_limit" };
const SOURCE_TYPES = new Set(["SPAN", "EXAMPLE"]);

const camel = (name) => name.replace(/_([a-z])/g, (_, letter) => letter.toUpperCase());
const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function native(value) {
  if (Array.isArray(value)) return value.map(native);
  if (value === null || typeof value !== "object") return value;
  const [form] = Object.keys(value);
  if (form === "$id" || form === "$name") throw new Cannot("no way to say whether a string is a name or an ID");
  if (form === "$date") throw new Cannot("a date without a time of day");
  if (form === "$nan") return NaN;
  if (form === "$instant") {
    if (!/(Z|[+-]\d\d:\d\d)$/.test(value[form])) throw new Cannot("JavaScript has no time without an offset");
    return new Date(value[form]);
  }
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, native(item)]));
}

function source(item) {
  const type = item.record_type;
  if (!SOURCE_TYPES.has(type)) throw new Cannot(`no record type ${JSON.stringify(type)}`);
  if ("project" in item || "dataset" in item) throw new Cannot("sources take IDs only");
  return Object.fromEntries(Object.entries(item).map(([key, value]) => [camel(key), value]));
}

function argumentsOf(command) {
  const { operation } = command;
  if (!(operation in METHODS)) throw new Cannot(`no ${operation}`);
  const given = native(command.arguments);
  if ("column_allowlist" in given) throw new Cannot("no column_allowlist");
  if (operation === "update" && given.instructions === null) throw new Cannot("its types exclude null");
  if (operation === "create" && given.assignment_method && !["ALL", "RANDOM"].includes(given.assignment_method))
    throw new Cannot("its types exclude other assignment methods than ALL and RANDOM");
  const made = {};
  for (const [key, value] of Object.entries(given)) {
    if (operation === "create" && key === "space") made.spaceId = value;
    else if (key === "record_id") made.annotationQueueRecordId = value;
    else if (key === "record_sources") made.recordSources = value.map(source);
    else made[camel(key)] = value;
  }
  return made;
}

function snaked(value, inside = "") {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map((item) => snaked(item, inside));
  if (value === null || typeof value !== "object") return value;
  const free = inside === "data";
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [free ? key : snake(key), free ? item : snaked(item, key)]),
  );
}

function result(operation, value) {
  if (value === undefined || value === null) return null;
  if (operation === "list") return { annotation_queues: snakedItems(value.data), pagination: snaked(value.pagination) };
  if (operation === "list_records") return { records: snakedItems(value.data), pagination: snaked(value.pagination) };
  if (operation === "add_records") return { record_sources: snaked(value) };
  return snaked(value);
}

const snakedItems = (items) => items.map((item) => snaked(item));

function errorTold(error) {
  const told = { class: error.name, text: error.message };
  if (error.name === "AmbiguousNameError")
    return { ...told, kind: "ambiguous_name", resource: error.resourceType, name: error.resourceName, matching_ids: error.matchingIds };
  if (error.name === "ResolutionError")
    return { ...told, kind: "name_not_found", resource: error.resourceType, name: error.resourceName, candidates: error.availableNames };
  if ("statusCode" in error) {
    const status = error.statusCode;
    const kind = KINDS[status] ?? (status >= 500 ? "server_error" : "status");
    return { ...told, kind, status_code: status };
  }
  if (error instanceof TypeError && error.cause) return { ...told, kind: "connection", text: `${error.message}: ${error.cause.message}` };
  return { ...told, kind: "local", local: true };
}

async function perform(client, command) {
  let made;
  try {
    made = argumentsOf(command);
  } catch (reason) {
    if (reason instanceof Cannot) return { cannot: reason.message };
    throw reason;
  }
  try {
    const value = await ax[METHODS[command.operation]]({ client, ...made });
    return { result: result(command.operation, command.as_json ? JSON.parse(JSON.stringify(value)) : value) };
  } catch (error) {
    return { error: errorTold(error) };
  }
}

const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
console.log = console.info = console.error;

say({ version, runtime: `Node.js ${process.versions.node}` });
let client;
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line);
  if (!client || command.new_client) client = ax.createClient({ apiKey: command.api_key, baseUrl: command.base_url });
  say({ ...(await perform(client, command)), waits: null });
}
