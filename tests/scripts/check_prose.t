#!/bin/bash
# SPDX-License-Identifier: MIT
# slow
#
# scripts/check-prose finds a phrase of scripts/prose-words in each place where prose is written, reads no
# code, and leaves out only the files of scripts/prose-exceptions.
. tests/tap.sh

tree=$tmp/tree
mkdir -p "$tree"/scripts "$tree"/new "$tree"/old
cp scripts/prose-words "$tree/scripts/"
echo 'old/*' >"$tree/scripts/prose-exceptions"
git -C "$tree" init -q

# The good sample: the phrases are only in code, in names and in `code`.
cat >"$tree/new/good.c" <<'END'
/* The remaining bytes are copied. `room` is a variable, behind_it.c a file. It stands for a space. */
#include "behind.h"
int room(int behind);
int stands = 'a'; // after the block
const char *message = "no counter matches, see census.c";
END
printf 'The caller frees it with `whoever`.\n\n```\nroom behind\n```\n[after](behind.md)\n\n    room behind\n    none\n' >"$tree/new/good.md"
printf '#!/bin/bash\nroom=1 # the size\necho "$room ${behind}"\n' >"$tree/new/good.sh"
printf '"""The size."""\nroom = behind  # after\n' >"$tree/new/good.py"
cp "$tree/new/good.c" "$tree/old/good.c"
git -C "$tree" add -A
run scripts/check-prose --root "$tree"
is "$status:$output$errors" '0:' 'plain English and code have no hit'

# The bad samples: FILE, LINE, PHRASE, CONTENT.
while IFS='|' read -r file line phrase content; do
    printf '%b\n' "$content" >"$tree/new/$file"
    git -C "$tree" add -A
    run scripts/check-prose --root "$tree"
    is "$status:${output%%: write*}" "1:new/$file:$line: \"$phrase\"" "found in $file: $content"
    rm -f "$tree/new/$file"
    git -C "$tree" add -A
done <<'END'
comment.c|2|behind|int i;\n/* The bytes behind the header. */
wrapped.h|2|is none|/* That\n * is\n * none. */
line.cpp|1|Whoever|// Whoever calls it.
literal.c|1|told|const char *m = "the caller is told";
joined.c|1|is none|const char *m = "that is "\n                "none";
row.def|1|room|ROW(a, "no room")
text.md|3|stands|Good.\n\nIt stands there.
shell.t|2|nobody|#!/bin/bash\ntrue # nobody waits
message.sh|2|room|#!/bin/bash\necho 'no room'
doc.py|1|anew|"""Begins anew."""
rules.mk|1|behind|all: # behind
END

printf '/* Nobody waits. */\n' >"$tree/old/bad.c"
git -C "$tree" add -A
run scripts/check-prose --root "$tree"
is "$status:$output" '0:' 'a file of the exceptions is left out'
run scripts/check-prose --root "$tree" --all --count
is "$status" 1 '... but not with --all'
like "$output" '1 old' '... and --count counts by folder'

echo 'no arrow' >"$tree/scripts/prose-words"
run scripts/check-prose --root "$tree"
is "$status" 2 'a table with a bad line makes no check'
like "$errors" 'scripts/prose-words:1' '... and the message names the line'

if git rev-parse -q --verify HEAD >/dev/null 2>&1; then
    run scripts/check-prose
    is "$status:$output" '0:' 'this tree has no hit outside of the exceptions'
fi
done_testing
