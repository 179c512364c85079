/* SPDX-License-Identifier: MIT
 *
 * Finds return addresses by what precedes them: a call instruction.
 */
#include "stack_scan.h"

#include <string.h>

#define SCANNED_WORDS 2048 /* words of the stack that are searched for a return address; chosen */
#define CHUNK 64           /* words that are read at once, because the stack may be small; chosen */

/* Whether a call ends at an address: E8 rel32, whose target is returned, or FF /2 with 0 to 5
   more bytes. */
static bool is_after_call(uintptr_t address, uintptr_t *target)
{
#if defined(__x86_64__) || defined(__i386__)
    const unsigned char *at = (const unsigned char *)address;
    int32_t distance;

    if (at[-5] == 0xE8) {
        memcpy(&distance, at - 4, sizeof(distance));
        *target = address + (uintptr_t)(intptr_t)distance;
        return true;
    }
    for (int length = 2; length <= 7; length++)
        if (at[-length] == 0xFF && (at[-length + 1] & 0x38) == 0x10)
            return true;
    return false;
#else
    (void)address;
    (void)target;
    return true;
#endif
}

void stack_scan_find_callers(const struct stack_scan *scan, struct provider_fault *fault)
{
    const uintptr_t stack = scan->stack & ~(uintptr_t)(sizeof(uintptr_t) - 1);
    uintptr_t words[CHUNK];

    if (!scan->library)
        return;
    for (size_t scanned = 0; scanned < SCANNED_WORDS; scanned += CHUNK) {
        const size_t count = scan->read_words(stack + scanned * sizeof(*words), words, CHUNK);
        for (size_t i = 0; i < count; i++) {
            uintptr_t target = 0;

            if (!scan->is_code(words[i]) || !is_after_call(words[i], &target))
                continue;
            if (!scan->is_provider_fault && !fault->has_caller) {
                fault->has_caller = true;
                fault->caller_module_offset = words[i] - scan->library;
                continue;
            }
            fault->candidates[fault->candidate_count++] =
                (struct provider_candidate){ words[i] - scan->library,
                                             target > scan->library ? target - scan->library : 0 };
            if (fault->candidate_count == PROVIDER_CANDIDATES)
                return;
        }
        if (count < CHUNK)
            break;
    }
}
