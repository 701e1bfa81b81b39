"""Validates what commands printed by the schema that amigrate prints, with the jsonschema package.

    check_schema.py SCHEMAS RUNS

Both are JSON files: schemas by format ("json" and "jsonl"), and a list of runs (command, schema, format, output). Every object of
the schema is closed for this: a field that it does not name is a failure.
"""

import json
import sys

from jsonschema import Draft202012Validator


def closed(schema):
    """The schema with no properties besides those it names."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {key: closed(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and "type" in schema:
        schema.setdefault("additionalProperties", False)
    return schema


def main(schemas, runs):
    failures = []
    validated = 0
    for form in ("json", "jsonl"):
        Draft202012Validator.check_schema(schemas[form])
    for run in runs:
        form = run["format"]
        schema = closed(schemas[form])
        schema["$ref"] = "#/$defs/" + run["schema"].replace(" ", "%20")
        validator = Draft202012Validator(schema)
        texts = run["output"].splitlines() if form == "jsonl" else [run["output"]]
        # Of no records there are no lines.
        assert form == "jsonl" or run["output"], run["command"] + " printed nothing"
        for text in texts:
            for error in validator.iter_errors(json.loads(text)):
                failures.append(f"{run['command']}: {error.json_path}: {error.message[:300]}")
            validated += 1
    assert not failures, "\n".join(failures)
    # The check itself: an unknown field is found.
    schema = closed(schemas["json"])
    schema["$ref"] = "#/$defs/config%20path"
    assert list(Draft202012Validator(schema).iter_errors({"files": [], "unknown": 1})), "closed() closes nothing"
    print(validated, "documents and lines are valid")


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as schemas, open(sys.argv[2], encoding="utf-8") as runs:
        main(json.load(schemas), json.load(runs))
