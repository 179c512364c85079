/* SPDX-License-Identifier: MIT
 *
 * Writes the files of registry/ from the counter table: the symbol file and the .ini that lodctr
 * reads, the registration as .reg files, the manifest of the V2 provider, and the names of the
 * metrics for the harness. `make registry` runs it.
 *
 * heapctrs.reg is the whole registration, name table included, for the harness and for Wine, which
 * has no lodctr; heapctrs-service.reg is what a real Windows needs before lodctr.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "counter_table.h"
#include "perf_names.h"
#include "title_base.h"

#define ORIGIN "generated from provider/counters.def by registry/generate.c (make registry)"
#define PERFLIB "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Perflib"
#define SERVICE "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\heapctrs"
#define EVENT_SOURCE                                                                               \
    "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\heapctrs"

/* The encoding of a file, whose text is always ASCII. */
enum encoding { LF, CRLF, UTF16_CRLF };

struct output {
    FILE *file;
    enum encoding encoding;
    size_t column;
    bool is_in_list; /* inside a list of hexadecimal bytes, after the first */
};

static void put_unit(struct output *output, char unit)
{
    putc(unit, output->file);
    if (output->encoding == UTF16_CRLF)
        putc(0, output->file);
}

static void put_text(struct output *output, const char *text)
{
    for (; *text; text++) {
        if (*text == '\n' && output->encoding != LF)
            put_unit(output, '\r');
        put_unit(output, *text);
        output->column = *text == '\n' ? 0 : output->column + 1;
    }
}

__attribute__((format(printf, 2, 3))) static void put(struct output *output, const char *format,
                                                      ...)
{
    char text[2048];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    put_text(output, text);
}

/* CUSTOM_HEAP_OBJECT, CUSTOM_HEAP_BYTES_IN_USE: the usual form of symbols. */
static void format_symbol(char *symbol, size_t size, const struct object *object,
                          const struct counter *counter)
{
    snprintf(symbol, size, "%s_%s", object->id, counter ? counter->id : "object");
    for (; *symbol; symbol++)
        *symbol = (char)toupper((unsigned char)*symbol);
}

/* An object or one of its counters: everything that has a title. */
struct titled {
    char symbol[128];
    const char *name, *help;
    uint32_t title;
    bool is_object;
};

static struct titled titled_row(const struct object *object, const struct counter *counter)
{
    struct titled titled = {
        .name = counter ? counter->name : object->name,
        .help = counter ? counter->help : object->help,
        .title = counter ? counter->title : object->title,
        .is_object = !counter,
    };

    format_symbol(titled.symbol, sizeof(titled.symbol), object, counter);
    return titled;
}

typedef void titled_visitor(struct output *output, const struct titled *titled);

/* Visits everything that has a title, in the order of the table. */
static void for_each_titled(titled_visitor *visit, struct output *output)
{
    for (size_t i = 0; i < OBJECT_COUNT; i++) {
        const struct object *object = &counter_table_objects[i];
        struct titled titled = titled_row(object, NULL);

        visit(output, &titled);
        for (size_t j = 0; j < counter_table_counter_count(object); j++) {
            const struct counter *counter = &counter_table_counters[object->first_counter + j];

            if (counter->title == TITLE_NONE)
                continue;
            titled = titled_row(object, counter);
            visit(output, &titled);
        }
    }
}

/* Visits the row with one title, if there is one. */
static void visit_title(titled_visitor *visit, struct output *output, uint32_t title)
{
    struct titled titled;

    for (size_t i = 0; i < OBJECT_COUNT; i++) {
        titled = titled_row(&counter_table_objects[i], NULL);
        if (titled.title == title)
            visit(output, &titled);
    }
    for (size_t i = 0; i < COUNTER_COUNT; i++) {
        if (counter_table_counters[i].title == title) {
            titled = titled_row(&counter_table_objects[counter_table_counters[i].object],
                                &counter_table_counters[i]);
            visit(output, &titled);
        }
    }
}

/* ---- the symbol file ------------------------------------------------------------------- */

static void put_symbol(struct output *output, const struct titled *titled)
{
    put(output, "%s#define %s %u\n", titled->is_object ? "\n" : "", titled->symbol,
        (unsigned)titled->title);
}

static void write_symbols(struct output *output)
{
    put(output, "// " ORIGIN "\n");
    for_each_titled(put_symbol, output);
}

/* ---- the .ini file --------------------------------------------------------------------- */

