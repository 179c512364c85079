#!/bin/bash
# SPDX-License-Identifier: MIT
# slow
# make install collects what works elsewhere without the tree; make dist packs the last commit.
. tests/tap.sh

[[ -e $BUILD/man/perfharness.1 ]] || scripts/packaging/manuals "$BUILD"
run scripts/install
is "$status" 2 'install without its arguments is bad usage'
run scripts/install "$tmp/dest" usr
is "$status" 2 'and so is a prefix that is no full path'
run scripts/install "$tmp/dest" /opt/heap
is "$status" 0 'it installs what was built' || diag "$errors"
root=$tmp/dest/opt/heap
tree=$PWD

cd / || exit 1
PATH=$root/bin:$PATH run perfharness query --format json
is "$status" 0 'the installed program finds its provider and registration from anywhere' || diag "$errors"
like "$output" 'Custom Heap' 'and answers'
PATH=$root/bin:$PATH run perfharness list
like "$output" "$root/lib/heapctrs/heapctrs.so" 'by the provider that was installed with it'
cd "$tree" || exit 1

run env LD_PRELOAD="$root/lib/libheaptracker-preload.so" HEAPCTRS_DIR="$tmp" /bin/true
is "$status:$errors" '0:' 'the preload library is there'
for file in share/heapctrs/heapctrs.ini share/heapctrs/heapctrs.man share/heapctrs/heapctrs-service.reg \
    share/doc/heapctrs/README.md share/doc/heapctrs/SECURITY.md share/doc/heapctrs/LICENSE \
    share/man/man1/perfharness.1 share/man/man7/libheaptracker-preload.7 \
    share/bash-completion/completions/perfharness; do
    [[ -s $root/$file ]]
    ok $? "$file is there"
done
is "$(find "$root" -perm /022 -not -type l)" '' 'only the owner can write there'

run env -u MAKEFLAGS -u MAKELEVEL make -s TARGET=native build/native/portable/perfharness
is "$status" 0 'the program of the Linux archive is linked' || diag "$errors"
unlike "$(objdump -p build/native/portable/perfharness)" 'NEEDED +lib(expat|microhttpd|z)\.' 'with its libraries in it'
run build/native/portable/perfharness --version
is "$status:$output" "0:$(build/native/perfharness --version)" 'and runs'

git rev-parse -q --verify HEAD >/dev/null 2>&1 || { diag 'no clone: make dist is not tried'; done_testing; }
git clone -q . "$tmp/clone" && cp scripts/dist "$tmp/clone/scripts/dist"
run "$tmp/clone/scripts/dist"
is "$status" 0 'make dist packs a clone'
archive=$tmp/clone/$output
sum=$(sha256sum <"$archive")
run "$tmp/clone/scripts/dist"
is "$(sha256sum <"$archive")" "$sum" 'into the same bytes each time'
tar -xzf "$archive" -C "$tmp"
folder=$(basename "$archive" .tar.gz)
is "$(cd "$tmp/$folder" && find . -type f | sed 's|^\./||' | sort | sha256sum)" \
    "$(git ls-tree -r --name-only HEAD | sort | sha256sum)" 'with every file of the commit, and nothing else'
# It is not built, because a build takes minutes. It is enough that make knows what to do without git.
run make -C "$tmp/$folder" -n TARGET=native build
is "$status" 0 'and make knows how to build it'
run "$tmp/$folder/scripts/dist"
is "$status" 2 'an archive is no clone, and dist says so'
done_testing
