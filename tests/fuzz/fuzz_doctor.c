/* SPDX-License-Identifier: MIT
 *
 * libFuzzer: any bytes as an input of the doctor, of any form. An examination changes no input;
 * repairing a repaired input changes nothing; every report can be written.
 *
 * Corpus: tests/registrations tests/buffers registry tests/fuzz/corpus/fuzz_backup_file
 * Corpus: tests/fuzz/corpus/fuzz_lodctr_output
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "doctor_bundle.h"
#include "doctor_report.h"
#include "repair_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct doctor_options no_options;

static void write_all(const struct machine_input *input, const struct diagnosis *diagnosis)
{
    const struct doctor_report report = {
        .diagnosis = diagnosis, .inputs = input, .input_count = 1, .shows_notes = true
    };
    const struct repair_paths paths = { .services = input->services_path,
                                        .perflib = input->perflib_path };
    struct output output = { 0 };

    doctor_report_text(&report, &output);
    doctor_report_markdown(&report, &output);
    doctor_json_write(&report, &output);
    doctor_json_write_sarif(&report, &output);
    output_clear(&output);
    doctor_bundle_write(&report, &output);
    repair_file_write(diagnosis, false, &paths, &output);
    repair_file_write(diagnosis, true, &paths, &output);
    output_release(&output);
}

/* Apply the chosen changes. */
static void repair(struct machine_input *input, const struct diagnosis *diagnosis)
{
    for (size_t i = 0; i < diagnosis->change_count; i++) {
        const struct diagnosis_change *change = &diagnosis->changes[i];
        struct reg_key *key = reg_tree_find(&input->tree, change->key);
        if (!key || !diagnosis_is_chosen(diagnosis, change))
            continue;
        if (!change->has_value)
            reg_tree_remove_value(&input->tree, key, change->value);
        else if (reg_tree_set(&input->tree, key, change->value, change->type_after, change->after,
                              change->size_after))
            abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = { "f", "perfc009.dat", "perfh0804.dat" };
    struct registration_error error;
    struct machine_input input;
    struct diagnosis first, second;
    size_t name = size ? data[size - 1] % 3 : 0;

    if (machine_input_parse(data, size, names[name], &input, &error))
        return 0;
    if (doctor_has_anything(&input, 1)) {
        size_t nodes = input.tree.node_count;
        if (doctor_examine(&input, 1, &no_options, &first) || input.tree.node_count != nodes)
            abort();
        write_all(&input, &first);
        repair(&input, &first);
        if (doctor_examine(&input, 1, &no_options, &second) ||
            (input.kind == MACHINE_INPUT_REGISTRY && repair_file_count(&second)))
            abort();
        diagnosis_release(&first);
        diagnosis_release(&second);
    }
    machine_input_release(&input);
    return 0;
}
