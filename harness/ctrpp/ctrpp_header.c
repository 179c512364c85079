/* SPDX-License-Identifier: MIT
 *
 * The header of a V2 provider (ctrpp -o) and that of its consumers (-ch).
 *
 * Rule: CTRPP (win32/PerfCtrs): identifiers of counters, GUIDs and handle, templates, and
 * CounterInitialize and CounterCleanup, in this order. In addition there is a macro for each way in
 * which a counter can be changed. Names of parameters and variables end in _, because a counter's
 * symbol is a macro and would replace them.
 */
#include "ctrpp.h"

#include "ctrpp_names.h"
#include "perflib_emulation.h"

static void write_ids(struct output *output, const struct ctrpp_scope *scope)
{
    for (size_t i = 0; i < scope->manifest->set_count; i++) {
        const struct ctrpp_scope inner = ctrpp_names_scope_of_set(scope, i);

        output_add_format(output, "/* counters of %s */\n", inner.set->symbol);
        ctrpp_parts_write_ids(output, &inner);
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

/* GUIDs are defined once in a translation unit, because it may include the headers of provider and
   consumer. */
static void write_provider_guid(struct output *output, const struct ctrpp_scope *scope)
{
    ctrpp_names_add_code(output, scope,
                         "#ifndef $PROVIDER_GUID_GUARD\n"
                         "#define $PROVIDER_GUID_GUARD\n"
                         "DECLSPEC_SELECTANY GUID $PROVIDER_GUID =\n    ");
    ctrpp_parts_write_guid(output, &scope->manifest->guid);
    output_add_text(output, ";\n#endif\n");
}

static void write_set_guid(struct output *output, const struct ctrpp_scope *scope)
{
    ctrpp_names_add_code(output, scope,
                         "#ifndef $SET_GUID_GUARD\n"
                         "#define $SET_GUID_GUARD\n"
                         "DECLSPEC_SELECTANY GUID $SET_GUID =\n    ");
    ctrpp_parts_write_guid(output, &scope->set->guid);
    output_add_text(output, ";\n#endif\n");
}

static void write_template(struct output *output, const struct ctrpp_scope *scope)
{
    const struct manifest_set *set = scope->set;

    ctrpp_names_add_code(output, scope,
                         "struct $SET_TEMPLATE {\n"
                         "    PERF_COUNTERSET_INFO CounterSet;\n");
    for (size_t i = 0; i < set->counter_count; i++)
        output_add_format(output, "    PERF_COUNTER_INFO Counter%zu;\n", i);
    ctrpp_names_add_code(output, scope,
                         "};\n"
                         "DECLSPEC_SELECTANY struct $SET_TEMPLATE $SET_INFO = {\n");
    ctrpp_parts_write_set_info(output, scope->manifest, set);
    for (size_t i = 0; i < set->counter_count; i++) {
        output_add_text(output, ",\n");
        ctrpp_parts_write_counter_info(output, &set->counters[i],
                                       ctrpp_parts_value_size(&set->counters[i]), 0);
    }
    output_add_text(output, "\n};\n\n");
}

/* Write Set_<symbol>(Instance, Value) and the like, with the function for the counter's type. */
static void write_macros(struct output *output, const struct ctrpp_scope *scope)
{
    static const char *const by_value[2] = {
        "#define $COUNTER_SET(Instance_, Value_) \\\n"
        "    PerfSetULongCounterValue($HANDLE, (Instance_), $COUNTER_ID, (Value_))\n"
        "#define $COUNTER_INCREMENT(Instance_, Value_) \\\n"
        "    PerfIncrementULongCounterValue($HANDLE, (Instance_), $COUNTER_ID, (Value_))\n"
        "#define $COUNTER_DECREMENT(Instance_, Value_) \\\n"
        "    PerfDecrementULongCounterValue($HANDLE, (Instance_), $COUNTER_ID, (Value_))\n",
        "#define $COUNTER_SET(Instance_, Value_) \\\n"
        "    PerfSetULongLongCounterValue($HANDLE, (Instance_), $COUNTER_ID, (Value_))\n"
        "#define $COUNTER_INCREMENT(Instance_, Value_) \\\n"
        "    PerfIncrementULongLongCounterValue($HANDLE, (Instance_), $COUNTER_ID, (Value_))\n"
        "#define $COUNTER_DECREMENT(Instance_, Value_) \\\n"
        "    PerfDecrementULongLongCounterValue($HANDLE, (Instance_), $COUNTER_ID, (Value_))\n",
    };

    if (!scope->counter->symbol)
        return;
    ctrpp_names_add_code(
        output, scope,
        scope->counter->attributes & PERF_ATTRIB_BY_REFERENCE
            ? "#define $COUNTER_REFERENCE(Instance_, Address_) \\\n"
              "    PerfSetCounterRefValue($HANDLE, (Instance_), $COUNTER_ID, (Address_))\n"
            : by_value[manifest_words_value_size(scope->counter) == 8]);
}

static void write_cleanup(struct output *output, const struct ctrpp_scope *scope)
{
    ctrpp_names_add_code(output, scope,
                         "/* Stop the provider, if it is started. */\n"
                         "FORCEINLINE VOID WINAPI $CLEANUP(VOID)\n"
                         "{\n"
                         "    if ($HANDLE != NULL) {\n"
                         "        PerfStopProvider($HANDLE);\n"
                         "        $HANDLE = NULL;\n"
                         "    }\n"
                         "}\n\n");
}

static void write_initialize(struct output *output, const struct ctrpp_scope *scope)
{
    ctrpp_names_add_code(
        output, scope,
        "/* Start the provider and register its sets; on failure it is stopped. */\n"
        "FORCEINLINE ULONG WINAPI $INITIALIZE(");
    output_add_text(output, scope->options->has_callback
                                ? "PERFLIBREQUEST Callback_, PERF_MEM_ALLOC Allocate_,\n"
                                  "    PERF_MEM_FREE Free_, PVOID MemoryContext_"
                                : "VOID");
    output_add_text(output, ")\n"
                            "{\n"
                            "    PERF_PROVIDER_CONTEXT Context_;\n"
                            "    ULONG Status_;\n\n");
    if (scope->options->has_callback)
        ctrpp_parts_write_context(output, "Callback_", "Allocate_", "Free_", "MemoryContext_");
    else
        ctrpp_parts_write_context(output, "NULL", "NULL", "NULL", "NULL");
    ctrpp_names_add_code(
        output, scope,
        "    Status_ = PerfStartProviderEx(&$PROVIDER_GUID, &Context_, &$HANDLE);\n");
    for (size_t i = 0; i < scope->manifest->set_count; i++) {
        const struct ctrpp_scope inner = ctrpp_names_scope_of_set(scope, i);

        ctrpp_names_add_code(
            output, &inner,
            "    if (Status_ == ERROR_SUCCESS)\n"
            "        Status_ = PerfSetCounterSetInfo($HANDLE, &$SET_INFO.CounterSet, "
            "sizeof($SET_INFO));\n");
    }
    ctrpp_names_add_code(output, scope,
                         "    if (Status_ != ERROR_SUCCESS)\n"
                         "        $CLEANUP();\n"
                         "    return Status_;\n"
                         "}\n\n");
}

void ctrpp_header_write(struct output *output, const struct manifest *manifest,
                        const struct ctrpp_options *options)
{
    const struct ctrpp_scope scope = ctrpp_names_scope(manifest, options);

    ctrpp_parts_write_origin(output, options);
    output_add_text(output, "#pragma once\n\n");
    ctrpp_parts_write_includes(output);
    write_ids(output, &scope);
    begin_c(output);
    write_provider_guid(output, &scope);
    ctrpp_names_add_code(output, &scope, "DECLSPEC_SELECTANY HANDLE $HANDLE = NULL;\n\n");
    for (size_t i = 0; i < manifest->set_count; i++) {
        const struct ctrpp_scope inner = ctrpp_names_scope_of_set(&scope, i);

        write_set_guid(output, &inner);
        write_template(output, &inner);
    }
    for (size_t i = 0; i < manifest->set_count; i++) {
        const struct ctrpp_scope inner = ctrpp_names_scope_of_set(&scope, i);

        for (size_t j = 0; j < manifest->sets[i].counter_count; j++) {
            const struct ctrpp_scope innermost = ctrpp_names_scope_of_counter(&inner, j);

            write_macros(output, &innermost);
        }
    }
    output_add_text(output, "\n");
    write_cleanup(output, &scope);
    write_initialize(output, &scope);
    end_c(output);
}

void ctrpp_header_write_consumer(struct output *output, const struct manifest *manifest,
                                 const struct ctrpp_options *options)
{
    const struct ctrpp_scope scope = ctrpp_names_scope(manifest, options);

    ctrpp_parts_write_origin(output, options);
    output_add_text(output, "#pragma once\n\n");
    ctrpp_parts_write_includes(output);
    output_add_text(output, "/* Text of 16-bit units. */\n"
                            "#ifndef CTRPP_TEXT\n"
                            "#ifdef _WIN32\n"
                            "#define CTRPP_TEXT(Literal_) L##Literal_\n"
                            "#else\n"
                            "#define CTRPP_TEXT(Literal_) u##Literal_\n"
                            "#endif\n"
                            "#endif\n\n");
    write_ids(output, &scope);
    for (size_t i = 0; i < manifest->set_count; i++) {
        const struct ctrpp_scope inner = ctrpp_names_scope_of_set(&scope, i);

        ctrpp_names_add_code(output, &inner, "#define $SET_NAME CTRPP_TEXT(\"");
        ctrpp_parts_write_c_text(output, manifest->sets[i].name);
        output_add_text(output, "\")\n");
    }
    output_add_text(output, "\n");
    begin_c(output);
    for (size_t i = 0; i < manifest->set_count; i++) {
        const struct ctrpp_scope inner = ctrpp_names_scope_of_set(&scope, i);

        write_set_guid(output, &inner);
    }
    output_add_text(output, "\n");
    end_c(output);
}
