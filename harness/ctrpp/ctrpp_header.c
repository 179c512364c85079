/* SPDX-License-Identifier: MIT
 *
 * The header of a V2 provider (ctrpp -o) and that of its consumers (-ch).
 *
 * Rule: CTRPP (win32/PerfCtrs): identifiers of counters, GUIDs and handle, templates, and
 * CounterInitialize and CounterCleanup, in this order. Beyond it, a macro for each way in which a
 * counter can be changed.
 */
#include "ctrpp.h"

#include <inttypes.h>

#include "perflib_emulation.h"

static void write_ids(struct output *output, const struct manifest *manifest)
{
    for (size_t i = 0; i < manifest->set_count; i++) {
        const struct manifest_set *set = &manifest->sets[i];

        output_add_format(output, "/* counters of %s */\n", set->symbol);
        for (size_t j = 0; j < set->counter_count; j++)
            if (set->counters[j].symbol)
                output_add_format(output, "#define %s %" PRIu32 "u\n", set->counters[j].symbol,
                                  set->counters[j].id.value);
        output_add_text(output, "\n");
    }
}

static void begin_c(struct output *output)
{
    output_add_text(output, "#ifdef __cplusplus\n"
                            "extern \"C\" {\n"
                            "#endif\n\n");
}

static void end_c(struct output *output)
{
    output_add_text(output, "#ifdef __cplusplus\n"
                            "}\n"
                            "#endif\n");
}

/* Once in a translation unit, which may include the headers of provider and consumer. */
static void write_guid_variable(struct output *output, const char *symbol, const GUID *guid)
{
    output_add_format(output,
                      "#ifndef %sGuid_DEFINED\n"
                      "#define %sGuid_DEFINED\n"
                      "DECLSPEC_SELECTANY GUID %sGuid =\n    ",
                      symbol, symbol, symbol);
    ctrpp_write_guid(output, guid);
    output_add_text(output, ";\n#endif\n");
}

static void write_template(struct output *output, const struct manifest *manifest,
                           const struct manifest_set *set)
{
    output_add_format(output,
                      "struct %sInfoTemplate {\n"
                      "    PERF_COUNTERSET_INFO CounterSet;\n",
                      set->symbol);
    for (size_t i = 0; i < set->counter_count; i++)
        output_add_format(output, "    PERF_COUNTER_INFO Counter%zu;\n", i);
    output_add_format(output,
                      "};\n"
                      "DECLSPEC_SELECTANY struct %sInfoTemplate %sInfo = {\n",
                      set->symbol, set->symbol);
    ctrpp_write_set_info(output, manifest, set);
    for (size_t i = 0; i < set->counter_count; i++) {
        output_add_text(output, ",\n");
        ctrpp_write_counter_info(output, &set->counters[i], 0);
    }
    output_add_text(output, "\n};\n\n");
}

/* Set_<symbol>(Instance, Value) and the like, for the function that the counter's type needs. */
static void write_macros(struct output *output, const struct manifest *manifest,
                         const struct manifest_counter *counter)
{
    static const char *const verbs[] = { "Set", "Increment", "Decrement" };

    if (!counter->symbol)
        return;
    if (counter->attributes & PERF_ATTRIB_BY_REFERENCE) {
        output_add_format(output,
                          "#define SetRef_%s(Instance, Address) \\\n"
                          "    PerfSetCounterRefValue(%s, (Instance), %s, (Address))\n",
                          counter->symbol, manifest->symbol, counter->symbol);
        return;
    }
    for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
        output_add_format(output,
                          "#define %s_%s(Instance, Value) \\\n"
                          "    Perf%s%sCounterValue(%s, (Instance), %s, (Value))\n",
                          verbs[i], counter->symbol, verbs[i],
                          manifest_value_size(counter) == 8 ? "ULongLong" : "ULong",
                          manifest->symbol, counter->symbol);
}

static void write_cleanup(struct output *output, const struct manifest *manifest,
                          const struct ctrpp_options *options)
{
    output_add_format(output,
                      "/* Stop the provider, if it is started. */\n"
                      "FORCEINLINE VOID WINAPI %sCounterCleanup(VOID)\n"
                      "{\n"
                      "    if (%s != NULL) {\n"
                      "        PerfStopProvider(%s);\n"
                      "        %s = NULL;\n"
                      "    }\n"
                      "}\n\n",
                      options->prefix, manifest->symbol, manifest->symbol, manifest->symbol);
}

