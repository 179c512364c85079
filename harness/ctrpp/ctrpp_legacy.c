/* SPDX-License-Identifier: MIT
 *
 * The Vista templates (ctrpp -Legacy): a header, a source to be built into the provider, a string
 * table and the names of its strings.
 *
 * Rule: CTRPP -Legacy: PerfAutoInitialize, PerfAutoCleanup, ProviderGuid_<name>_1,
 * CtrSet_<name>_1_n, ControlCallback_<name>_1. The Offset of the counters is 0, 8, 16, ..., and the
 * Size of a counter by reference is the size of a pointer. Headers of Vista's SDK also have
 * CTRSET_<name>_1_n and dwCtrSet_<name>_1_n. The first is assumed to be the type of
 * CtrSet_<name>_1_n, the second its size. The names of the type's members are not published.
 */
#include "ctrpp.h"

#include <inttypes.h>

#include "ctrpp_names.h"
#include "perflib_emulation.h"

/* Name the counterset in a comment. In manifests of Vista it has no symbol, only a name, which may contain
   any character, also the end of a comment. */
static void write_set_comment(struct output *output, const struct manifest_set *set)
{
    output_add_text(output, "/* ");
    for (const char *at = set->symbol ? set->symbol : set->name; *at; at++)
        output_add_byte(output, (unsigned char)*at < ' ' || *at == '*' ? '_' : *at);
    output_add_text(output, " */\n");
}

static void declare_set(struct output *output, const struct ctrpp_scope *scope)
{
    write_set_comment(output, scope->set);
    ctrpp_names_add_code(output, scope,
                         "extern GUID $LEGACY_SET_GUID;\n"
                         "typedef struct {\n"
                         "    PERF_COUNTERSET_INFO CounterSet;\n");
    output_add_format(output, "    PERF_COUNTER_INFO Counters[%zu];\n", scope->set->counter_count);
    ctrpp_names_add_code(output, scope,
                         "} $LEGACY_SET_TYPE;\n"
                         "extern $LEGACY_SET_TYPE $LEGACY_SET_INFO;\n"
                         "extern DWORD $LEGACY_SET_SIZE; /* bytes */\n\n");
}

void ctrpp_legacy_write_header(struct output *output, const struct manifest *manifest,
                               const struct ctrpp_options *options)
{
    const struct ctrpp_scope scope = ctrpp_names_scope(manifest, options);

    ctrpp_parts_write_origin(output, options);
    ctrpp_names_add_code(output, &scope, "#ifndef $LEGACY_GUARD\n#define $LEGACY_GUARD\n\n");
    ctrpp_parts_write_includes(output);
    for (size_t i = 0; i < manifest->set_count; i++) {
        const struct ctrpp_scope inner = ctrpp_names_scope_of_set(&scope, i);

        ctrpp_parts_write_ids(output, &inner);
    }
    ctrpp_names_add_code(output, &scope,
                         "\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n"
                         "extern GUID $LEGACY_GUID;\nextern HANDLE $LEGACY_HANDLE;\n\n");
    for (size_t i = 0; i < manifest->set_count; i++) {
        const struct ctrpp_scope inner = ctrpp_names_scope_of_set(&scope, i);

        declare_set(output, &inner);
    }
    if (options->has_callback)
        ctrpp_names_add_code(output, &scope,
                             "/* Called when a consumer acts; the source has a template. */\n"
                             "ULONG WINAPI $LEGACY_CALLBACK(ULONG RequestCode_, PVOID Buffer_, "
                             "ULONG BufferSize_);\n\n");
    if (options->has_memory_routines)
        ctrpp_names_add_code(
            output, &scope,
            "/* The memory that PERFLIB uses for this provider; the source has "
            "templates. */\n"
            "LPVOID CALLBACK $LEGACY_ALLOCATE(SIZE_T AllocSize_, LPVOID Context_);\n"
            "void CALLBACK $LEGACY_FREE(LPVOID Buffer_, LPVOID Context_);\n\n");
    ctrpp_names_add_code(output, &scope,
                         "ULONG $LEGACY_INITIALIZE(void);\n"
                         "ULONG $LEGACY_CLEANUP(void);\n\n"
                         "#ifdef __cplusplus\n}\n#endif\n\n"
                         "#endif\n");
}

static void write_set(struct output *output, const struct ctrpp_scope *scope)
{
    const struct manifest_set *set = scope->set;

    write_set_comment(output, set);
    ctrpp_names_add_code(output, scope, "GUID $LEGACY_SET_GUID =\n    ");
    ctrpp_parts_write_guid(output, &set->guid);
    ctrpp_names_add_code(output, scope, ";\n\n$LEGACY_SET_TYPE $LEGACY_SET_INFO = {\n");
    ctrpp_parts_write_set_info(output, scope->manifest, set);
    output_add_text(output, ",\n  {\n");
    for (size_t j = 0; j < set->counter_count; j++) {
        const struct manifest_counter *counter = &set->counters[j];

        ctrpp_parts_write_counter_info(output, counter,
                                       counter->attributes & PERF_ATTRIB_BY_REFERENCE
                                           ? "sizeof(LPVOID)"
                                           : ctrpp_parts_value_size(counter),
                                       (uint32_t)(8 * j));
        output_add_text(output, ",\n");
    }
    ctrpp_names_add_code(output, scope,
                         "  }\n};\n"
                         "DWORD $LEGACY_SET_SIZE = sizeof($LEGACY_SET_INFO);\n\n");
}

