#!/bin/bash
# SPDX-License-Identifier: MIT
#
# scripts/check-readmes finds each name that does not exist, in a small tree with one of each kind, and none in
# this tree.
. tests/tap.sh
root=$PWD

mkdir -p "$tmp"/tree/harness/low && cd "$tmp/tree" || exit 1
git init -q .
printf '/* a_former_name */\nint low_value(void) { return 1; }\n' >harness/low/low_posix.c
cp harness/low/low_posix.c harness/low/low_win.c

# names TEXT: the README of the folder is TEXT; run the check.
names()
{
    printf '%b' "$1" >harness/low/README.md
    git add .
    run "$root/scripts/check-readmes" --root .
}

names '# low\n\n| file | does |\n| --- | --- |\n| low (a pair of files), `low_*.c` | `low_value`, `harness/low/low_win.c` |\n'
is "$status:$output" 0: 'a module, a pattern, a path and a function that exist'

names '| file | does |\n| --- | --- |\n| low, high | |\n'
is "$status:$output" '1:harness/low/README.md:3: there is no file high' 'a file of the table'

names 'See\n`harness/high` and `../low/high.c`.\n'
is "$status:$output" '1:harness/low/README.md:2: there is no harness/high' 'a path'

names 'It calls `low_value()` and `a_former_name`.\n'
is "$status:$output" '1:harness/low/README.md:1: the code has no a_former_name' 'a function that only a comment mentions'

names '```\n`harness/high`\n```\n'
is "$status:$output" 0: 'a block of code is not read'

cd "$root" || exit 1
run scripts/check-readmes
is "$status:$output" 0: 'the README files of this tree name what exists'
done_testing
