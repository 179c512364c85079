/* SPDX-License-Identifier: MIT
 *
 * The events that perflib would write to the Application log, as the host reports them: lines for
 * users on stderr, or lines of JSON in the file of --event-log.
 */
#ifndef EVENT_PRINTER_H
#define EVENT_PRINTER_H

#include "host.h"

struct event_printer;

/**
 * Open a printer.
 *
 * @param path  JSON lines are appended to this file; NULL: stderr
 * @return an exit status, with a message if it is not EXIT_FINE
 */
int event_printer_open(struct event_printer **printer, const char *path);

/** Free a printer. NULL is allowed. */
void event_printer_close(struct event_printer *printer);

/** For host_options.on_event; the context is the printer. */
void event_printer_print(void *printer, const struct host_event *event);

#endif /* EVENT_PRINTER_H */
