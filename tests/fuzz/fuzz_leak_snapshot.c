/* SPDX-License-Identifier: MIT
 *
 * libFuzzer: any bytes as a snapshot of live blocks. An accepted snapshot can be compared with
 * itself and printed, and its places lie in modules that exist.
 *
 * Corpus: tests/fuzz/corpus/fuzz_leak_snapshot
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "leak_print.h"
#include "leak_stack.h"
#include "stack_pprof.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_place(const struct leak_snapshot *snapshot, const struct leak_place *place)
{
    if (place->module != LEAK_NO_MODULE && place->module >= snapshot->module_count)
        abort();
}

static void check(const struct leak_snapshot *snapshot)
{
    struct output output = { 0 };
    struct leak_diff diff;

    for (size_t i = 0; i < snapshot->site_count; i++)
        for (size_t k = 0; k <= snapshot->sites[i].caller_count; k++)
            check_place(snapshot, leak_site_place(&snapshot->sites[i], k));
    for (size_t i = 0; i < snapshot->fault_count; i++) {
        check_place(snapshot, &snapshot->faults[i].place);
        check_place(snapshot, &snapshot->faults[i].first);
    }
    if (leak_diff_init(&diff, snapshot, snapshot) == ERROR_SUCCESS) {
        if (diff.site_count || diff.fault_count)
            abort();
        leak_print_diff_table(&output, &diff, false);
        leak_print_diff_json(&output, &diff);
        leak_diff_release(&diff);
    }
    leak_print_table(&output, snapshot, false);
    for (size_t i = 0; i < output.size; i++) /* whatever the input, the output harms no terminal */
        if ((unsigned char)output.data[i] < 0x20 && output.data[i] != '\n')
            abort();
    leak_print_json(&output, snapshot);
    output_clear(&output);
    stack_print_table(&output, snapshot, &(struct stack_print_options){ .is_by_stack = true });
    stack_print_table(&output, snapshot, &(struct stack_print_options){ .most_rows = 3 });
    stack_print_folded(&output, snapshot, &(struct stack_print_options){ .has_all_frames = true });
    for (size_t i = 0; i < output.size; i++)
        if ((unsigned char)output.data[i] < 0x20 && output.data[i] != '\n')
            abort();
    stack_pprof_write(&output, snapshot, &(struct stack_print_options){ 0 }, 0);
    output_release(&output);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct leak_snapshot snapshot;
    struct leak_parse_error error = { 0, NULL };

    if (leak_snapshot_parse(&snapshot, (const char *)data, size, &error) == ERROR_SUCCESS) {
        check(&snapshot);
        leak_snapshot_release(&snapshot);
    } else if (!error.rule || error.line == 0) {
        abort();
    }
    return 0;
}