static void write_initialize(struct output *output, const struct manifest *manifest,
                             const struct ctrpp_options *options)
{
    output_add_format(output,
                      "/* Start the provider and register its sets; on failure it is stopped. */\n"
                      "FORCEINLINE ULONG WINAPI %sCounterInitialize(%s)\n"
                      "{\n"
                      "    PERF_PROVIDER_CONTEXT Context;\n"
                      "    ULONG Status;\n\n",
                      options->prefix,
                      options->has_custom_memory
                          ? "PERFLIBREQUEST NotificationCallback, PERF_MEM_ALLOC AllocateMemory,\n"
                            "    PERF_MEM_FREE FreeMemory, PVOID MemoryContext"
                          : "VOID");
    if (options->has_custom_memory)
        ctrpp_write_context(output, "NotificationCallback", "AllocateMemory", "FreeMemory",
                            "MemoryContext");
    else
        ctrpp_write_context(output, "NULL", "NULL", "NULL", "NULL");
    output_add_format(output, "    Status = PerfStartProviderEx(&%sGuid, &Context, &%s);\n",
                      manifest->symbol, manifest->symbol);
    for (size_t i = 0; i < manifest->set_count; i++) {
        const char *symbol = manifest->sets[i].symbol;

        output_add_format(output,
                          "    if (Status == ERROR_SUCCESS)\n"
                          "        Status = PerfSetCounterSetInfo(%s, &%sInfo.CounterSet, "
                          "sizeof(%sInfo));\n",
                          manifest->symbol, symbol, symbol);
    }
    output_add_format(output,
                      "    if (Status != ERROR_SUCCESS)\n"
                      "        %sCounterCleanup();\n"
                      "    return Status;\n"
                      "}\n\n",
                      options->prefix);
}

void ctrpp_write_header(struct output *output, const struct manifest *manifest,
                        const struct ctrpp_options *options)
{
    ctrpp_write_origin(output, options);
    output_add_text(output, "#pragma once\n\n");
    ctrpp_write_includes(output);
    write_ids(output, manifest);
    begin_c(output);
    write_guid_variable(output, manifest->symbol, &manifest->guid);
    output_add_format(output, "DECLSPEC_SELECTANY HANDLE %s = NULL;\n\n", manifest->symbol);
    for (size_t i = 0; i < manifest->set_count; i++) {
        write_guid_variable(output, manifest->sets[i].symbol, &manifest->sets[i].guid);
        write_template(output, manifest, &manifest->sets[i]);
    }
    for (size_t i = 0; i < manifest->set_count; i++)
        for (size_t j = 0; j < manifest->sets[i].counter_count; j++)
            write_macros(output, manifest, &manifest->sets[i].counters[j]);
    output_add_text(output, "\n");
    write_cleanup(output, manifest, options);
    write_initialize(output, manifest, options);
    end_c(output);
}

void ctrpp_write_consumer_header(struct output *output, const struct manifest *manifest,
                                 const struct ctrpp_options *options)
{
    ctrpp_write_origin(output, options);
    output_add_text(output, "#pragma once\n\n");
    ctrpp_write_includes(output);
    output_add_text(output, "/* Text of 16-bit units. */\n"
                            "#ifndef CTRPP_TEXT\n"
                            "#ifdef _WIN32\n"
                            "#define CTRPP_TEXT(Literal) L##Literal\n"
                            "#else\n"
                            "#define CTRPP_TEXT(Literal) u##Literal\n"
                            "#endif\n"
                            "#endif\n\n");
    write_ids(output, manifest);
    for (size_t i = 0; i < manifest->set_count; i++) {
        output_add_format(output, "#define %sName CTRPP_TEXT(\"", manifest->sets[i].symbol);
        ctrpp_write_c_text(output, manifest->sets[i].name);
        output_add_text(output, "\")\n");
    }
    output_add_text(output, "\n");
    begin_c(output);
    for (size_t i = 0; i < manifest->set_count; i++)
        write_guid_variable(output, manifest->sets[i].symbol, &manifest->sets[i].guid);
    output_add_text(output, "\n");
    end_c(output);
}
