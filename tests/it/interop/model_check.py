"""Holds every answer of an EC2 client to botocore's own model: known elements, types, enum values."""

import re
import xml.etree.ElementTree as ET

NAMESPACE = "{http://ec2.amazonaws.com/doc/2016-11-15/}"

# Where EC2 itself departs from its model: its reference says "this value is set to `windows` for Windows AMIs".
REAL = {("DescribeImages.imagesSet[].platform", "windows")}


def watch(client):
    """From now on each successful answer of `client` is checked; returns the list that gathers what is wrong."""
    wrong = []

    def check(response_dict, operation_model, **_):
        if response_dict["status_code"] >= 300:
            return
        root = ET.fromstring(response_dict["body"])
        expected = f"{NAMESPACE}{operation_model.name}Response"
        if root.tag != expected:
            wrong.append(f"root {root.tag}, not {expected}")
        if root.find(f"{NAMESPACE}requestId") is None:
            wrong.append(f"{operation_model.name}: no requestId")
        if "x-amzn-requestid" not in {k.lower() for k in response_dict["headers"]}:
            wrong.append(f"{operation_model.name}: no x-amzn-requestid")
        _structure(root, operation_model.output_shape, operation_model.name, wrong, extra={"requestId", "return"})

    client.meta.events.register("before-parse.ec2.*", check)
    return wrong


def _structure(element, shape, where, wrong, extra=frozenset()):
    members = shape.members if shape is not None else {}
    names = {member.serialization.get("name", key): member for key, member in members.items()}
    for child in element:
        name = child.tag.removeprefix(NAMESPACE)
        if name in names:
            _value(child, names[name], f"{where}.{name}", wrong)
        elif name not in extra:
            wrong.append(f"{where}: unknown element {name}")


def _value(element, shape, where, wrong):
    text = element.text or ""
    if shape.type_name == "structure":
        _structure(element, shape, where, wrong)
    elif shape.type_name == "list":
        for item in element:
            if item.tag != f"{NAMESPACE}item":
                wrong.append(f"{where}: {item.tag} in a list")
            _value(item, shape.member, where + "[]", wrong)
    elif shape.type_name in ("integer", "long"):
        if not re.fullmatch(r"-?\d+", text):
            wrong.append(f"{where}: {text!r} is not a number")
    elif shape.type_name == "boolean":
        if text not in ("true", "false"):
            wrong.append(f"{where}: {text!r} is not a boolean")
    elif shape.type_name == "timestamp":
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", text):
            wrong.append(f"{where}: {text!r} is not a date")
    elif shape.type_name == "string" and shape.enum and text not in shape.enum and (where, text) not in REAL:
        wrong.append(f"{where}: {text!r} is not one of {shape.enum}")
