#!/bin/bash
# SPDX-License-Identifier: MIT
# scripts/setup on machines that lack something: PATH has only what the machine of the case has, and apt-get
# is a script that prints its arguments.
. tests/tap.sh

tools=$tmp/tools
mkdir "$tools"
for tool in dirname mkdir tail env bash cat rm sh; do
    ln -s "$(type -P $tool)" "$tools/$tool"
done
for program in gcc g++ sqlite3 python3 clang valgrind nm wine \
    x86_64-w64-mingw32-g++ i686-w64-mingw32-gcc i686-w64-mingw32-g++; do
    printf '#!/bin/sh\n' >"$tools/$program"
    chmod +x "$tools/$program"
done

# apt NAME BODY: an apt-get of its own for a case
apt()
{
    mkdir -p "$tmp/$1"
    printf '#!/bin/bash\necho "$*" >>"%s/asked"\n%s\n' "$tmp/$1" "$2" >"$tmp/$1/apt-get"
    printf '#!/bin/sh\nexec "$@"\n' >"$tmp/$1/sudo"
    chmod +x "$tmp/$1/"*
}

# Run a copy, so that build/ of the tree is not touched.
mkdir -p "$tmp/tree/scripts"
cp scripts/setup scripts/packages "$tmp/tree/scripts"
setup()
{
    run env PATH="$1:$tools" "$tmp/tree/scripts/setup" "${@:2}"
}

setup /nowhere --check win32
is "$status:$output$errors" '0:' 'nothing is said when nothing is missing'

setup /nowhere --check win64
is "$status" 1 'a missing compiler is noticed'
like "$errors" 'gcc-mingw-w64-x86-64-win32 .*64-bit Windows' 'it is named, with what it is for'
like "$errors" "'scripts/setup win64' installs it" 'and so is the remedy'
unlike "$errors" 'g\+\+-mingw|i686' 'what is there is not named'
is "$output" '' 'stdout stays empty'

setup /nowhere win64
is "$status" 1 'without apt-get nothing can be installed'
like "$errors" 'no apt-get' 'that is said'
like "$errors" $'\n  x86_64-w64-mingw32-gcc' 'and which program is wanted'

apt good "[[ \$* == *install* ]] && { printf '#!/bin/sh\\n' >'$tmp/good/x86_64-w64-mingw32-gcc'
chmod +x '$tmp/good/x86_64-w64-mingw32-gcc'; }; exit 0"
setup "$tmp/good" win64
is "$status" 0 'with apt-get it is installed'
like "$output" 'Installing 1 .*gcc-mingw-w64-x86-64-win32 .*64-bit' 'it says what and why'
asked=$(cat "$tmp/good/asked")
like "$asked" '^[^
]* update
[^
]*install -y --no-install-recommends gcc-mingw-w64-x86-64-win32$' 'the lists are updated first, once'
setup "$tmp/good" win64
is "$status:$output$errors:$(cat "$tmp/good/asked")" "0::$asked" 'the second time nothing is done'

apt bad 'echo "E: Unable to locate package" >&2; exit 100'
setup "$tmp/bad" win64
is "$status" 1 'a failing apt-get fails the set-up'
like "$errors" 'no way to install gcc-mingw-w64-x86-64-win32' 'it names the package'
like "$errors" 'Unable to locate package' "apt's own words are shown"
like "$errors" 'apt-get install --no-install-recommends gcc-mingw' 'and what to do'

apt liar 'exit 0'
setup "$tmp/liar" win64
is "$status" 1 'an installation that brings nothing is not believed'
like "$errors" 'not to be found: x86_64-w64-mingw32-gcc' 'that is said too'

setup /nowhere fortran
is "$status" 2 'an unknown group is bad usage'
run scripts/setup --help
like "$output" 'usage: scripts/setup' '--help helps'

while read -r groups package probe reason; do
    [[ $groups && $groups != '#'* && ! ($probe =~ ^(program|header|file):. && $reason) ]] &&
        diag "$package: $probe: $reason" && fail 'every package has a probe and a reason'
done <scripts/packages
pass 'the table of packages is complete'
done_testing
