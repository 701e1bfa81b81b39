"""Holds the locked dependencies to deny.toml: licences, bans, sources. Advisories need cargo-deny and its database.

Reads `cargo metadata` from standard input; standard library only.
"""

import json
import re
import sys
import tomllib
from pathlib import Path


def allowed(expression: str, allow: set[str]) -> bool:
    """Whether an SPDX expression (AND, OR, WITH, parentheses; `/` as the old OR) can be satisfied."""
    tokens = re.findall(r"\(|\)|[^\s()]+", re.sub(r"\s*/\s*", " OR ", expression))

    def either() -> bool:
        value = both()
        while tokens and tokens[0] == "OR":
            tokens.pop(0)
            value = both() or value
        return value

    def both() -> bool:
        value = one()
        while tokens and tokens[0] == "AND":
            tokens.pop(0)
            value = one() and value
        return value

    def one() -> bool:
        token = tokens.pop(0)
        if token == "(":
            value = either()
            tokens.pop(0)
            return value
        if tokens and tokens[0] == "WITH":
            tokens.pop(0)
            token = f"{token} WITH {tokens.pop(0)}"
        return token in allow

    return either()


def banned(package: dict, ban: dict) -> bool:
    name, _, version = ban["crate"].partition("@")
    return package["name"] == name and (not version or (package["version"] + ".").startswith(version + "."))


def main() -> int:
    rules = tomllib.loads(Path(__file__).parent.with_name("deny.toml").read_text(encoding="utf-8"))
    allow = set(rules["licenses"]["allow"])
    packages = json.load(sys.stdin)["packages"]
    problems = []
    for package in packages:
        shown = f"{package['name']} {package['version']}"
        licence = package["license"]
        if not licence:
            problems.append(f"{shown}: states no licence")
        elif not allowed(licence, allow):
            problems.append(f"{shown}: licence {licence} is not allowed")
        problems += [f"{shown}: banned: {ban['reason']}" for ban in rules["bans"]["deny"] if banned(package, ban)]
        # None is this package itself.
        if package["source"] and not package["source"].startswith("registry+"):
            problems.append(f"{shown}: comes from {package['source']}")
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{len(packages)} packages, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
