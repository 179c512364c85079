#!/bin/bash
# SPDX-License-Identifier: MIT
# slow
#
# Runs check-reproducible for one library instead of all files. The test then makes builds that must not pass: one
# whose files contain the name of their folder, and one that fails.
. tests/tap.sh

git rev-parse -q --verify HEAD >/dev/null 2>&1 || skip_all 'it needs a clone'
git clone -q . "$tmp/clone" && cp scripts/packaging/check-reproducible "$tmp/clone/scripts/packaging"
check=$tmp/clone/scripts/packaging/check-reproducible

run "$check" native:libprocesssnapshot.a
is "$status" 0 'two builds of a library are the same bytes' || diag "$output" "$errors"
like "$output" 'same in both builds: 1$' 'which it says'

cd "$tmp/clone" || exit
sed -i 's/ -ffile-prefix-map=[^ ]*//' Makefile
git -c user.name=test -c user.email=test@example.org commit -qam 'A build that knows its folder'
run "$check" native:libprocesssnapshot.a
is "$status" 1 'a build whose debug information has its folder is found'
like "$output" 'libprocesssnapshot\.a.*differ' 'and the file is named'

echo 'broken' >provider/snapshot/broken.c
git add provider && git -c user.name=test -c user.email=test@example.org commit -qam 'A source that does not compile'
run "$check" native:libprocesssnapshot.a
is "$status" 1 'a build that fails proves nothing'
like "$errors" 'the build of .* failed' 'which it says'
run "$check" --nothing
is "$status" 2 'an unknown option is bad usage'
done_testing
