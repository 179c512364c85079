/* SPDX-License-Identifier: MIT
 *
 * The Vista templates (ctrpp -Legacy): a header, a source to be built into the provider, a string
 * table and the names of its strings.
 *
 * Rule: CTRPP -Legacy: PerfAutoInitialize, PerfAutoCleanup, ProviderGuid_<name>_1,
 * CtrSet_<name>_1_n, ControlCallback_<name>_1; Offset of the counters runs 0, 8, 16, ...
 */
#include "ctrpp.h"

#include <inttypes.h>
#include <stdio.h>

static bool has_callback(const struct manifest *manifest, const struct ctrpp_options *options)
{
    return manifest->has_custom_callback || options->has_custom_memory;
}

void ctrpp_write_legacy_header(struct output *output, const struct manifest *manifest,
                               const struct ctrpp_options *options, const char *name)
{
    ctrpp_write_origin(output, options);
    output_add_text(output, "#pragma once\n\n");
    ctrpp_write_includes(output);
    for (size_t i = 0; i < manifest->set_count; i++)
        for (size_t j = 0; j < manifest->sets[i].counter_count; j++) {
            const struct manifest_counter *counter = &manifest->sets[i].counters[j];

            if (counter->symbol)
                output_add_format(output, "#define %s %" PRIu32 "u\n", counter->symbol,
                                  counter->id.value);
        }
    output_add_text(output, "\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n");
    output_add_format(output, "extern GUID ProviderGuid_%s_1;\nextern HANDLE hDataSource_%s_1;\n",
                      name, name);
    for (size_t i = 0; i < manifest->set_count; i++)
        output_add_format(output, "extern GUID CtrSetGuid_%s_1_%zu; /* %s */\n", name, i + 1,
                          manifest->sets[i].symbol);
    output_add_text(output, "\n");
    if (has_callback(manifest, options))
        output_add_format(output,
                          "/* To be written: told what consumers do. */\n"
                          "ULONG WINAPI ControlCallback_%s_1(ULONG RequestCode, PVOID Buffer, "
                          "ULONG BufferSize);\n\n",
                          name);
    if (options->has_custom_memory)
        output_add_format(
            output,
            "/* To be written: the memory that PERFLIB uses for this provider. */\n"
            "LPVOID CALLBACK AllocateMemory_%s_1(SIZE_T AllocSize, LPVOID pContext);\n"
            "void CALLBACK FreeMemory_%s_1(LPVOID pBuffer, LPVOID pContext);\n\n",
            name, name);
    output_add_text(output, "ULONG PerfAutoInitialize(void);\n"
                            "ULONG PerfAutoCleanup(void);\n\n"
                            "#ifdef __cplusplus\n}\n#endif\n");
}

static void write_set(struct output *output, const struct manifest *manifest, size_t i,
                      const char *name)
{
    const struct manifest_set *set = &manifest->sets[i];

    output_add_format(output, "GUID CtrSetGuid_%s_1_%zu =\n    ", name, i + 1);
    ctrpp_write_guid(output, &set->guid);
    output_add_format(output,
                      ";\n\nstatic struct {\n"
                      "    PERF_COUNTERSET_INFO CounterSet;\n"
                      "    PERF_COUNTER_INFO Counters[%zu];\n"
                      "} CtrSet_%s_1_%zu = {\n",
                      set->counter_count, name, i + 1);
    ctrpp_write_set_info(output, manifest, set);
    output_add_text(output, ",\n  {\n");
    for (size_t j = 0; j < set->counter_count; j++) {
        ctrpp_write_counter_info(output, &set->counters[j], (uint32_t)(8 * j));
        output_add_text(output, ",\n");
    }
    output_add_text(output, "  }\n};\n\n");
}

