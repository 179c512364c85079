/* SPDX-License-Identifier: MIT
 *
 * perfharness serve: answers each scrape with a query, as OpenMetrics over HTTP.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector.h"
#include "command.h"
#include "options.h"
#include "presenter.h"
#include "remote_write.h"
#include "scrape_server.h"
#include "terminal.h"

#define DEFAULT_ADDRESS "127.0.0.1"
#define DEFAULT_PORT 9182 /* windows_exporter's */

struct serve_options {
    struct presenter_options presenter;
    struct sampler_options sampler;
    const char *listen;
    bool omits_process_ids;
    struct remote_write_options remote;
};

static const struct command_option serve_option_table[] = {
    { "listen", 'l', OPTION_TEXT, offsetof(struct serve_options, listen), "ADDRESS:PORT",
      "where to listen; default 127.0.0.1:9182", 0, 0 },
    { "without-pid", 0, OPTION_FLAG, offsetof(struct serve_options, omits_process_ids), NULL,
      "sum heaps over all processes of one name, ended ones included", 0, 0 },
    REMOTE_WRITE_OPTIONS(struct serve_options, remote),
    PRESENTER_OPTIONS_SELECT(struct serve_options, presenter),
    SAMPLER_OPTIONS(struct serve_options, sampler),
    OPTIONS_END,
};

struct server_state {
    struct collector *collector;
    struct presenter presenter;
    struct breach_callback callback;
    struct metric_totals_set totals;
    bool has_process_ids;
    struct remote_write *remote; /* NULL: nothing is sent */
};

static struct collector_format format_of(struct server_state *state, enum metric_dialect dialect)
{
    return (struct collector_format){
        .dialect = dialect,
        .totals = state->has_process_ids ? NULL : &state->totals,
        .add_more = remote_write_add_metrics,
        .context = state->remote,
    };
}

static bool answer(void *context, enum metric_dialect dialect, uint32_t timeout_ms,
                   struct output *output)
{
    struct server_state *state = context;
    const struct collector_format format = format_of(state, dialect);

    return collector_write(state->collector, &state->presenter, &format, timeout_ms, output) ==
           EXIT_FINE;
}

/* Parse "ADDRESS:PORT", "[ADDRESS]:PORT", ":PORT", or "PORT". */
static bool parse_listen(const char *text, char *address, size_t size, uint16_t *port)
{
    const char *colon = strrchr(text, ':');
    const char *digits = colon ? colon + 1 : text;
    size_t length = colon ? (size_t)(colon - text) : 0;
    unsigned long number;
    char *end;

    if (length >= 2 && text[0] == '[' && text[length - 1] == ']') {
        text++;
        length -= 2;
    }
    number = strtoul(digits, &end, 10);
    if (length >= size || *digits < '0' || *digits > '9' || *end || number > 65535)
        return false;
    if (length) {
        memcpy(address, text, length);
        address[length] = '\0';
    } else {
        snprintf(address, size, "%s", DEFAULT_ADDRESS);
    }
    if (strcmp(address, "localhost") == 0)
        snprintf(address, size, "%s", DEFAULT_ADDRESS);
    *port = (uint16_t)number;
    return true;
}

static int serve(struct server_state *state, const char *address, uint16_t port)
{
    const struct collector_format format = format_of(state, METRIC_PROMETHEUS);
    struct scrape_server *server;
    const DWORD error = scrape_server_open(&server, address, port, answer, state);
    int status = EXIT_FINE;

    if (error) {
        command_complain(
            error == ERROR_MOD_NOT_FOUND
                ? "cannot serve on %s:%u: libmicrohttpd is not installed; Debian has it in the "
                  "package libmicrohttpd12"
            : error == ERROR_BUSY          ? "%s:%u is in use by another program"
            : error == ERROR_ACCESS_DENIED ? "%s:%u may not be listened on: access denied"
            : error == ERROR_INVALID_NAME  ? "%s is no address of this computer (port %u)"
                                           : "cannot listen on %s:%u",
            address, (unsigned)port);
        return EXIT_BAD_USAGE;
    }
    fprintf(stderr, "perfharness: serving http://%s%s%s:%u/metrics; Ctrl-C ends it\n",
            strchr(address, ':') ? "[" : "", address, strchr(address, ':') ? "]" : "",
            (unsigned)scrape_server_port(server));
    fflush(stderr);
    if (state->remote)
        status = remote_write_start(state->remote, state->collector, &state->presenter, &format);
    while (!status && terminal_wait_fully(3600000))
        continue;
    remote_write_stop(state->remote);
    collector_stop(state->collector);
    scrape_server_close(server);
    return status;
}

static int serve_run(const struct global_options *global, int argc, char **argv)
{
    struct serve_options options = { 0 };
    struct server_state state = { 0 };
    char address[64] = DEFAULT_ADDRESS;
    uint16_t port = DEFAULT_PORT;
    int status;

    if (!options_parse(serve_option_table, &options, &argc, argv))
        return EXIT_BAD_USAGE;
    if (argc > 1) {
        command_complain("serve takes one VALUE; put several indices in quotes: \"238 2\"");
        return EXIT_BAD_USAGE;
    }
    if (options.listen && !parse_listen(options.listen, address, sizeof(address), &port)) {
        command_complain("--listen \"%s\" is not ADDRESS:PORT, such as 127.0.0.1:9182",
                         options.listen);
        return EXIT_BAD_USAGE;
    }
    options.sampler.value = argc ? argv[0] : "Global";
    state.has_process_ids = !options.omits_process_ids;
    status = remote_write_open(&state.remote, &options.remote);
    if (status)
        return status;
    status = collector_open(&state.collector, global, &options.sampler);
    if (!status)
        status =
            presenter_init(&state.presenter, &options.presenter, collector_names(state.collector));
    if (!status) {
        state.presenter.input.on_breach = presenter_report_breach;
        state.presenter.input.context = &state.callback;
        terminal_catch_interrupt();
        status = serve(&state, address, port);
        remote_write_close(state.remote);
        state.remote = NULL;
        presenter_release(&state.presenter);
    }
    remote_write_close(state.remote);
    metric_writer_release_totals(&state.totals);
    collector_close(state.collector);
    return status;
}

const struct command command_serve = {
    .name = "serve",
    .usage = "[VALUE] [--listen ADDRESS:PORT] [--without-pid] [--counter PATH]...",
    .summary = "answer Prometheus' scrapes over HTTP",
    .help =
        "Every GET /metrics asks all providers at once. Readers get OpenMetrics 1.0 or the older\n"
        "text format, as their header Accept says, compressed if they take gzip. The answer is\n"
        "sent within the reader's X-Prometheus-Scrape-Timeout-Seconds: the objects of a provider\n"
        "that is slower are left out, and its perfharness_provider_up is 0. The series of a\n"
        "process end with it; with --without-pid its last totals stay in the sums. Only this\n"
        "computer can connect, unless --listen names another address. Ctrl-C ends it.\n\n"
        "With --remote-write the same metrics are sent to URL as well, for hosts that cannot be\n"
        "scraped (Linux only). Requests that fail wait in memory, up to 32 MiB, and are sent\n"
        "again.\n\n"
        "  perfharness serve --listen 127.0.0.1:9182\n"
        "  perfharness serve --replay incident.rec\n"
        "  perfharness serve --remote-write https://prometheus.example/api/v1/write\n",
    .options = serve_option_table,
    .run = serve_run,
};
