/* SPDX-License-Identifier: MIT
 *
 * Writes the names of generated code from the table ctrpp_names.def.
 */
#include "ctrpp_names.h"

#include <assert.h>
#include <string.h>

#include "perflib_emulation.h"

enum { PLAIN = false, PREFIXED = true };

const struct ctrpp_name_form ctrpp_names_forms[CTRPP_NAME_COUNT] = {
#define CTRPP_NAME(id, of, prefixing, before, after, what)                                         \
    [CTRPP_NAME_##id] = { #id, CTRPP_OF_##of, prefixing, before, after, what },
#include "ctrpp_names.def"
#undef CTRPP_NAME
};

struct ctrpp_scope ctrpp_names_scope(const struct manifest *manifest,
                                     const struct ctrpp_options *options)
{
    return (struct ctrpp_scope){ .manifest = manifest, .options = options };
}

struct ctrpp_scope ctrpp_names_scope_of_set(const struct ctrpp_scope *scope, size_t i)
{
    struct ctrpp_scope inner = *scope;

    inner.set = &scope->manifest->sets[i];
    inner.set_number = i + 1;
    inner.counter = NULL;
    return inner;
}

struct ctrpp_scope ctrpp_names_scope_of_counter(const struct ctrpp_scope *scope, size_t i)
{
    struct ctrpp_scope inner = *scope;

    inner.counter = &scope->set->counters[i];
    return inner;
}

bool ctrpp_names_applies(const struct ctrpp_name_form *form, const struct ctrpp_scope *scope)
{
    const bool is_legacy = scope->options->legacy_name != NULL;
    const bool is_reference =
        scope->counter && (scope->counter->attributes & PERF_ATTRIB_BY_REFERENCE);

    switch (form->of) {
    case CTRPP_OF_CODE:
    case CTRPP_OF_PROVIDER:
        return !is_legacy && !scope->set;
    case CTRPP_OF_SET:
        return !is_legacy && scope->set && !scope->counter;
    case CTRPP_OF_COUNTER:
        return scope->counter && scope->counter->symbol;
    case CTRPP_OF_VALUE:
        return !is_legacy && scope->counter && scope->counter->symbol && !is_reference;
    case CTRPP_OF_REFERENCE:
        return !is_legacy && scope->counter && scope->counter->symbol && is_reference;
    case CTRPP_OF_LEGACY_CODE:
    case CTRPP_OF_LEGACY:
        return is_legacy && !scope->set;
    case CTRPP_OF_LEGACY_SET:
        return is_legacy && scope->set && !scope->counter;
    }
    return false;
}

static const char *symbol_of(const struct ctrpp_scope *scope, enum ctrpp_name_of of)
{
    switch (of) {
    case CTRPP_OF_PROVIDER:
        return scope->manifest->symbol;
    case CTRPP_OF_SET:
        return scope->set->symbol;
    case CTRPP_OF_COUNTER:
    case CTRPP_OF_VALUE:
    case CTRPP_OF_REFERENCE:
        return scope->counter->symbol;
    case CTRPP_OF_LEGACY:
    case CTRPP_OF_LEGACY_SET:
        return scope->options->legacy_name;
    case CTRPP_OF_CODE:
    case CTRPP_OF_LEGACY_CODE:
        break;
    }
    return "";
}

void ctrpp_names_add(struct output *output, const struct ctrpp_scope *scope,
                     const struct ctrpp_name_form *form)
{
    if (scope->options->hides_names) {
        output_add_text(output, "0");
        return;
    }
    if (form->is_prefixed)
        output_add_text(output, scope->options->prefix);
    output_add_text(output, form->before);
    output_add_text(output, symbol_of(scope, form->of));
    output_add_text(output, form->after);
    if (form->of == CTRPP_OF_LEGACY_SET)
        output_add_format(output, "%zu", scope->set_number);
}

static const struct ctrpp_name_form *find_form(const char *id, size_t length)
{
    size_t i = 0;

    while (i < CTRPP_NAME_COUNT && (strlen(ctrpp_names_forms[i].id) != length ||
                                    memcmp(ctrpp_names_forms[i].id, id, length) != 0))
        i++;
    assert(i < CTRPP_NAME_COUNT); /* the generator's template names a form that the table lacks */
    return &ctrpp_names_forms[i];
}

void ctrpp_names_add_code(struct output *output, const struct ctrpp_scope *scope, const char *code)
{
    for (const char *dollar; (dollar = strchr(code, '$')) != NULL;) {
        const char *id = dollar + 1;
        const size_t length = strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");

        output_add(output, code, (size_t)(dollar - code));
        ctrpp_names_add(output, scope, find_form(id, length));
        code = id + length;
    }
    output_add_text(output, code);
}