/* A program may define these functions itself, so the templates are weak if the compiler supports
   it. */
static void write_templates(struct output *output, const struct ctrpp_scope *scope)
{
    if (scope->options->has_callback)
        output_add_text(output,
                        "/* Templates: fill them in, or define the functions elsewhere, which "
                        "GCC and Clang then take. */\n"
                        "#ifdef __GNUC__\n"
                        "#define CTRPP_TEMPLATE __attribute__((weak))\n"
                        "#else\n"
                        "#define CTRPP_TEMPLATE\n"
                        "#endif\n\n");
    if (scope->options->has_callback)
        ctrpp_names_add_code(
            output, scope,
            "CTRPP_TEMPLATE ULONG WINAPI $LEGACY_CALLBACK(ULONG RequestCode_, "
            "PVOID Buffer_, ULONG BufferSize_)\n"
            "{\n"
            "    (void)Buffer_;\n"
            "    (void)BufferSize_;\n"
            "    switch (RequestCode_) {\n"
            "    case PERF_ADD_COUNTER:    /* Buffer_ is a PERF_COUNTER_IDENTITY */\n"
            "    case PERF_REMOVE_COUNTER: /* the same */\n"
            "    case PERF_ENUM_INSTANCES: /* Buffer_ is the computer's name */\n"
            "    case PERF_COLLECT_START:  /* the same: refresh the values here */\n"
            "    case PERF_COLLECT_END:    /* the same */\n"
            "        break;\n"
            "    }\n"
            "    return ERROR_SUCCESS;\n"
            "}\n\n");
    if (scope->options->has_memory_routines)
        ctrpp_names_add_code(
            output, scope,
            "CTRPP_TEMPLATE LPVOID CALLBACK $LEGACY_ALLOCATE(SIZE_T AllocSize_, "
            "LPVOID Context_)\n"
            "{\n"
            "    (void)Context_;\n"
            "    return malloc(AllocSize_);\n"
            "}\n\n"
            "CTRPP_TEMPLATE void CALLBACK $LEGACY_FREE(LPVOID Buffer_, LPVOID Context_)\n"
            "{\n"
            "    (void)Context_;\n"
            "    free(Buffer_);\n"
            "}\n\n");
}

static void write_start(struct output *output, const struct ctrpp_scope *scope)
{
    if (!scope->options->has_memory_routines) {
        output_add_text(output, "    ULONG Status_;\n\n");
        ctrpp_names_add_code(
            output, scope,
            scope->options->has_callback
                ? "    Status_ = PerfStartProvider(&$LEGACY_GUID, $LEGACY_CALLBACK, "
                  "&$LEGACY_HANDLE);\n"
                : "    Status_ = PerfStartProvider(&$LEGACY_GUID, NULL, "
                  "&$LEGACY_HANDLE);\n");
        return;
    }
    ctrpp_names_add_code(
        output, scope,
        "    PERF_PROVIDER_CONTEXT Context_;\n"
        "    ULONG Status_;\n\n"
        "    Context_.ContextSize = sizeof(Context_);\n"
        "    Context_.Reserved = 0;\n"
        "    Context_.ControlCallback = $LEGACY_CALLBACK;\n"
        "    Context_.MemAllocRoutine = $LEGACY_ALLOCATE;\n"
        "    Context_.MemFreeRoutine = $LEGACY_FREE;\n"
        "    Context_.pMemContext = NULL;\n"
        "    Status_ = PerfStartProviderEx(&$LEGACY_GUID, &Context_, &$LEGACY_HANDLE);\n");
}

