/* SPDX-License-Identifier: MIT
 *
 * libFuzzer: any text as output of lodctr /q. A service that is read has either all four numbers or
 * none.
 */
#include <stdint.h>
#include <stdlib.h>

#include "lodctr_output.h"
#include "machine_input.h"
#include "registration.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const numbers[] = { "First Counter", "Last Counter", "First Help",
                                           "Last Help" };
    struct registration_error error;
    struct machine_input input = { .name = "f" };
    struct reg_text text;

    if (reg_text_decode(data, size, "f", "output of lodctr /q", &text, &error))
        return 0;
    if (lodctr_output_is(&text) && !lodctr_output_parse(&text, &input)) {
        const struct reg_key *services = reg_tree_find(&input.tree, REG_SERVICES);
        for (const struct reg_key *key = services ? services->first_child : NULL; key;
             key = key->next) {
            const struct reg_key *performance = reg_tree_child(&input.tree, key, "Performance");
            size_t count = 0;
            for (size_t i = 0; i < 4 && performance; i++)
                count += reg_tree_value(&input.tree, performance, numbers[i]) != NULL;
            if (count % 4)
                abort();
        }
    }
    machine_input_release(&input);
    reg_text_release(&text);
    return 0;
}
