#!/bin/bash
# SPDX-License-Identifier: MIT
# slow
#
# scripts/mutate on a tree of its own: a small source and a test that misses some of its checks; then tests
# and a list that leave no mutant alive.
. tests/tap.sh

run scripts/mutate --list
is "$status" 0 'the sources, tests and equivalent mutants that are listed exist' || diag "$errors"

tree=$tmp/tree
mkdir -p "$tree"/{scripts,provider/os,tests/{mutate,unit}}
cp scripts/mutate scripts/mutants.py scripts/test_jobs.py "$tree/scripts"
cp tests/mutate/mutant.[ch] "$tree/tests/mutate"
cd "$tree" || exit 1
git init -q .
echo /build/ >.gitignore
printf 'provider/os/range.c test_range\n' >tests/mutate/sources

cat >Makefile <<'END'
build/$(TARGET)/tests/test_range: tests/unit/test_range.c $(wildcard provider/os/*.[ch])
	@mkdir -p $(@D)
	@$(CC) -Wall -Werror -Iprovider/os $(if $(filter asan,$(TARGET)),-fsanitize=address) -o $@ $(filter %.c,$^)
build/$(TARGET)/faulty/plain_fake.so: # which tests of the host load
	@mkdir -p $(@D)
	@touch $@
END
cat >provider/os/range.h <<'END'
int clamp(int value, int most);
END
cat >provider/os/range.c <<'END'
#include "range.h"
#define IS_ODD(value) ((value) % 2 == 1)
_Static_assert(sizeof(int) >= 4, "int");

int clamp(int value, int most)
{
    static const int limit = 4 > 3;
    int sum = 0;

    if (value < 0 || value > most)
        return -limit;
    for (int i = 0; i < value; i++)
        sum += i == 1 ? 2 : 1;
    if (IS_ODD(value) && value)
        while (sum > value)
            sum--;
    return sum;
}
END
# A test that tries 0, 2 and 3 of 5, and 9. It appends a line to a file at each run.
cat >tests/unit/test_range.c <<'END'
#include <stdio.h>
#include "range.h"
int main(void)
{
    FILE *runs = fopen("../runs", "a");
    fputs("run\n", runs);
    fclose(runs);
    return clamp(0, 5) != 0 || clamp(2, 5) != 3 || clamp(3, 5) != 3 || clamp(9, 5) != -1;
}
END
git add .

mutate()
{
    run scripts/mutate --limit 1 "$@"
}
survivors()
{
    sed -n 's/^    \(.*: \)provider\/os\/range.c:[0-9]*: /\1/p' <<<"$output"
}

mutate --list
is "$status" 0 'mutants are listed'
is "$output" "$(sed 's/^/provider\/os\/range.c: clamp: /' <<'END'
value < 0 || value > most => false
value < 0 || value > most => true
value < 0 => false
value < 0 => value <= 0
value > most => false
value > most => value >= most
i < value => false
i < value => i <= value
i == 1 => false
i == 1 => true
IS_ODD(value) && value => false
IS_ODD(value) && value => true
value => true
sum > value => false
sum > value => sum >= value
END
)" 'comparisons, conditions and operands are changed; macros, constants and assertions are not'

mutate
is "$status" 1 'survivors make the status 1'
like "$output" '^provider/os/range.c: 15 mutants, ' 'the source and the count of its mutants are said'
is "$(survivors)" "$(cat <<'END'
not reached: clamp: value < 0 => false
survived: clamp: value > most => value >= most
not reached: clamp: value => true
END
)" 'what no test notices is listed, with its function'
is "$(git status --porcelain | grep -v '^A')" '' 'the tree itself is not changed'

count=$(wc -l <build/mutate/runs)
mutate
is "$status $(wc -l <build/mutate/runs)" "1 $count" 'a second run repeats nothing'

cat >tests/mutate/equivalent <<'END'
# A comment
provider/os/range.c: clamp: value => true
    An odd number is
    not 0.
END
mutate
is "$(survivors)" $'not reached: clamp: value < 0 => false\nsurvived: clamp: value > most => value >= most' 'listed mutants are not survivors'
like "$output" '15 mutants, 12 killed, 1 equivalent, 2 survived' 'but counted'

sed -i 's/clamp(0, 5) != 0/& || clamp(-1, 5) != -1 || clamp(5, 5) != 5/' tests/unit/test_range.c
mutate provider/os/range.c
is "$status" 0 'a better test kills the rest'
like "$output" '14 killed, 1 equivalent, 0 survived' 'which is said'

sed -i 's/int sum = 0;/int sum = 0; \/* and it moves *\/\n\n/' provider/os/range.c
mutate
is "$status" 0 'the list holds when lines move'

sed -i '1a provider/os/range.c: clamp: value == 7 => true\n    It was there once.' tests/mutate/equivalent
mutate
is "$status" 1 'an entry without its mutant is a fault'
like "$output" 'no such mutant: clamp: value == 7 => true' 'which is named'

sed -i '3d' tests/mutate/equivalent
mutate
is "$status" 2 'an entry without a reason is bad input'
like "$errors" 'no reason for provider/os/range.c: clamp: value == 7' 'which is said'
rm tests/mutate/equivalent

# A test that never ends with a mutant.
cp tests/unit/test_range.c range.saved
cat >tests/unit/test_range.c <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "range.h"
int main(void)
{
    int sum = clamp(-1, 5) + clamp(3, 5) + clamp(9, 5);
    if (atoi(getenv("MUTANT"))) {
        FILE *file = fopen("../process.new", "w");
        fprintf(file, "%d\n", (int)getpid());
        fclose(file);
        rename("../process.new", "../process");
        for (;;)
            pause();
    }
    return sum == 100;
}
END
rm -rf build/mutate/results
scripts/mutate --limit 3 >interrupted 2>&1 &
mutating=$!
until [[ -e build/mutate/process ]] || ! kill -0 "$mutating" 2>/dev/null; do sleep 0.1; done
kill -TERM "$mutating"
wait "$mutating"
is "$?" 2 'a run can be ended' || diag "$(<interrupted)"
like "$(<interrupted)" 'the next run goes on here' 'which is said'
! kill -0 "$(<build/mutate/process)" 2>/dev/null
ok $? 'it leaves no test running'
mv range.saved tests/unit/test_range.c

sed -i 's/fclose/return 3; fclose/' tests/unit/test_range.c
mutate
is "$status" 2 'a test that fails without a mutant proves nothing'
like "$errors" 'test_range fails without a mutant' 'which is said'
mutate provider/os/other.c
is "$status" 2 'a source that is not listed is bad usage'
done_testing
