#!/bin/bash
# SPDX-License-Identifier: MIT
# Manual pages and completions are made from the tables that --help prints. They are complete, and the
# programs that read them accept them.
. tests/tap.sh

program=$BUILD/perfharness
run scripts/packaging/manuals "$BUILD"
is "$status" 0 'all pages and completions are written' || diag "$errors"
mapfile -t pages < <("$program" help --list | tr ' ' .)
is "$(cd "$BUILD/man" && ls | sort)" "$(printf '%s\n' "${pages[@]}" | sort)" 'they are those that help --list names'
mapfile -t commands < <("$program" --help | awk '/^Commands:/ { inside = 1; next } /^$/ { inside = 0 } inside { print $1 }')
((${#commands[@]} > 10))
ok $? 'the program has commands'

missing=()
for command in "${commands[@]}"; do
    page=$(sed 's/\\-/-/g' "$BUILD/man/perfharness-$command.1" 2>&1)
    is "$("$program" help "$command")" "$("$program" "$command" --help)" "help $command is $command --help"
    while read -r option; do
        [[ $page == *"$option\\fR"* ]] || missing+=("$command $option")
    done < <("$program" "$command" --help | sed -n '/^Options:/,/^Options of all/s/^ *\(-[a-z], \)\{0,1\}\(--[a-z0-9-]*\).*/\2/p')
done
is "${missing[*]}" '' 'every option is in the page of its command'

if type -P mandoc >/dev/null; then
    # A page has no date: two builds of one version have the same page.
    is "$(cd "$BUILD/man" && mandoc -T lint -W warning "${pages[@]}" | grep -v 'missing date')" '' 'mandoc has no complaint'
else
    skip 'mandoc has no complaint' 'mandoc is not installed'
fi

gaps=$("$program" help --format man heapctrs-region | awk '
    function finish() { if (count && end != size) print title " ends at " end " of " size }
    /^\.SS / { finish(); title = $2; size = $(NF - 1); end = 0; count++ }
    /^Offset [0-9]+, [0-9]+ bytes\.$/ {
        if ($2 + 0 != end) print title " has a gap between " end " and " $2 + 0
        end = $2 + $3
    }
    END { finish(); print count " structures" }')
is "$gaps" '4 structures' 'the page on the region format describes every byte of its structures'

run "$program" help --format man nothing
is "$status" 2 'there is no page on an unknown subject'
run "$program" help check list
is "$status" 2 'help is about one command'
like "$errors" 'name one command' 'and says so'
run "$program" help --format bash check
is "$status" 2 'completions are for all commands together'

# complete WORD…: what bash offers for the last word
complete_words()
{
    bash -c 'source "$1"; shift
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _perfharness
        printf "%s\n" "${COMPREPLY[@]}"' bash "$BUILD/completions/perfharness.bash" "$@"
}
is "$(complete_words perfharness unin)" uninstall 'bash completes a command'
like "$(complete_words perfharness --)" '--registry' 'and common options'
like "$(complete_words perfharness check --form)" '^--format$' 'an option of a command'
is "$(complete_words perfharness check --format js)" json 'the words that it takes'
is "$(complete_words perfharness --trust reg)" registered 'those of a common option'
is "$(complete_words perfharness help unin)" uninstall 'and the subject of help'
touch "$tmp/provider.so"
is "$(complete_words perfharness check "$tmp/prov")" "$tmp/provider.so" 'and file names'
for shell in zsh fish; do
    if type -P $shell >/dev/null; then
        run $shell -n "$BUILD/completions/perfharness.$shell"
        is "$status:$errors" '0:' "$shell accepts its completions"
    else
        skip "$shell accepts its completions" "$shell is not installed"
    fi
done

if [[ $BUILD == build/native ]] && type -P mandoc >/dev/null; then
    run scripts/packaging/docs
    is "$status" 0 'the HTML is written' || diag "$errors"
    is "$(cd build/docs/rules && printf '%s\n' *.html | grep -vx index.html | sort)" \
        "$("$program" check --rules --format json | grep -oP '"rule": "\K[^"]+' | sed 's/$/.html/' | sort)" \
        'with a page for every rule'
    like "$(cat build/docs/rules/guard-overrun.html)" '<h2>Why</h2>.*<h2>Wrong</h2>.*<h2>Right</h2>.*overrun_by_one' \
        'which explains it, with wrong and right code and a provider that breaks it'
    is "$(grep -oE '<code>[A-Z]+_[A-Z_]+' build/docs/environment.html | cut -c7- | sort -u)" \
        "$(grep -oP '^ENVIRONMENT\("\K[A-Z_]+' harness/cli/environment.def | sort -u)" 'and every environment variable'
    is "$(cd build/docs && grep -roP 'href="\K[^"#:]+' --include='*.html' . | sort -u | while IFS=: read -r page link; do
        [[ -e ${page%/*}/$link ]] || echo "$page: $link"
    done)" '' 'no link is broken'
else
    skip 'the HTML is written' 'it is made of the native build, by mandoc'
fi

# In the sources a variable's name is a string. PERFHARNESS_PROVIDER_PROCESS is between the program and its
# child.
is "$(git grep -hoE '"(HEAPCTRS|PERFHARNESS)_[A-Z0-9_]+"' -- 'provider/*.c' 'harness/*.c' | grep -v PROVIDER_PROCESS | sort -u)" \
    "$(grep -oE '"(HEAPCTRS|PERFHARNESS)_[A-Z0-9_]+"' harness/cli/environment.def | sort -u)" \
    'every environment variable that the product reads is documented'
done_testing
