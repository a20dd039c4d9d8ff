"""Makes the JSON Schemas in this folder; README.md says of what. Arguments: the folder with v1_8_0.schema and
v1_9_0.schema, and the file of the JSON Schema of 1.9.0's Detection Finding."""

import json
import pathlib
import re
import sys

from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

HERE = pathlib.Path(__file__).parent
CLASSES = {
    "1.8.0": [
        "account_change", "authentication", "entity_management", "user_access", "group_management",
        "web_resources_activity", "application_lifecycle", "api_activity", "datastore_activity", "file_hosting",
    ],
    "1.9.0": [
        "authentication", "entity_management", "group_management", "user_management", "role_management",
        "web_resources_activity", "application_lifecycle", "api_activity", "datastore_activity",
        "file_hosting_activity",
    ],
}
# Files of types go by captions, where the package has the names of the schema.
NAMES = {"user_access": "user_access_management", "file_hosting": "file_hosting_activity"}
PROFILES = {
    "1.8.0": ["security_control", "host"],
    "1.9.0": ["security_control", "host", "ai_operation", "record_integrity"],
}
SCALARS = {"string": "string", "int64": "integer", "double": "number", "bool": "boolean", "ip": "string"}


def published():
    """1.8.0: the JSON Schemas of the package."""
    source = OcsfJsonSchemaEmbedded(get_ocsf_schema("1.8.0"))
    return {name: source.get_class_schema(name, profiles=PROFILES["1.8.0"]) for name in CLASSES["1.8.0"]}


def types(text):
    """Every record of a file of types: name, fields, constraint."""
    found = {}
    for name, body, rule in re.findall(r"^type _ocsf\.v\w+?_0\.(\S+) = record\{\n(.*?)^\}([^\n]*)$", text, re.M | re.S):
        fields = {}
        for field, kind, marks in re.findall(r"^  (\w+): (\S+?)((?: #\S+)*),$", body, re.M):
            fields[field] = (kind, dict(m.partition("=")[::2] for m in marks.split(" #")[1:]))
        found[name] = (fields, rule.strip())
    return found


def kind_schema(kind, wanted):
    if kind.startswith("list<"):
        return {"type": "array", "items": kind_schema(kind[5:-1], wanted)}
    if kind.startswith("_ocsf."):
        name = kind.rsplit(".object.", 1)[1]
        wanted.add(name)
        return {"$ref": f"#/$defs/{name}"}
    if kind == "time":
        return {"type": "integer"}
    return {"type": SCALARS[kind]} if kind in SCALARS else {}


def of_type(fields, rule, profiles, wanted):
    schema = {"type": "object", "additionalProperties": False, "properties": {}, "required": []}
    for field, (kind, marks) in fields.items():
        if "profile" in marks and marks["profile"] not in profiles:
            continue
        schema["properties"][field] = kind_schema(kind, wanted)
        if "must_be_record" in marks:
            schema["properties"][field] = {"type": "object"}
        if "required" in marks:
            schema["required"].append(field)
    if "at_least_one=" in rule:
        schema["anyOf"] = [{"required": [one]} for one in rule.split("at_least_one=")[1].split()[0].split("|")]
    if "just_one=" in rule:
        schema["oneOf"] = [{"required": [one]} for one in rule.split("just_one=")[1].split()[0].split("|")]
    return schema


def compiled(folder, version):
    """The JSON Schemas of a version from its file of types."""
    known = types((folder / f"v{version.replace('.', '_')}.schema").read_text())
    schemas = {}
    for name in CLASSES[version]:
        wanted, defs = set(), {}
        schema = of_type(*known[NAMES.get(name, name) if version == "1.8.0" else name], PROFILES[version], wanted)
        while wanted - defs.keys():
            one = min(wanted - defs.keys())
            defs[one] = of_type(*known[f"object.{one}"], PROFILES[version], wanted)
        schemas[name] = schema | {"$defs": defs}
    return schemas


def borrow(schemas, older, objects):
    """What a file of types does not have: regular expressions, from 1.8, and closed sets of numbers, from a schema of
    the same version; from 1.8 where that one has no such object."""
    known = {}
    for schema in older.values():
        known |= schema["$defs"]
    for name, schema in schemas.items():
        pairs = [(body, objects.get(one, {}), known.get(one, {})) for one, body in schema["$defs"].items()]
        pairs.append((schema, {}, older.get(name, {})))
        for body, same, old in pairs:
            for field, its in body["properties"].items():
                now = same.get("properties", {}).get(field)
                then = old.get("properties", {}).get(field, {})
                if "pattern" in then:
                    its["pattern"] = then["pattern"]
                numbers = (now if now is not None else then).get("enum")
                # Activities and types of an event are compared with the class itself by the test.
                if numbers and field not in ("activity_id", "class_uid", "type_uid"):
                    its["enum"] = sorted(numbers)


def write(version, schemas):
    """One file of objects, and one of each class without them."""
    folder = HERE / version
    folder.mkdir(exist_ok=True)
    objects = {}
    for name, schema in schemas.items():
        for one, body in schema.pop("$defs").items():
            assert objects.setdefault(one, body) == body, one
        schema.pop("$id", None), schema.pop("$schema", None)
        (folder / f"{name}.json").write_text(compact(schema))
    (folder / "objects.json").write_text(compact(objects))


def compact(schema):
    def bare(node):
        if isinstance(node, dict):
            return {
                key: ({name: bare(one) for name, one in value.items()} if key == "properties" else bare(value))
                for key, value in node.items()
                if key not in ("title", "deprecated", "description")
            }
        return [bare(one) for one in node] if isinstance(node, list) else node

    return json.dumps(bare(schema), sort_keys=True, separators=(",", ":")) + "\n"


def main():
    folder, finding = pathlib.Path(sys.argv[1]), json.loads(pathlib.Path(sys.argv[2]).read_text())
    older = published()
    newer = compiled(folder, "1.9.0")
    borrow(newer, older, finding["$defs"])
    # The two sources of 1.8.0 must agree, or the file of types is read wrongly.
    for name, schema in compiled(folder, "1.8.0").items():
        for one, theirs in [(None, older[name]), *older[name]["$defs"].items()]:
            ours = schema if one is None else schema["$defs"].get(one)
            if ours is not None and one != "object":
                missing = set(ours["properties"]) ^ set(theirs["properties"])
                # Members of an extension for one platform, which no record here has.
                assert missing <= {"egid", "euid"}, (name, one, missing)
                assert sorted(ours["required"]) == sorted(theirs.get("required", [])), (name, one)
    write("1.8.0", older)
    write("1.9.0", newer)


main()
