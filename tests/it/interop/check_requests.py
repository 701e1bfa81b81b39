"""Holds every EC2 request that a simulator (first argument: its URL) received to botocore's model of EC2: what was sent, read
by the model, is valid, and botocore sends the same for it. With an action (second argument), every member of its input but
those named (further arguments) must have been sent at least once."""

import datetime
import json
import re
import sys
import urllib.parse
import urllib.request

import botocore.session
from botocore.serialize import create_serializer
from botocore.validate import ParamValidator

MODEL = botocore.session.get_session().get_service_model("ec2")


class Invalid(Exception):
    """A parameter that the model does not have, or whose value is of another type."""


def query_name(name, shape):
    serialized = shape.serialization
    if "queryName" in serialized:
        return serialized["queryName"]
    name = serialized.get("name", name)
    return name[0].upper() + name[1:]


def tree(form):
    """Nests `{"A.1.B": value}` to `{"A": {"1": {"B": value}}}`."""
    root = {}
    for key, value in form.items():
        *above, last = key.split(".")
        node = root
        for part in above:
            node = node.setdefault(part, {})
        node[last] = value
    return root


def value(node, shape, where):
    """Returns what boto3 would have been given for this part of a request."""
    if shape.type_name == "structure":
        names = {query_name(name, member): (name, member) for name, member in shape.members.items()}
        unknown = sorted(set(node) - set(names))
        if unknown:
            raise Invalid(f"{where}: the model has no {unknown}")
        return {names[key][0]: value(part, names[key][1], f"{where}.{key}") for key, part in node.items()}
    if shape.type_name == "list":
        numbers = sorted(map(int, node))
        if numbers != list(range(1, len(numbers) + 1)):
            raise Invalid(f"{where}: numbered {numbers}")
        return [value(node[str(n)], shape.member, f"{where}.{n}") for n in numbers]
    if not isinstance(node, str):
        raise Invalid(f"{where}: {node!r} is not a {shape.type_name}")
    if shape.type_name in ("integer", "long"):
        if not re.fullmatch(r"-?\d+", node):
            raise Invalid(f"{where}: {node!r} is not a number")
        return int(node)
    if shape.type_name == "boolean":
        if node not in ("true", "false"):
            raise Invalid(f"{where}: {node!r} is not a boolean")
        return node == "true"
    if shape.type_name == "timestamp":
        return datetime.datetime.fromisoformat(node.replace("Z", "+00:00"))
    if shape.type_name == "string":
        if shape.enum and node not in shape.enum:
            raise Invalid(f"{where}: {node!r} is not one of {shape.enum}")
        return node
    raise Invalid(f"{where}: a {shape.type_name}")


def check(form):
    """Returns the action and the input of a request; raises `Invalid`."""
    form = dict(form)
    action, version = form.pop("Action"), form.pop("Version")
    if version != MODEL.api_version:
        raise Invalid(f"{action}: version {version}")
    operation = MODEL.operation_model(action)
    given = value(tree(form), operation.input_shape, action)
    report = ParamValidator().validate(given, operation.input_shape)
    if report.has_errors():
        raise Invalid(f"{action}: {report.generate_report()}")
    sent = create_serializer("ec2").serialize_to_request(given, operation)["body"]
    same = {key: text if isinstance(text, str) else json.dumps(text) for key, text in sent.items()}
    expected = {"Action": action, "Version": version, **form}
    differing = {key for key in expected.keys() | same.keys() if expected.get(key) != same.get(key)}
    if differing:
        raise Invalid(f"{action}: botocore sends {sorted((k, same.get(k), expected.get(k)) for k in differing)}")
    return action, given


def requests(url):
    """The EC2 requests of the simulator's log, as forms with their status."""
    with urllib.request.urlopen(f"{url}/_requests", timeout=30) as answer:
        log = json.load(answer)
    for entry in log:
        if entry["service"] == "ec2":
            pairs = urllib.parse.parse_qsl(entry["query"] or entry["body"], keep_blank_values=True, strict_parsing=True)
            form = dict(pairs)
            assert len(form) == len(pairs), f"a parameter twice: {pairs}"
            yield form, entry["status"]


def main():
    url, *rest = sys.argv[1:]
    wrong, used, count = [], {}, {}
    for form, status in requests(url):
        try:
            action, given = check(form)
        except Invalid as error:
            wrong.append(str(error))
            continue
        # DryRunOperation: the request would have succeeded.
        allowed = status == 412 and form.get("DryRun") == "true"
        if status >= 400 and not allowed:
            wrong.append(f"{action}: refused with {status}: {form}")
        used.setdefault(action, set()).update(given)
        count[action] = count.get(action, 0) + 1
    assert not wrong, "\n".join(sorted(set(wrong)))
    if rest:
        action, *excepted = rest
        unused = set(MODEL.operation_model(action).input_shape.members) - used.get(action, set()) - set(excepted)
        assert not unused, f"{action} was never sent with {sorted(unused)}"
    print(f"requests: ok {count}")


if __name__ == "__main__":
    main()