static void put_object_key(struct output *output, const struct titled *titled)
{
    if (titled->is_object)
        put(output, "%s_009_NAME=%s\n", titled->symbol, titled->name);
}

static void put_texts(struct output *output, const struct titled *titled)
{
    put(output, "%s_009_NAME=%s\n", titled->symbol, titled->name);
    put(output, "%s_009_HELP=%s\n", titled->symbol, titled->help);
}

static void write_ini(struct output *output)
{
    put(output, "; " ORIGIN "\n");
    put(output, "\n[info]\ndrivername=heapctrs\nsymbolfile=heapctrs.h\n");
    put(output, "\n[languages]\n009=English\n");
    put(output, "\n[objects]\n");
    for_each_titled(put_object_key, output);
    put(output, "\n[text]\n");
    for_each_titled(put_texts, output);
}

/* ---- the .reg files -------------------------------------------------------------------- */

static void put_dword(struct output *output, const char *name, uint32_t value)
{
    put(output, "\"%s\"=dword:%08x\n", name, (unsigned)value);
}

/* Bytes of hex(2) and hex(7) values, terminator included, wrapped as regedit does. */
static void put_hex_text(struct output *output, const char *text)
{
    size_t size = strlen(text) + 1;

    for (size_t i = 0; i < 2 * size; i++) {
        put(output, "%s", output->is_in_list ? "," : "");
        if (output->column > 76)
            put(output, "\\\n  ");
        put(output, "%02x", i % 2 ? 0 : (unsigned char)text[i / 2]);
        output->is_in_list = true;
    }
}

static void end_hex(struct output *output)
{
    output->is_in_list = false;
    put(output, "\n");
}

static void put_pair(struct output *output, uint32_t index, const char *text)
{
    char digits[16];

    snprintf(digits, sizeof(digits), "%u", (unsigned)index);
    put_hex_text(output, digits);
    put_hex_text(output, text);
}

static void put_name_pair(struct output *output, const struct titled *titled)
{
    put_pair(output, TITLE_BASE_DEFAULT_COUNTER + titled->title, titled->name);
}

static void put_help_pair(struct output *output, const struct titled *titled)
{
    put_pair(output, TITLE_BASE_DEFAULT_HELP + titled->title, titled->help);
}

static void put_object_index(struct output *output, const struct titled *titled)
{
    if (titled->is_object)
        put(output, "%s%u", titled->title ? " " : "",
            (unsigned)(TITLE_BASE_DEFAULT_COUNTER + titled->title));
}

/* A REG_MULTI_SZ that holds one pair for everything with a title, by index. */
static void put_name_table(struct output *output, const char *value, titled_visitor *put_one)
{
    put(output, "\"%s\"=hex(7):", value);
    if (put_one == put_name_pair) {
        char system_last_index[16];

        snprintf(system_last_index, sizeof(system_last_index), "%d", PERF_SYSTEM_LAST_INDEX);
        put_pair(output, 1, system_last_index);
    }
    for (uint32_t title = 0; title <= counter_table_last_title(); title += 2)
        visit_title(put_one, output, title);
    put_hex_text(output, ""); /* a second terminator follows the last text */
    end_hex(output);
}

static void put_service(struct output *output)
{
    put(output, "\n[" SERVICE "]\n");
    put(output, "\n[" SERVICE "\\Performance]\n");
    put(output, "\"Library\"=\"heapctrs.dll\"\n");
    put(output, "\"Open\"=\"OpenHeapPerformanceData\"\n");
    put(output, "\"Collect\"=\"CollectHeapPerformanceData\"\n");
    put(output, "\"Close\"=\"CloseHeapPerformanceData\"\n");
    put_dword(output, "Open Timeout", 10000);
    put_dword(output, "Collect Timeout", 10000);
    put_dword(output, "Collect Supports Metadata", 1);
}

static void put_event_source(struct output *output)
{
    put(output, "\n[" EVENT_SOURCE "]\n");
    put(output, "\"EventMessageFile\"=hex(2):");
    put_hex_text(output, "%SystemRoot%\\System32\\EventCreate.exe");
    end_hex(output);
    put_dword(output, "TypesSupported", 7);
}

static void put_reg_head(struct output *output)
{
    put(output, "Windows Registry Editor Version 5.00\n\n; " ORIGIN "\n;\n");
}