void ctrpp_write_legacy_source(struct output *output, const struct manifest *manifest,
                               const struct ctrpp_options *options, const char *name)
{
    char callback[300] = "NULL", allocate[300] = "NULL", free_routine[300] = "NULL";

    if (has_callback(manifest, options))
        snprintf(callback, sizeof(callback), "ControlCallback_%s_1", name);
    if (options->has_custom_memory) {
        snprintf(allocate, sizeof(allocate), "AllocateMemory_%s_1", name);
        snprintf(free_routine, sizeof(free_routine), "FreeMemory_%s_1", name);
    }

    ctrpp_write_origin(output, options);
    output_add_format(output, "#include \"%s.h\"\n\nGUID ProviderGuid_%s_1 =\n    ", name, name);
    ctrpp_write_guid(output, &manifest->guid);
    output_add_format(output, ";\nHANDLE hDataSource_%s_1 = NULL;\n\n", name);
    for (size_t i = 0; i < manifest->set_count; i++)
        write_set(output, manifest, i, name);

    output_add_format(output,
                      "ULONG PerfAutoCleanup(void)\n"
                      "{\n"
                      "    ULONG Status = ERROR_SUCCESS;\n\n"
                      "    if (hDataSource_%s_1 != NULL)\n"
                      "        Status = PerfStopProvider(hDataSource_%s_1);\n"
                      "    hDataSource_%s_1 = NULL;\n"
                      "    return Status;\n"
                      "}\n\n"
                      "ULONG PerfAutoInitialize(void)\n"
                      "{\n"
                      "    PERF_PROVIDER_CONTEXT Context;\n"
                      "    ULONG Status;\n\n",
                      name, name, name);
    ctrpp_write_context(output, callback, allocate, free_routine, "NULL");
    output_add_format(output,
                      "    Status = PerfStartProviderEx(&ProviderGuid_%s_1, &Context, "
                      "&hDataSource_%s_1);\n",
                      name, name);
    for (size_t i = 0; i < manifest->set_count; i++)
        output_add_format(output,
                          "    if (Status == ERROR_SUCCESS)\n"
                          "        Status = PerfSetCounterSetInfo(hDataSource_%s_1,\n"
                          "            &CtrSet_%s_1_%zu.CounterSet, sizeof(CtrSet_%s_1_%zu));\n",
                          name, name, i + 1, name, i + 1);
    output_add_text(output, "    if (Status != ERROR_SUCCESS)\n"
                            "        PerfAutoCleanup();\n"
                            "    return Status;\n"
                            "}\n");
}

/* ---- strings --------------------------------------------------------------------------------- */

struct string_visitor {
    void (*visit)(struct output *output, const char *base, size_t set, size_t counter,
                  const char *kind, uint32_t id, const char *text);
};

/* `counter` 0 is the set itself; counters are numbered from 1, as sets are. */
static void visit_item(struct output *output, const struct string_visitor *visitor,
                       const char *base, size_t set, size_t counter, struct ctrpp_ids ids,
                       const char *name, const char *description)
{
    if (name && ids.name)
        visitor->visit(output, base, set, counter, "NAME", ids.name, name);
    if (name && ids.neutral_name)
        visitor->visit(output, base, set, counter, "NEUTRAL_NAME", ids.neutral_name, name);
    if (description && ids.description)
        visitor->visit(output, base, set, counter, "DESCRIPTION", ids.description, description);
}

static void visit_strings(struct output *output, const struct manifest *manifest, const char *base,
                          const struct string_visitor *visitor)
{
    struct ctrpp_numbering numbering;

    ctrpp_numbering_init(&numbering, manifest);
    for (size_t i = 0; i < manifest->set_count; i++) {
        const struct manifest_set *set = &manifest->sets[i];

        visit_item(output, visitor, base, i + 1, 0,
                   ctrpp_numbering_next(&numbering, set->name_id, set->description_id), set->name,
                   set->description);
        for (size_t j = 0; j < set->counter_count; j++) {
            const struct manifest_counter *counter = &set->counters[j];

            visit_item(output, visitor, base, i + 1, j + 1,
                       ctrpp_numbering_next(&numbering, counter->name_id, counter->description_id),
                       counter->name, counter->description);
        }
    }
}

static void write_symbol(struct output *output, const char *base, size_t set, size_t counter,
                         const char *kind)
{
    output_add_format(output, "IDS_%s_1_%zu", base, set);
    if (counter)
        output_add_format(output, "_%zu", counter);
    output_add_format(output, "_%s", kind);
}

static void write_definition(struct output *output, const char *base, size_t set, size_t counter,
                             const char *kind, uint32_t id, const char *text)
{
    (void)text;
    output_add_text(output, "#define ");
    write_symbol(output, base, set, counter, kind);
    output_add_format(output, " %" PRIu32 "\n", id);
}

static void write_string(struct output *output, const char *base, size_t set, size_t counter,
                         const char *kind, uint32_t id, const char *text)
{
    (void)id;
    output_add_text(output, "    ");
    write_symbol(output, base, set, counter, kind);
    output_add_text(output, " L\"");
    ctrpp_write_rc_text(output, text);
    output_add_text(output, "\"\n");
}

void ctrpp_write_legacy_resource(struct output *output, const struct manifest *manifest,
                                 const struct ctrpp_options *options, const char *name)
{
    static const struct string_visitor visitor = { write_string };

    ctrpp_write_origin(output, options);
    output_add_format(output, "#include \"%s_r.h\"\n\nSTRINGTABLE\nBEGIN\n", name);
    visit_strings(output, manifest, name, &visitor);
    output_add_text(output, "END\n");
}

void ctrpp_write_legacy_ids(struct output *output, const struct manifest *manifest,
                            const struct ctrpp_options *options, const char *name)
{
    static const struct string_visitor visitor = { write_definition };

    ctrpp_write_origin(output, options);
    output_add_text(output, "#pragma once\n\n");
    visit_strings(output, manifest, name, &visitor);
}
