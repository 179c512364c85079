#!/bin/bash
# SPDX-License-Identifier: MIT
# There is one version, in the file VERSION. Everything that shows a version shows this one.
# variants: native win64
. tests/tap.sh

version=$(<VERSION)
like "$version" '^[0-9]+\.[0-9]+\.[0-9]+$' 'VERSION holds three numbers'
read -r shown commit date < <(scripts/packaging/version)
is "$shown" "$version" 'scripts/packaging/version reads it'
like "$commit" '^([0-9a-f]{12}(-modified)?|unknown)$' 'and names a commit'
like "$date" '^[0-9]+$' 'and its date'
is "$(git grep -ohE '("version": "|heapctrs:|action@v|ref: v)[0-9]+\.[0-9]+\.[0-9]+' -- scripts/packaging README.md |
    grep -oE '[0-9.]+$' | sort -u)" "$version" 'files for others, and README.md, name no other version'
like "$(cat README.md)" "find_package\(heaptracker ${version%.*} " 'nor does the example for CMake'
like "$(cat CHANGELOG.md)" "## \[$version\]" 'CHANGELOG.md has a chapter on this version'

# resource FILE: the version numbers of its fixed part, and its texts.
resource()
{
    python3 - "$1" <<'END'
import struct, sys
data = open(sys.argv[1], "rb").read()
at = data.find(struct.pack("<I", 0xFEEF04BD))
if at < 0:
    sys.exit("no version resource")
words = struct.unpack_from("<13I", data, at)
print("%d.%d.%d" % (words[2] >> 16, words[2] & 0xFFFF, words[3] >> 16))
texts = data[at : at + 4096].decode("utf-16-le", "replace")
print(texts.split("ProductVersion\0")[1].lstrip("\0").split("\0")[0])
END
}

if [[ $BUILD == */win* ]]; then
    for file in "$BUILD"/*.exe "$BUILD"/*.dll; do
        run resource "$file"
        like "$output" "^$version"$'\n'"$version \(commit [0-9a-f]{12}|unknown" "the version resource of ${file##*/}"
    done
else
    run "$BUILD/perfharness" --version
    shown=$output
    like "$output" "^perfharness $version \(commit ([0-9a-f]{12}(-modified)?|unknown)\)$" '--version shows version and commit'
    run "$BUILD/perfharness" help --format man
    [[ $output == *"\"heapctrs ${shown#perfharness }\""* ]]
    ok $? 'so does a manual page'
    [[ -e $BUILD/man/perfharness.1 ]] || scripts/packaging/manuals "$BUILD"
    scripts/install "$tmp/dest" /usr >/dev/null
    is "$(PKG_CONFIG_LIBDIR=$tmp/dest/usr/lib/pkgconfig pkg-config --variable=commit heaptracker)" "$commit" \
        'so does pkg-config'
fi

# A tarball has no git, so git archive writes the commit into a file.
mkdir -p "$tmp/tree/scripts/packaging"
cp VERSION "$tmp/tree"
cp scripts/packaging/version "$tmp/tree/scripts/packaging"
echo '0123456789abcdef0123456789abcdef01234567 1700000000' >"$tmp/tree/scripts/packaging/commit"
is "$("$tmp/tree/scripts/packaging/version")" "$version 0123456789ab 1700000000" 'a tarball knows its commit'
echo '$Format:%H %ct$' >"$tmp/tree/scripts/packaging/commit"
like "$("$tmp/tree/scripts/packaging/version")" "^$version unknown [0-9]+$" 'a bare copy says that it does not know'
done_testing
