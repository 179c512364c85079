#!/bin/bash
# SPDX-License-Identifier: MIT
# goals: tests
#
# No known input is a fault to its fuzz target: neither its corpus nor what the tree has of that kind.
# `make fuzz` looks for more; what it finds is put into tests/fuzz/corpus and stays there.
# variants: asan
. tests/tap.sh

for source in tests/fuzz/fuzz_*.c; do
    target=$(basename "$source" .c)
    mapfile -t inputs < <(scripts/fuzz --inputs "$target")
    run "$BUILD/fuzz/$target" "${inputs[@]}"
    is "$status" 0 "$target has no fault with any known input" || diag "$(tail -n 40 <<<"$errors")"
    like "$output" '^[1-9][0-9]* inputs$' 'and there are some'
done

tests/fuzz/region_seeds.py "$tmp/seeds"
run diff -r "$tmp/seeds" tests/fuzz/corpus/fuzz_region_reader
is "$output" '' 'the regions are those that region_seeds.py writes'

tests/fuzz/seeds.py "$tmp/made"
for folder in "$tmp"/made/*; do
    run diff -r "$folder" "tests/fuzz/corpus/${folder##*/}"
    output=$(grep -v '^Only in tests/fuzz/corpus' <<<"$output") # what fuzzing has found
    is "$output" '' "the inputs of ${folder##*/} are those that seeds.py writes"
done

run scripts/fuzz fuzz_nothing
is "$status" 2 'an unknown target is bad usage'
like "$errors" 'fuzz_nothing' 'which is said'
done_testing
