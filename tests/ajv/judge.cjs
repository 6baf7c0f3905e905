// Holds the verdicts of ajv in strict mode and of our validator equal, on every example.
//
// Its argument names a file with what `ours.py` prints; NODE_PATH, the folder where ajv is installed.
// Exit codes: 0 equal, 1 not, 2 a schema that ajv in strict mode does not take.
"use strict";

const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const Ajv = require("ajv/dist/2020").default;
const addFormats = require("ajv-formats").default;

const FORMATS = ["date", "date-time", "uri"];
const ours = JSON.parse(readFileSync(process.argv[2], "utf8"));
const read = (path) => JSON.parse(readFileSync(join(ours.folder, path), "utf8"));
const keywords = read("vocabulary.json").keywords;

// Two parts of strict mode ask that `type` and `properties` stand beside what speaks of them. JSON
// Schema does not: `{"$ref": ..., "pattern": ...}` narrows what the reference has typed already, and
// `anyOf: [{"required": ["a"]}, {"required": ["b"]}]` names members of the schema around it.
const OPTIONS = { strict: true, strictTypes: false, strictRequired: false, allErrors: true };

/** An ajv that knows our formats and keywords, and stumbles over whatever else is unknown. */
function strict() {
  const ajv = new Ajv(OPTIONS);
  addFormats(ajv, FORMATS);
  for (const [keyword, { description, ...metaSchema }] of Object.entries(keywords)) {
    ajv.addKeyword({ keyword, metaSchema, valid: true });
  }
  return ajv;
}

/** Compiled schemas by name and variant; `published` are the files as they are, with their references. */
function compile() {
  const published = strict();
  for (const file of ours.files) published.addSchema(read(file));
  const compiled = {};
  for (const [name, { id, bundles }] of Object.entries(ours.schemas)) {
    compiled[name] = { published: published.getSchema(id) };
    for (const [variant, bundle] of Object.entries(bundles)) {
      compiled[name][variant] = strict().compile(bundle);
    }
  }
  return compiled;
}

function main() {
  let compiled;
  try {
    compiled = compile();
  } catch (error) {
    console.error(`ajv in strict mode refuses a schema: ${error.message}`);
    return 2;
  }
  let verdicts = 0;
  let differences = 0;
  for (const { name, file, verdicts: said } of ours.examples) {
    const value = read(file);
    for (const [variant, valid] of Object.entries({ published: said.full, ...said })) {
      const judge = compiled[name][variant];
      verdicts += 1;
      if (judge(value) !== valid) {
        differences += 1;
        const why = valid ? JSON.stringify(judge.errors) : "no errors";
        console.error(`${file} as ${variant}: we say ${valid ? "valid" : "invalid"}, ajv: ${why}`);
      }
    }
  }
  const schemas = Object.keys(ours.schemas).length;
  console.log(`${verdicts} verdicts on ${ours.examples.length} examples of ${schemas} schemas, ${differences} differ from ajv's`);
  return differences > 0 || verdicts === 0 ? 1 : 0;
}

process.exitCode = main();
