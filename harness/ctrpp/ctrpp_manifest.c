/* SPDX-License-Identifier: MIT
 *
 * Writes a manifest in schema 2.0 (ctrpp -migrate). The identifiers of strings are written into it,
 * with the numbers that they had, so that the binary's resources need not change.
 */
#include "ctrpp.h"

#include <inttypes.h>

#include "perflib_emulation.h"
#include "text.h"
#include "xml.h"

static void write_attribute(struct output *output, const char *name, const char *value)
{
    if (!value)
        return;
    output_add_format(output, " %s=\"", name);
    xml_add_escaped(output, value);
    output_add_text(output, "\"");
}

static void write_number(struct output *output, const char *name, struct manifest_number number)
{
    if (number.is_given)
        output_add_format(output, " %s=\"%" PRIu32 "\"", name, number.value);
}

static void write_guid(struct output *output, const char *name, const GUID *guid)
{
    output_add_format(output, " %s=\"{%08" PRIx32 "-%04x-%04x-%02x%02x-", name,
                      (uint32_t)guid->Data1, guid->Data2, guid->Data3, guid->Data4[0],
                      guid->Data4[1]);
    for (size_t i = 2; i < 8; i++)
        output_add_format(output, "%02x", guid->Data4[i]);
    output_add_text(output, "}\"");
}

static void write_type(struct output *output, const struct manifest_word *type)
{
    output_add_text(output, " type=\"");
    for (const char *at = type->text; *at; at++)
        output_add_byte(output, text_utf8_lower(*at));
    output_add_text(output, "\"");
}

static void write_text(struct output *output, const char *name, const char *text,
                       const char *id_name, uint32_t id)
{
    write_attribute(output, name, text);
    if (text)
        write_number(output, id_name, (struct manifest_number){ id, true });
}

static void write_counter(struct output *output, struct ctrpp_numbering *numbering,
                          const struct manifest_counter *counter)
{
    const struct ctrpp_ids ids =
        ctrpp_parts_next_ids(numbering, counter->name_id, counter->description_id);

    output_add_format(output, "          <counter id=\"%" PRIu32 "\"", counter->id.value);
    write_attribute(output, "uri", counter->uri);
    write_attribute(output, "symbol", counter->symbol);
    write_text(output, "name", counter->name, "nameID", ids.name);
    write_text(output, "description", counter->description, "descriptionID", ids.description);
    write_type(output, counter->type);
    write_attribute(output, "detailLevel", counter->detail_level->text);
    write_number(output, "baseID", counter->base_id);
    write_number(output, "perfTimeID", counter->perf_time_id);
    write_number(output, "perfFreqID", counter->perf_freq_id);
    write_number(output, "multiCounterID", counter->multi_counter_id);
    if (counter->default_scale)
        output_add_format(output, " defaultScale=\"%" PRId32 "\"", counter->default_scale);
    if (counter->aggregate->value)
        write_attribute(output, "aggregate", counter->aggregate->text);
    write_attribute(output, "struct", counter->struct_name);
    write_attribute(output, "field", counter->field);
    if (!counter->attributes) {
        output_add_text(output, "/>\n");
        return;
    }
    output_add_text(output, ">\n            <counterAttributes>\n");
    for (const struct manifest_word *word = manifest_words_attributes; word->text; word++)
        if (counter->attributes & word->value)
            output_add_format(output, "              <counterAttribute name=\"%s\"/>\n",
                              word->text);
    output_add_text(output, "            </counterAttributes>\n          </counter>\n");
}

static void write_set(struct output *output, struct ctrpp_numbering *numbering,
                      const struct manifest_set *set)
{
    const struct ctrpp_ids ids = ctrpp_parts_next_ids(numbering, set->name_id, set->description_id);

    output_add_text(output, "        <counterSet");
    write_attribute(output, "symbol", set->symbol);
    write_guid(output, "guid", &set->guid);
    write_attribute(output, "uri", set->uri);
    write_text(output, "name", set->name, "nameID", ids.name);
    write_text(output, "description", set->description, "descriptionID", ids.description);
    write_attribute(output, "instances", set->instances->text);
    output_add_text(output, ">\n");
    if (set->struct_count)
        output_add_text(output, "          <structs>\n");
    for (size_t i = 0; i < set->struct_count; i++) {
        output_add_text(output, "            <struct");
        write_attribute(output, "name", set->structs[i].name);
        write_attribute(output, "type", set->structs[i].type);
        output_add_text(output, "/>\n");
    }
    if (set->struct_count)
        output_add_text(output, "          </structs>\n");
    for (size_t i = 0; i < set->counter_count; i++)
        write_counter(output, numbering, &set->counters[i]);
    output_add_text(output, "        </counterSet>\n");
}

void ctrpp_manifest_write(struct output *output, const struct manifest *manifest)
{
    struct ctrpp_numbering numbering;

    ctrpp_parts_init_numbering(&numbering, manifest);
    output_add_text(
        output,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<instrumentationManifest xmlns=\"http://schemas.microsoft.com/win/2004/08/events\">\n"
        "  <instrumentation>\n"
        "    <counters xmlns=\"http://schemas.microsoft.com/win/2005/12/counters\""
        " schemaVersion=\"2.0\">\n"
        "      <provider");
    write_attribute(output, "symbol", manifest->symbol);
    write_guid(output, "providerGuid", &manifest->guid);
    write_attribute(output, "applicationIdentity", manifest->application_identity);
    write_attribute(output, "providerName", manifest->provider_name);
    write_attribute(output, "providerType", manifest->is_kernel_mode ? "kernelMode" : "userMode");
    if (manifest->has_custom_callback)
        write_attribute(output, "callback", "custom");
    output_add_text(output, ">\n");
    for (size_t i = 0; i < manifest->set_count; i++)
        write_set(output, &numbering, &manifest->sets[i]);
    output_add_text(output, "      </provider>\n"
                            "    </counters>\n"
                            "  </instrumentation>\n"
                            "</instrumentationManifest>\n");
}