void ctrpp_legacy_write_source(struct output *output, const struct manifest *manifest,
                               const struct ctrpp_options *options)
{
    const struct ctrpp_scope scope = ctrpp_names_scope(manifest, options);

    ctrpp_parts_write_origin(output, options);
    if (!options->hides_names)
        output_add_format(output, "#include \"%s.h\"\n\n", options->legacy_name);
    if (options->has_memory_routines)
        output_add_text(output, "#include <stdlib.h>\n\n");
    ctrpp_names_add_code(output, &scope, "GUID $LEGACY_GUID =\n    ");
    ctrpp_parts_write_guid(output, &manifest->guid);
    ctrpp_names_add_code(output, &scope, ";\nHANDLE $LEGACY_HANDLE = NULL;\n\n");
    for (size_t i = 0; i < manifest->set_count; i++) {
        const struct ctrpp_scope inner = ctrpp_names_scope_of_set(&scope, i);

        write_set(output, &inner);
    }
    write_templates(output, &scope);

    ctrpp_names_add_code(output, &scope,
                         "ULONG $LEGACY_CLEANUP(void)\n"
                         "{\n"
                         "    ULONG Status_ = ERROR_SUCCESS;\n\n"
                         "    if ($LEGACY_HANDLE != NULL)\n"
                         "        Status_ = PerfStopProvider($LEGACY_HANDLE);\n"
                         "    $LEGACY_HANDLE = NULL;\n"
                         "    return Status_;\n"
                         "}\n\n"
                         "ULONG $LEGACY_INITIALIZE(void)\n"
                         "{\n");
    write_start(output, &scope);
    for (size_t i = 0; i < manifest->set_count; i++) {
        const struct ctrpp_scope inner = ctrpp_names_scope_of_set(&scope, i);

        ctrpp_names_add_code(output, &inner,
                             "    if (Status_ == ERROR_SUCCESS)\n"
                             "        Status_ = PerfSetCounterSetInfo($LEGACY_HANDLE,\n"
                             "            &$LEGACY_SET_INFO.CounterSet, $LEGACY_SET_SIZE);\n");
    }
    ctrpp_names_add_code(output, &scope,
                         "    if (Status_ != ERROR_SUCCESS)\n"
                         "        $LEGACY_CLEANUP();\n"
                         "    return Status_;\n"
                         "}\n");
}

/* ---- strings --------------------------------------------------------------------------------- */

/* A string of the resource. */
struct legacy_string {
    const char *base;
    size_t set,
        counter; /* `counter` 0 is the set itself; counters are numbered from 1, as sets are */
    const char *kind;
    uint32_t id;
    const char *text;
};

typedef void write_legacy_string(struct output *output, const struct legacy_string *string);

/* Call `write` for the strings of a set or a counter. `item` has base, set and counter. */
static void visit_item(struct output *output, write_legacy_string *write, struct legacy_string item,
                       struct ctrpp_ids ids, const char *name, const char *description)
{
    const struct {
        const char *kind;
        uint32_t id;
        const char *text;
    } strings[] = { { "NAME", ids.name, name },
                    { "NEUTRAL_NAME", ids.neutral_name, name },
                    { "DESCRIPTION", ids.description, description } };

    for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
        if (!strings[i].text || !strings[i].id)
            continue;
        item.kind = strings[i].kind;
        item.id = strings[i].id;
        item.text = strings[i].text;
        write(output, &item);
    }
}

static void visit_strings(struct output *output, const struct manifest *manifest, const char *base,
                          write_legacy_string *write)
{
    struct ctrpp_numbering numbering;

    ctrpp_parts_init_numbering(&numbering, manifest);
    for (size_t i = 0; i < manifest->set_count; i++) {
        const struct manifest_set *set = &manifest->sets[i];

        visit_item(output, write, (struct legacy_string){ .base = base, .set = i + 1 },
                   ctrpp_parts_next_ids(&numbering, set->name_id, set->description_id), set->name,
                   set->description);
        for (size_t j = 0; j < set->counter_count; j++) {
            const struct manifest_counter *counter = &set->counters[j];

            visit_item(output, write,
                       (struct legacy_string){ .base = base, .set = i + 1, .counter = j + 1 },
                       ctrpp_parts_next_ids(&numbering, counter->name_id, counter->description_id),
                       counter->name, counter->description);
        }
    }
}

static void write_symbol(struct output *output, const struct legacy_string *string)
{
    output_add_format(output, "IDS_%s_1_%zu", string->base, string->set);
    if (string->counter)
        output_add_format(output, "_%zu", string->counter);
    output_add_format(output, "_%s", string->kind);
}

static void write_definition(struct output *output, const struct legacy_string *string)
{
    output_add_text(output, "#define ");
    write_symbol(output, string);
    output_add_format(output, " %" PRIu32 "\n", string->id);
}

static void write_string(struct output *output, const struct legacy_string *string)
{
    output_add_text(output, "    ");
    write_symbol(output, string);
    output_add_text(output, " L\"");
    ctrpp_parts_write_rc_text(output, string->text);
    output_add_text(output, "\"\n");
}

void ctrpp_legacy_write_resource(struct output *output, const struct manifest *manifest,
                                 const struct ctrpp_options *options)
{
    const char *name = options->legacy_name;

    ctrpp_parts_write_origin(output, options);
    output_add_format(output, "#include \"%s_r.h\"\n\nSTRINGTABLE\nBEGIN\n", name);
    visit_strings(output, manifest, name, write_string);
    output_add_text(output, "END\n");
}

void ctrpp_legacy_write_ids(struct output *output, const struct manifest *manifest,
                            const struct ctrpp_options *options)
{

    ctrpp_parts_write_origin(output, options);
    output_add_text(output, "#pragma once\n\n");
    visit_strings(output, manifest, options->legacy_name, write_definition);
}
