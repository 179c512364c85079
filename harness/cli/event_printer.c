/* SPDX-License-Identifier: MIT
 *
 * Prints the host's events. A repeated event is printed on stderr only once: a provider that fails
 * at every query of a watch would hide the values.
 */
#include "event_printer.h"

#include <stdlib.h>
#include <string.h>

#include "application_log.h"
#include "command.h"
#include "file_append.h"
#include "hash.h"
#include "json_writer.h"
#include "number_map.h"
#include "os.h"

struct event_printer {
    const char *path;
    bool has_failed;
    struct number_map printed; /* hashes of events that were printed on stderr */
};

int event_printer_open(struct event_printer **printer, const char *path)
{
    struct event_printer *opened = calloc(1, sizeof(*opened));

    if (!opened)
        return command_complain_memory();
    opened->path = path;
    const DWORD error = path ? file_append(path, "", 0, false) : ERROR_SUCCESS;
    if (error) {
        free(opened);
        return command_complain_output(path, error);
    }
    *printer = opened;
    return EXIT_FINE;
}

void event_printer_close(struct event_printer *printer)
{
    if (!printer)
        return;
    number_map_release(&printer->printed);
    free(printer);
}

static void append(struct event_printer *printer, const struct host_event *event)
{
    struct output line = { 0 };
    struct json_writer json;

    json_writer_init(&json, &line);
    json_writer_begin_object_on_one_line(&json);
    json_writer_key(&json, "time_100ns");
    json_writer_unsigned(&json, os_time_100ns());
    json_writer_key(&json, "id");
    json_writer_unsigned(&json, event->id);
    json_writer_key(&json, "level");
    json_writer_string(&json, event->level == OS_EVENT_ERROR     ? "error"
                              : event->level == OS_EVENT_WARNING ? "warning"
                                                                 : "information");
    json_writer_key(&json, "service");
    json_writer_string(&json, event->service);
    json_writer_key(&json, "text");
    json_writer_string(&json, event->text);
    json_writer_key(&json, "strings");
    json_writer_begin_array(&json);
    for (size_t i = 0; i < event->string_count; i++)
        json_writer_string(&json, event->strings[i]);
    json_writer_end_array(&json);
    json_writer_end_object(&json);
    if ((line.is_lost || file_append(printer->path, line.data, line.size, false)) &&
        !printer->has_failed) {
        command_complain("--event-log: %s cannot be written any more; is the disk full?",
                         printer->path);
        printer->has_failed = true;
    }
    output_release(&line);
}

static bool is_first(struct event_printer *printer, const struct host_event *event)
{
    const char *service = event->service ? event->service : "";
    bool is_new = true;

    number_map_at(&printer->printed, hash_text(HASH_BEGIN ^ event->id, service), &is_new);
    return is_new;
}

void event_printer_print(void *context, const struct host_event *event)
{
    struct event_printer *printer = context;

    if (event->is_logged && !printer->path)
        application_log_write(event);
    if (printer->path)
        append(printer, event);
    else if (is_first(printer, event))
        command_complain("%s: event %u: %s", event->service ? event->service : "perflib",
                         (unsigned)event->id, event->text ? event->text : "");
}