static void write_service_reg(struct output *output)
{
    put_reg_head(output);
    put(output, "; For Windows, without title indices, which lodctr assigns:\n"
                ";   reg import heapctrs-service.reg\n"
                ";   lodctr heapctrs.ini         (heapctrs.h beside it)\n"
                "; heapctrs.dll belongs into System32; or give Library its full path.\n"
                "; Never import heapctrs.reg there: it would replace the machine's name table.\n");
    put_service(output);
    put_event_source(output);
}

static void write_reg(struct output *output)
{
    const uint32_t last = counter_table_last_title();

    put_reg_head(output);
    put(output, "; The whole registration with fixed title indices and with the name table, for\n"
                "; the harness and for Wine, which has no lodctr.\n"
                "; NEVER import this into a real Windows: Perflib\\009 there is the name table of\n"
                "; all counters of the machine, and this would replace it. Use\n"
                "; heapctrs-service.reg and lodctr heapctrs.ini.\n");
    put_service(output);
    put_dword(output, "First Counter", TITLE_BASE_DEFAULT_COUNTER);
    put_dword(output, "Last Counter", TITLE_BASE_DEFAULT_COUNTER + last);
    put_dword(output, "First Help", TITLE_BASE_DEFAULT_HELP);
    put_dword(output, "Last Help", TITLE_BASE_DEFAULT_HELP + last);
    put(output, "\"Object List\"=\"");
    for_each_titled(put_object_index, output);
    put(output, "\"\n");
    put(output, "\n[" PERFLIB "]\n");
    put_dword(output, "Base Index", PERF_SYSTEM_LAST_INDEX);
    put_dword(output, "Last Counter", TITLE_BASE_DEFAULT_COUNTER + last);
    put_dword(output, "Last Help", TITLE_BASE_DEFAULT_HELP + last);
    put(output, "\n[" PERFLIB "\\009]\n");
    put_name_table(output, "Counter", put_name_pair);
    put_name_table(output, "Help", put_help_pair);
    put_event_source(output);
}

/* ---- the V2 manifest ------------------------------------------------------------------- */

/* Identities of the V2 provider and of its sets: never changed once they are registered. */
#define PROVIDER_GUID "{4f6a3c52-9d0e-4b7c-8a55-1c7e2b9d6e01}"
static const char *const set_guids[OBJECT_COUNT] = {
    [OBJECT_custom_heap] = "{4f6a3c52-9d0e-4b7c-8a55-1c7e2b9d6e02}",
    [OBJECT_custom_heap_provider] = "{4f6a3c52-9d0e-4b7c-8a55-1c7e2b9d6e03}",
    [OBJECT_custom_heap_process] = "{4f6a3c52-9d0e-4b7c-8a55-1c7e2b9d6e04}",
};

