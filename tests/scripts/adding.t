#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
# slow
"""The README's instructions for adding a counter, a rule, a command, a format, a reader and an event are
right: all of them are added at once, in a copy of the tree, which is then built and tested."""
import os
import re
import shutil
import subprocess
import sys

sys.path.insert(0, "tests")
import tap

TREE = os.path.join(tap.TMP, "tree")


def copy_tree():
    """The tracked files in their current state, in a git checkout of this test."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            capture_output=True, check=True).stdout.decode().split("\0")
    for path in filter(None, listed):
        if os.path.exists(path):
            os.makedirs(os.path.dirname(os.path.join(TREE, path)), exist_ok=True)
            shutil.copy2(path, os.path.join(TREE, path), follow_symlinks=False)
    os.chdir(TREE)
    commit("a copy")


def commit(message):
    """Commit, because tests compare with what is committed."""
    if not os.path.isdir(".git"):
        subprocess.run(["git", "init", "-q"], check=True)
    subprocess.run(["git", "add", "-A"], check=True)
    subprocess.run(["git", "-c", "user.name=test", "-c", "user.email=test@localhost", "commit", "-q", "-m", message],
                   check=True)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def insert(path, after, text):
    """Insert text directly after the only occurrence of `after`."""
    content = read(path)
    if content.count(after) != 1:
        raise ValueError(f"{path} has {content.count(after)} times: {after}")
    write(path, content.replace(after, after + text))


def append(path, text):
    write(path, read(path).rstrip("\n") + "\n" + text)


# ---- a counter of each object ---------------------------------------------------------------------

def next_symbol():
    return max(int(number) for number in re.findall(r"^(?:COUNTER|OBJECT)\(\w+, (\d+),", read("provider/counters.def"),
                                                    re.M)) + 2


def next_slot(of):
    table = read("provider/counters.def")
    slots = re.findall(rf"^COUNTER\({of}, \d+, (\d+),", table, re.M) + re.findall(rf"^BASE\({of}, (\d+),", table, re.M)
    return max(map(int, slots)) + 1


def add_counter(of, before_row, name, value_file, value_after, value):
    """Insert a row before the one that begins with `before_row` (None: after the object's last), with its
    value."""
    row = (f'COUNTER({of}, {next_symbol()}, {next_slot(of)}, added, "{name}",\n'
           f'        PERF_COUNTER_LARGE_RAWCOUNT, 0, PERF_DETAIL_NOVICE,\n        "A counter that a test adds.")\n')
    table = read("provider/counters.def")
    if before_row:
        at = table.index(before_row)
    else:
        last = list(re.finditer(rf"^(?:COUNTER|BASE)\({of},.*?\)$", table, re.M | re.S))[-1]
        at = last.end() + 1
    write("provider/counters.def", table[:at] + row + table[at:])
    insert(value_file, value_after, f"\n    SET(added, {value});")


copy_tree()
INDICES = re.findall(r"^#define (\w+) (\d+)$", read("registry/heapctrs.h"), re.M)
add_counter("custom_heap", "COUNTER(custom_heap, 12,", "Added in the Middle", "provider/custom_heap.c",
            "SET(frees, heap->free_count);", "7")
add_counter("custom_heap_provider", None, "Added at the End", "provider/provider.c", "SET(heaps, heap_count);", "8")
add_counter("custom_heap_process", None, "Added to the Last Object", "provider/custom_heap_process.c",
            "SET(handles, statistics->handles);", "9")

# ---- a rule ----------------------------------------------------------------------------------------

insert("harness/rules/rules.def", '"PerfCreateInstance: szInstanceName")\n', '''RULE(name_added, "name-added", STRUCTURE, WARNING,
     "No instance is called \\"added\\".",
     "Call it something else.",
     "a test of this project")
''')
insert("harness/rules/validator_instances.c", '''                         instance->position, length);
''', '''    if (length == 5 && unit_at(instance->name, unit_size, 0) == 'a' &&
        unit_at(instance->name, unit_size, 4) == 'd')
        validator_report(state, RULE_name_added, offset, VALIDATOR_NO_COUNTER,
                         "%s: instance %" PRIu32 " is called \\"added\\",", structure,
                         instance->position);
''')
def explain(rule, claim):
    """The claim on which a rule rests, and its explanation."""
    append("harness/claims/claims.def", f'''CLAIM("{claim}", 'D', "rule:{rule.replace("_", "-")}",
      "A test of this project says so.", OWN_CHOICE, NO_PROBE(own_advice))
''')
    append("harness/rules/explanations.def", f'''EXPLANATION({rule}, "A test adds it.", "wrong();\\n", "right();\\n",
    "Nothing.", "None.")
''')


explain("name_added", "added-name")
write("tests/faulty/name_added.c", '''/* rule: name-added */
#include "frame/faulty.h"

static void build(struct answer *answer)
{
    begin_object(answer, 0, 1);
    add_counter(answer, 2, PERF_COUNTER_RAWCOUNT);
    add_instance(answer, TEXT16("added"));
    end_object(answer);
}
#define BUILD build
#include "frame/exports.h"
''')

# ---- a command, a format, a reader -----------------------------------------------------------------

append("harness/cli/commands.def", "COMMAND(added)\n")
write("harness/cli/command_added.c", '''/* SPDX-License-Identifier: MIT
 *
 * A command that a test adds.
 */
#include <stdio.h>

#include "command.h"

static int added_run(const struct global_options *global, int argc, char **argv)
{
    (void)global;
    (void)argc;
    (void)argv;
    puts("added");
    return EXIT_FINE;
}

const struct command command_added = {
    .name = "added",
    .usage = "",
    .summary = "print a word",
    .help = "Prints a word.\\n",
    .run = added_run,
};
''')
append("harness/format/formats.def", "FORMAT(added)\n")
write("harness/format/format_added.c", '''/* SPDX-License-Identifier: MIT
 *
 * A format that a test adds: the number of bytes.
 */
#include "format_writers.h"

DWORD format_added_write(struct output *output, const struct decoder_input *input,
                         const struct format_options *options)
{
    (void)options;
    output_add_format(output, "%zu bytes\\n", input->newer.size);
    return output->is_lost ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS;
}
''')
append("harness/rules/readers.def", 'READER(added, "added", "a reader that a test adds")\n')
append("harness/rules/rules.def", '''RULE(reader_added, "reader-added", READER, WARNING,
     "The reader that a test adds reads the answer.",
     "Begin with the object that it is made for.",
     "a test of this project")
''')
explain("reader_added", "added-reader")
write("tests/faulty/reader_second_object.c",
      read("tests/faulty/reader_second_object.c").replace("reader-far; check: --reader far", "reader-far, reader-added; check: --reader far,added"))
insert("harness/rules/reader_model.c", "{ READER_nmap, reader_model_simple },\n", "        { READER_added, run_added },\n")
write("harness/rules/reader_model.c", read("harness/rules/reader_model.c").replace(
    "/* ---- all of them ", '''static void run_added(struct model *model)
{
    reader_model_report_differ(model, 0, "all of it", 0, "does not see it");
}

/* ---- all of them '''))

# ---- an event --------------------------------------------------------------------------------------

insert("provider/tracker/tracker_events.def", "HEAP_EVENT(5, close, FIELD(Heap))\n",
       "HEAP_EVENT(6, added, FIELD(Heap))\n")
insert("provider/tracker/events.h", "void events_write_close(uint32_t heap);\n", "void events_write_added(uint32_t heap);\n")
append("provider/tracker/events_posix.c", '''
void events_write_added(uint32_t heap)
{
    STAP_PROBE1(heapctrs, added, (uint64_t)heap);
}
''')
MANIFEST = "registry/heapctrs-events.man"
insert(MANIFEST, '<task name="close" value="5"/>\n', '          <task name="added" value="6"/>\n')
insert(MANIFEST, '''          <template tid="close">
            <data name="Heap" inType="win:UInt64"/>
          </template>
''', '''          <template tid="added">
            <data name="Heap" inType="win:UInt64"/>
          </template>
''')
insert(MANIFEST, 'task="close" template="close"/>\n',
       '          <event value="6" symbol="HEAP_ADDED" level="win:Informational" task="added" template="added"/>\n')

# ---- built once, and tested ------------------------------------------------------------------------

environment = {name: os.environ[name] for name in os.environ if not name.startswith("MAKE")}


def make(*goals):
    made = subprocess.run(["make", "-s", f"-j{os.cpu_count()}", "--no-print-directory", *goals], env=environment,
                          capture_output=True, text=True)
    return made.returncode, made.stdout[-3000:] + made.stderr[-3000:]


GOALS = ["build", "build/native/faulty/name_added.so", "build/native/tests/test_counter_table",
         "build/native/tests/test_buffer_writer", "build/native/tests/test_provider", "build/native/tests/test_rules",
         "build/native/registry-generator", "build/native/programs/v2_publisher",
         "build/native/programs/scripted_publisher"]
for goals, name in ((["registry"], "make registry writes the files of the counters"),
                    (["rules"], "make rules writes the lists of rules and of faulty providers"),
                    (["TARGET=native", *GOALS], "everything that was added builds")):
    status, said = make(*goals)
    tap.ok(status == 0, name, "\n".join(line for line in said.splitlines() if not line.startswith("  ")))
commit("what was added")

new = dict(re.findall(r"^#define (\w+) (\d+)$", read("registry/heapctrs.h"), re.M))
tap.equal([name for name, number in INDICES if new.get(name) != number], [], "no existing counter has another number")
tap.equal(len(new) - len(INDICES), 3, "each object has one counter more")

PERFHARNESS = "build/native/perfharness"
regions = {"HEAPCTRS_DIR": os.path.join(tap.TMP, "regions")}
os.makedirs(regions["HEAPCTRS_DIR"], mode=0o700)
values = tap.run([PERFHARNESS, "--registry", "registry/heapctrs.reg", "query", "--format", "json",
                  "--counter", r"\Custom Heap(*)\Added in the Middle",
                  "--counter", r"\Custom Heap Provider\Added at the End"], env=regions)
tap.like(values.stdout, r'"name": ?"Added at the End"', "the counter at an object's end is read by its name")
tap.like(values.stdout, r'"name": ?"Added in the Middle"', "so is the one in the middle")
tap.like(values.stdout, r'": ?8\b', "the value is the one that was written")
checked = tap.run([PERFHARNESS, "check", "build/native/heapctrs.so"], env=regions)
tap.like(checked.stdout, r" 0 broken", "check finds no fault in the provider with more counters")

faulty = tap.run([PERFHARNESS, "check", "build/native/faulty/name_added.so"])
tap.like(faulty.stdout, "name-added", "the rule that was added is broken by the provider that was added")
tap.like(tap.run([PERFHARNESS, "check", "--explain", "name-added"]).stdout, "A test adds it", "it is explained")
tap.like(read("harness/rules/RULES.md"), "name-added", "the list of rules has it")
tap.like(read("tests/faulty/README.md"), "name_added", "the list of faulty providers has that provider")

tap.equal(tap.run([PERFHARNESS, "added"]).stdout, "added\n", "the command that was added runs")
tap.like(tap.run([PERFHARNESS, "--help"]).stdout, "print a word", "the help lists it")
blob = tap.run([PERFHARNESS, "decode", "tests/buffers/good-two-objects.bin", "--format", "added"])
tap.equal(blob.stdout + blob.stderr, f"{os.path.getsize('tests/buffers/good-two-objects.bin')} bytes\n", "the format that was added writes")
reader = tap.run([PERFHARNESS, "check", "--reader", "added", "tests/buffers/good-two-objects.bin"])
tap.like(reader.stdout, "reader-added", "the reader that was added is asked")
notes = tap.run(["readelf", "-n", "build/native/libheaptracker-preload.so"]).stdout
tap.like(notes, r"Provider: heapctrs\s+Name: added", "the event that was added is a probe")

for test in ("test_counter_table", "test_buffer_writer", "test_provider", "test_rules"):
    run = tap.run(["build/native/tests/" + test], env=regions)
    tap.ok(run.status == 0, f"{test} passes with what was added", run.stdout[-1500:])
for test in ("tests/provider/registry.t", "tests/provider/collect.t", "tests/provider/heapctrs_v2.t", "tests/harness/coverage.t",
             "tests/harness/truth.t"):
    run = tap.run([test], env=dict(regions, BUILD="build/native"))
    tap.ok(run.status == 0, f"{test} passes with what was added", "\n".join(
        line for line in (run.stdout + run.stderr).splitlines() if not line.startswith("ok")))
tap.done()
