#!/bin/bash
# SPDX-License-Identifier: MIT
#
# scripts/check-duplicates finds a body that is written twice, and none in this tree.
. tests/tap.sh

type -P ctags >/dev/null || skip_all 'no ctags'

cat >"$tmp/first.c" <<'END'
static int sum(const int *items, int count)
{
    int total = 0;

    for (int i = 0; i < count; i++) {
        if (items[i] < 0)
            return -1; /* "a comment" */
        total += items[i];
    }
    return total;
}
END
# changed NAME SED: a second file with what sed makes of the first one; runs the check on both.
changed()
{
    sed "$2" "$tmp/first.c" >"$tmp/$1"
    run scripts/check-duplicates "$tmp/first.c" "$tmp/$1"
}

run scripts/check-duplicates "$tmp/first.c"
is "$status:$output" '0:' 'a body that is written once is no fault'
changed second.c 's/sum/add/; s/"a comment"//; s/    /\t/g; s/ = 0/=0/'
is "$status" 1 'a body that differs in white space and comments is the same'
like "$output" "second.c:1: add has the body of sum \(.*first.c:1\)" 'both places are named'
changed second.c 's/total/result/; s/count/length/; s/items/numbers/'
is "$status" 1 'so is one with other names of variables'
changed second.c 's/< 0/> 0/'
is "$status:$output" '0:' 'one with another operator is not'
changed second.c 's/"a comment"/\*\/ items++; \/\*/'
is "$status:$output" '0:' 'nor one with another statement'
changed first_win.c 's/sum/add/'
is "$status" 1 'a file of one system may not repeat another file'
mv "$tmp/first.c" "$tmp/first_posix.c"
run scripts/check-duplicates "$tmp/first_posix.c" "$tmp/first_win.c"
is "$status:$output" '0:' 'the files of a platform pair may repeat each other'
printf 'int a(int x)\n{\n    x++;\n    x++;\n    x++;\n    x++;\n    return x;\n}\n' >"$tmp/short.c"
sed 's/a(/b(/' "$tmp/short.c" >"$tmp/short_too.c"
run scripts/check-duplicates "$tmp/short.c" "$tmp/short_too.c"
is "$status:$output" '0:' 'five lines may be written twice'
sed -i 's/    return/    x++;\n    return/' "$tmp"/short*.c
run scripts/check-duplicates "$tmp/short.c" "$tmp/short_too.c"
is "$status" 1 '... and six may not'

git rev-parse -q --verify HEAD >/dev/null 2>&1 || { skip 'this tree has no body twice' 'no clone'; done_testing; exit; }
run scripts/check-duplicates
is "$status:$output" '0:' 'this tree has no body twice'
done_testing