/* Names of the counter types; the table only has their values. */
static const char *const type_names[COUNTER_COUNT] = {
#define OBJECT(id, symbol, name, instances, cost, default_counter, help)
#define COUNTER(object, symbol, slot, id, name, type, scale, detail, help)                         \
    [COUNTER_##object##_##id] = #type,
#define BASE(object, slot, id, type, detail) [COUNTER_##object##_##id] = #type,
#include "counters.def"
#undef OBJECT
#undef COUNTER
#undef BASE
};

/* The clock of a set with elapsed times consists of two hidden counters. */
enum { PERF_TIME_ID = 1001, PERF_FREQ_ID = 1002 };

static void put_xml_attribute(struct output *output, const char *name, const char *value)
{
    put(output, "\n              %s=\"", name);
    for (; *value; value++) {
        const char text[2] = { *value, 0 };
        put_text(output, *value == '&'   ? "&amp;"
                         : *value == '<' ? "&lt;"
                         : *value == '"' ? "&quot;"
                                         : text);
    }
    put_text(output, "\"");
}

static void put_lower_attribute(struct output *output, const char *name, const char *value)
{
    char lower[64];
    size_t i = 0;

    for (; i < sizeof(lower) - 1 && value[i]; i++)
        lower[i] = (char)tolower((unsigned char)value[i]);
    lower[i] = 0;
    put_xml_attribute(output, name, lower);
}

/* Write the symbol of a set: "custom_heap" becomes "CustomHeap". */
static void format_set_symbol(char *symbol, const char *id)
{
    for (bool is_first = true; *id; id++) {
        if (*id != '_')
            *symbol++ = (char)(is_first ? toupper((unsigned char)*id) : *id);
        is_first = *id == '_';
    }
    *symbol = 0;
}

/* Every value is given by reference: when a consumer collects, the provider's memory is read. */
static void put_counter_end(struct output *output, bool is_hidden)
{
    put(output, ">\n            <counterAttributes>\n"
                "              <counterAttribute name=\"reference\"/>\n");
    if (is_hidden)
        put(output, "              <counterAttribute name=\"noDisplay\"/>\n");
    put(output, "            </counterAttributes>\n          </counter>\n");
}

static void put_set_counter(struct output *output, const struct object *object, size_t position)
{
    const size_t place = object->first_counter + position;
    const struct counter *counter = &counter_table_counters[place];
    const bool is_last = position + 1 == counter_table_counter_count(object);
    char symbol[128], uri[160];

    format_symbol(symbol, sizeof(symbol), object, counter);
    snprintf(uri, sizeof(uri), "heapctrs.%s.%s", object->id, counter->id);
    put(output, "          <counter id=\"%u\"", (unsigned)counter->slot + 1);
    put_xml_attribute(output, "uri", uri);
    put_xml_attribute(output, "symbol", symbol);
    if (counter->name) {
        put_xml_attribute(output, "name", counter->name);
        put_xml_attribute(output, "description", counter->help);
    }
    put_lower_attribute(output, "type", type_names[place]);
    put_xml_attribute(output, "detailLevel",
                      counter->detail <= PERF_DETAIL_NOVICE ? "standard" : "advanced");
    if (!is_last && !counter_table_counters[place + 1].name)
        put(output, "\n              baseID=\"%u\"",
            (unsigned)counter_table_counters[place + 1].slot + 1);
    if (counter->type == PERF_ELAPSED_TIME)
        put(output, "\n              perfTimeID=\"%d\" perfFreqID=\"%d\"", PERF_TIME_ID,
            PERF_FREQ_ID);
    if (counter->scale)
        put(output, "\n              defaultScale=\"%d\"", (int)counter->scale);
    put_counter_end(output, !counter->name);
}

static void put_clock_counter(struct output *output, const struct object *object, int id,
                              const char *name)
{
    put(output, "          <counter id=\"%d\" uri=\"heapctrs.%s.%s\"", id, object->id, name);
    put_xml_attribute(output, "type", "perf_counter_large_rawcount");
    put_xml_attribute(output, "detailLevel", "advanced");
    put_counter_end(output, true);
}

static void put_set(struct output *output, size_t i)
{
    const struct object *object = &counter_table_objects[i];
    bool has_clock = false;
    char symbol[128], uri[160];

    format_set_symbol(symbol, object->id);
    snprintf(uri, sizeof(uri), "heapctrs.%s", object->id);
    put(output, "        <counterSet");
    put_xml_attribute(output, "symbol", symbol);
    put_xml_attribute(output, "guid", set_guids[i]);
    put_xml_attribute(output, "uri", uri);
    put_xml_attribute(output, "name", object->name);
    put_xml_attribute(output, "description", object->help);
    put_xml_attribute(output, "instances", object->has_instances ? "multiple" : "single");
    put(output, ">\n");
    for (size_t j = 0; j < counter_table_counter_count(object); j++) {
        put_set_counter(output, object, j);
        has_clock = has_clock ||
                    counter_table_counters[object->first_counter + j].type == PERF_ELAPSED_TIME;
    }
    if (has_clock) {
        put_clock_counter(output, object, PERF_TIME_ID, "perf_time");
        put_clock_counter(output, object, PERF_FREQ_ID, "perf_freq");
    }
    put(output, "        </counterSet>\n");
}

static void write_manifest(struct output *output)
{
    put(output, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- " ORIGIN " -->\n");
    put(output,
        "<instrumentationManifest xmlns=\"http://schemas.microsoft.com/win/2004/08/events\">\n"
        "  <instrumentation>\n"
        "    <counters xmlns=\"http://schemas.microsoft.com/win/2005/12/counters\""
        " schemaVersion=\"1.1\">\n"
        "      <provider symbol=\"HeapctrsProvider\" providerName=\"heapctrs\"\n"
        "          providerGuid=\"" PROVIDER_GUID "\"\n"
        "          applicationIdentity=\"heapctrs.dll\" callback=\"custom\">\n");
    for (size_t i = 0; i < OBJECT_COUNT; i++)
        put_set(output, i);
    put(output, "      </provider>\n    </counters>\n  </instrumentation>\n"
                "</instrumentationManifest>\n");
}

/* ---- metrics for Prometheus -------------------------------------------------------------- */

static const char *counter_name_of(const char *object, const char *id)
{
    for (size_t i = 0; i < COUNTER_COUNT; i++)
        if (strcmp(counter_table_objects[counter_table_counters[i].object].id, object) == 0 &&
            strcmp(counter_table_counters[i].id, id) == 0)
            return counter_table_counters[i].name;
    return "";
}

static const char *object_name_of(const char *id)
{
    for (size_t i = 0; i < OBJECT_COUNT; i++)
        if (strcmp(counter_table_objects[i].id, id) == 0)
            return counter_table_objects[i].name;
    return "";
}

/* The rows LABELS, METRIC and PRESENT of the counter table, each as a row of this table. */
static const struct {
    const char *object, *process_id, *process, *heap;
} label_rows[] = {
#define OBJECT(id, symbol, name, instances, cost, default_counter, help)
#define COUNTER(object, symbol, slot, id, name, type, scale, detail, help)
#define BASE(object, slot, id, type, detail)
#define LABELS(object, process_id, process, heap) { #object, #process_id, process, heap },
#include "counters.def"
};

static const struct {
    const char *object, *counter, *by;
    long bits;
} presence_rows[] = {
#define PRESENT(object, counter, by, bits) { #object, #counter, #by, bits },
#include "counters.def"
};

static const struct {
    const char *object, *counter, *kind, *sum, *name, *help;
    long divisor;
} metric_rows[] = {
#define METRIC(object, counter, kind, sum, divisor, name, help)                                    \
    { #object, #counter, #kind, #sum, name, help, divisor },
#include "counters.def"
#undef OBJECT
#undef COUNTER
#undef BASE
};

static void write_metrics(struct output *output)
{
    put(output, "/* " ORIGIN ": how heapctrs' objects are exported.\n"
                "   LABELS(object, counter of the process id, process label, heap label)\n"
                "   METRIC(object, counter, kind, sum, divisor, name, help)\n"
                "   PRESENT(object, counter, by, bits): known if the counter `by` has one of the "
                "bits */\n");
    for (size_t i = 0; i < sizeof(label_rows) / sizeof(*label_rows); i++) {
        put(output, "LABELS(\"%s\", \"%s\", \"%s\", ", object_name_of(label_rows[i].object),
            counter_name_of(label_rows[i].object, label_rows[i].process_id), label_rows[i].process);
        if (label_rows[i].heap)
            put(output, "\"%s\")\n", label_rows[i].heap);
        else
            put(output, "NULL)\n");
    }
    for (size_t i = 0; i < sizeof(metric_rows) / sizeof(*metric_rows); i++)
        put(output, "METRIC(\"%s\", \"%s\", %s, %s, %ld, \"%s\",\n       \"%s\")\n",
            object_name_of(metric_rows[i].object),
            counter_name_of(metric_rows[i].object, metric_rows[i].counter), metric_rows[i].kind,
            metric_rows[i].sum, metric_rows[i].divisor, metric_rows[i].name, metric_rows[i].help);
    for (size_t i = 0; i < sizeof(presence_rows) / sizeof(*presence_rows); i++)
        put(output, "PRESENT(\"%s\", \"%s\", \"%s\", %ld)\n",
            object_name_of(presence_rows[i].object),
            counter_name_of(presence_rows[i].object, presence_rows[i].counter),
            counter_name_of(presence_rows[i].object, presence_rows[i].by), presence_rows[i].bits);
}

/* ---- all of them ----------------------------------------------------------------------- */

static const struct {
    const char *name;
    enum encoding encoding;
    void (*write)(struct output *output);
} files[] = {
    { "heapctrs.h", LF, write_symbols },
    { "heapctrs.ini", CRLF, write_ini },
    { "heapctrs.reg", UTF16_CRLF, write_reg },
    { "heapctrs-service.reg", UTF16_CRLF, write_service_reg },
    { "heapctrs.man", LF, write_manifest },
    { "heapctrs_metrics.def", LF, write_metrics },
};

int main(int argc, char *argv[])
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
        struct output output = { NULL, files[i].encoding, 0, false };
        char path[4096];
        bool is_written;

        snprintf(path, sizeof(path), "%s/%s", argv[1], files[i].name);
        output.file = fopen(path, "wb");
        if (output.file && output.encoding == UTF16_CRLF)
            fputs("\xff\xfe", output.file);
        if (output.file)
            files[i].write(&output);
        is_written = output.file && !ferror(output.file);
        if ((output.file && fclose(output.file)) || !is_written) {
            fprintf(stderr, "%s: cannot be written: is the folder there and writable?\n", path);
            return 2;
        }
    }
    return 0;
}
