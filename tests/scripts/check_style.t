#!/bin/bash
# SPDX-License-Identifier: MIT
# slow
#
# scripts/check-style finds one mistake of each kind in a copy. `make check-style` checks this tree itself and
# runs the analysers, which take long.
. tests/tap.sh

type -P clang-format >/dev/null || skip_all 'no clang-format'
git rev-parse -q --verify HEAD >/dev/null 2>&1 || skip_all 'no clone'
git clone -q . "$tmp/tree" || exit 1
cp scripts/check-style scripts/check-prose scripts/prose-* scripts/setup scripts/packages "$tmp/tree/scripts"
cd "$tmp/tree" || exit 1
printf '/* SPDX-License-Identifier: MIT */\nint  query_extra;\n' >provider/form.c
printf '/* SPDX-License-Identifier: MIT */\n#ifdef _WIN32\n#endif\n' >provider/platform.c
printf '/* SPDX-License-Identifier: MIT */\n' >harness/host/query.c
printf '/* no tag */\n' >harness/rules/tagless.c
git add -A
run scripts/check-style --quick
is "$status" 1 'mistakes make the status 1'
for name in provider/form.c provider/platform.c:2 query.c harness/rules/tagless.c; do
    like "$output" "    $name" "$name is named"
done
run scripts/check-style --help
is "$status" 0 'and it can be asked what it does'
done_testing
