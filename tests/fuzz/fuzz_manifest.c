/* SPDX-License-Identifier: MIT
 *
 * libFuzzer: any bytes as a manifest. For an accepted manifest every file can be generated, and the
 * manifest written in schema 2.0 can be read.
 *
 * Corpus: tests/manifests registry
 */
#include <stdint.h>
#include <stdlib.h>

#include "ctrpp.h"
#include "manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct manifest_messages messages;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct ctrpp_options options = { .source = "fuzz.man", .prefix = "" };
    const struct ctrpp_options legacy = {
        .source = "fuzz.man", .prefix = "", .legacy_name = "fuzz", .has_callback = true
    };
    struct manifest manifest, again;
    struct output output = { 0 }, migrated = { 0 };

    if (manifest_parser_parse(data, size, NULL, &manifest, &messages))
        return 0;
    if (!manifest.is_kernel_mode) {
        ctrpp_collisions_check(&manifest, &options, &messages);
        ctrpp_collisions_check(&manifest, &legacy, &messages);
        ctrpp_header_write(&output, &manifest, &options);
        ctrpp_resource_write(&output, &manifest, &options);
        ctrpp_header_write_consumer(&output, &manifest, &options);
        ctrpp_legacy_write_header(&output, &manifest, &legacy);
        ctrpp_legacy_write_source(&output, &manifest, &legacy);
        ctrpp_legacy_write_resource(&output, &manifest, &legacy);
        ctrpp_legacy_write_ids(&output, &manifest, &legacy);
    }
    ctrpp_manifest_write(&migrated, &manifest);
    if (manifest_parser_parse(migrated.data, migrated.size, NULL, &again, &messages))
        abort();
    manifest_parser_release(&again);
    manifest_parser_release(&manifest);
    output_release(&output);
    output_release(&migrated);
    return 0;
}
