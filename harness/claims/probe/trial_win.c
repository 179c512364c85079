/* SPDX-License-Identifier: MIT
 *
 * The observations of a trial, and the table of all trials, expanded from trials.def.
 */
#include "trial.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "truth_system.h"

#define TRIAL(claim, probe, function) { claim, #probe, function },
const struct trial_row trial_rows[] = {
#include "trials.def"
};
#undef TRIAL

const size_t trial_row_count = sizeof(trial_rows) / sizeof(*trial_rows);

/* Add a sentence to a text of TRIAL_TEXT_MAX bytes. It is cut if it does not fit. */
static void add(char *text, const char *format, va_list arguments)
{
    size_t used = strlen(text);

    if (used && used + 3 < TRIAL_TEXT_MAX) {
        memcpy(text + used, "; ", 3);
        used += 2;
    }
    vsnprintf(text + used, TRIAL_TEXT_MAX - used, format, arguments);
}

void trial_observe(struct trial *trial, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    add(trial->observed, format, arguments);
    va_end(arguments);
}

bool trial_expect(struct trial *trial, bool holds, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    add(holds ? trial->observed : trial->against, format, arguments);
    va_end(arguments);
    trial->expected_count++;
    trial->has_failed |= !holds;
    return holds;
}

void trial_impossible(struct trial *trial, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    add(trial->observed, format, arguments);
    va_end(arguments);
    trial->is_impossible = true;
}

bool trial_find(struct trial *trial, const char *name, void *function)
{
    const truth_system_function found = truth_system_find(name);

    if (!found)
        trial_impossible(trial, "this system has no %s", name);
    memcpy(function, &found, sizeof(found));
    return found != NULL;
}

enum trial_result trial_result(const struct trial *trial)
{
    if (trial->has_failed)
        return TRIAL_REFUTED;
    return trial->is_impossible || !trial->expected_count ? TRIAL_NOT_POSSIBLE : TRIAL_CONFIRMED;
}

const char *trial_result_name(enum trial_result result)
{
    static const char *const names[] = {
        [TRIAL_NOT_POSSIBLE] = "not-possible",
        [TRIAL_CONFIRMED] = "confirmed",
        [TRIAL_REFUTED] = "refuted",
    };

    return names[result];
}
