#!/usr/bin/env bash
# Compares amigrate with boto3 and the AWS CLI on its own embedded EC2: bash scripts/compare.sh [list|watch]
#
# list: 17 regions of 1,000 images, 100 ms an answer, two pages a region: wall time, CPU time and memory of one listing.
# watch: calls a minute while 100 copies to 10 regions are under way.
#
# boto3 and the AWS CLI are installed under target/, in the versions that the tests use; the tests' own environment is taken if
# it is there. AMIGRATE=path/to/amigrate takes that binary in place of a new release build.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

target="${CARGO_TARGET_DIR:-target}"
if [ -z "${AMIGRATE:-}" ]; then
  cargo build --release --locked --bin amigrate >&2
  AMIGRATE="$target/release/amigrate"
fi
AMIGRATE="$(realpath "$AMIGRATE")"

tests="$target/interop-venv"
own="$target/compare-venv"
if [ -e "$tests/installed.txt" ] && [ -x "$tests/bin/python" ]; then
  python="$tests/bin/python"
elif [ -e "$tests/installed.txt" ] && [ -d "$tests/packages" ]; then
  python=python3
  export PYTHONPATH="$PWD/$tests/packages"
else
  mapfile -t pins < <(grep -oE '"(awscli|boto3|botocore)==[0-9.]+"' tests/it/interop/python.rs | tr -d '"')
  if ! [ -e "$own/installed.txt" ] || [ "$(cat "$own/installed.txt")" != "${pins[*]}" ]; then
    rm -rf "$own"
    python3 -m venv "$own"
    "$own/bin/python" -m pip install --quiet --disable-pip-version-check "${pins[@]}" >&2
    echo "${pins[*]}" >"$own/installed.txt"
  fi
  python="$own/bin/python"
fi

exec "$python" scripts/compare.py "$AMIGRATE" "${1:-all}"
