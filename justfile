# Short names for the commands of CONTRIBUTING.md. The checks are the steps of .ci/run, which does not need `just`.

# List the recipes.
default:
    @just --list

# The demo, without an account and without a network.
demo *arguments:
    cargo run --example demo -- {{arguments}}

# The quick tests; a filter and options go to the test binary.
test *arguments:
    cargo test {{arguments}}

# Everything a change must pass, or single steps of it: just ci lint doc
ci *steps:
    bash .ci/run {{steps}}

# Format in place.
format:
    cargo fmt

# Rewrite the generated parts of README.md.
readme:
    UPDATE=1 cargo test --test it docs

# Accept changed screens; look at the diff before committing it.
snapshots:
    INSTA_UPDATE=always cargo test --test it screens

# Keystrokes and frames.
bench:
    cargo bench
