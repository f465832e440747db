# The one way to do each thing. `just` alone lists them.

set shell := ["bash", "-euo", "pipefail", "-c"]

# List the recipes.
default:
    @just --list --unsorted

# Build the release binary: target/release/oddflow.
build:
    cargo build --release --locked

# Run all tests; `just test -p zeek-log` runs one crate's.
test *args="--workspace":
    cargo test --locked {{ args }}

# Check format, Clippy, documentation, licences and layers.
lint:
    bash .ci/run format lint docs deny

# Build the dashboard's page anew, to be committed; takes Node.js. `bash .ci/run page` looks whether that was done.
page:
    cd crates/oddflow-dashboard/web && npm ci && npm run schema && npm run check && npm test && npm run build

# Format all Rust code.
fmt:
    cargo fmt --all

# Measure speed and memory side by side with the yardsticks; takes the options of bench/run.
bench *args:
    bench/run {{ args }}

# Fuzz each target for that many seconds; takes nightly Rust and cargo-fuzz.
fuzz seconds="600":
    #!/usr/bin/env bash
    set -euo pipefail
    for target in tsv json header filter; do
        # New finds go into the first folder, so that the committed corpus stays as it is.
        mkdir -p "target/fuzz/$target" "fuzz/corpus/$target"
        cargo +nightly fuzz run "$target" "target/fuzz/$target" "fuzz/corpus/$target" -- \
            -max_total_time={{ seconds }}
    done

# Synthesise a week with attacks, train, detect, and say what was found.
demo *args:
    cargo run --release --locked -- demo {{ args }}

# Judge the detector and those beside it by every scenario of a folder with three seeds, and write EVALUATION.md.
evaluate scenarios="../shared/data/scenarios" results="target/evaluation": build
    #!/usr/bin/env bash
    set -euo pipefail
    mkdir -p "{{ results }}"
    for scenario in "{{ scenarios }}"/*/; do
        for seed in 0 1 2; do
            "${CARGO_TARGET_DIR:-target}/release/oddflow" evaluate --seed "$seed" --json -o "{{ results }}/$(basename "$scenario")-$seed.json" \
                --train "${scenario}train.conn.log.gz" --test "${scenario}test.conn.log.gz" --labels "${scenario}labels.tsv.gz"
        done
    done
    python3 reference/evaluation.py "{{ results }}" > EVALUATION.md

# Compare the classic recipe with pandas and scikit-learn, on the committed log and on a real day where there is one.
reference python=env("ODDFLOW_PYTHON", "python3"):
    #!/usr/bin/env bash
    set -euo pipefail
    committed=crates/oddflow-features/tests/data
    made="$(mktemp -d)"
    trap 'rm -rf "$made"' EXIT
    "{{ python }}" reference/make_classic_log.py > "$made/classic.conn.log"
    cmp "$made/classic.conn.log" "$committed/classic.conn.log"
    "{{ python }}" reference/classic.py "$made/classic.conn.log" --train-rows 200 --out "$made/classic.matrix.csv"
    cmp "$made/classic.matrix.csv" "$committed/classic.matrix.csv"
    echo "The committed log and matrix are what the scripts make."
    ODDFLOW_PYTHON="{{ python }}" cargo test --locked -p oddflow-features --test classic -- --nocapture

# Draw every figure from made-up numbers, to look at.
figures folder="target/figures":
    cargo run --locked -p oddflow-figures --example gallery -- {{ folder }}

# Everything that a change has to pass.
ci:
    bash .ci/run
