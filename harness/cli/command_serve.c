/* SPDX-License-Identifier: MIT
 *
 * perfharness serve: a query for each scrape, as OpenMetrics over HTTP.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "options.h"
#include "presenter.h"
#include "sampler.h"
#include "scrape_server.h"
#include "terminal.h"

#define DEFAULT_ADDRESS "127.0.0.1"
#define DEFAULT_PORT 9182

struct serve_options {
    struct presenter_options presenter;
    struct sampler_options sampler;
    const char *listen;
};

static const struct command_option serve_option_table[] = {
    { "listen", 'l', OPTION_TEXT, offsetof(struct serve_options, listen), "ADDRESS:PORT",
      "where to listen; 127.0.0.1:9182 unless told otherwise", 0, 0 },
    PRESENTER_OPTIONS_SELECT(struct serve_options, presenter),
    SAMPLER_OPTIONS(struct serve_options, sampler),
    OPTIONS_END,
};

struct server_state {
    struct sampler *sampler;
    struct presenter presenter;
    struct breach_teller teller;
    struct sample latest; /* of a recording that has ended, the last sample is served on */
};

static bool answer(void *context, bool is_openmetrics, struct output *output)
{
    struct server_state *state = context;
    struct sample sample;
    const DWORD taken = sampler_take(state->sampler, &sample);

    if (!taken) {
        sample_release(&state->latest);
        state->latest = sample;
    } else if (taken != ERROR_NO_MORE_ITEMS || !state->latest.data) {
        output_add_text(output, "the query failed; perfharness' stderr says why\n");
        return false;
    }
    state->presenter.input.newer = (struct span){ state->latest.data, state->latest.size };
    state->presenter.input.on_breach = presenter_tell_breach;
    state->presenter.input.context = &state->teller;
    if (!formats[is_openmetrics ? FORMAT_openmetrics : FORMAT_prometheus].write(
            output, &state->presenter.input, &state->presenter.format))
        return true;
    output_clear(output);
    output_add_text(output, "the answer cannot be read; perfharness' stderr says why\n");
    return false;
}

/* "ADDRESS:PORT", "[ADDRESS]:PORT", ":PORT", or "PORT". */
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
    struct scrape_server *server;
    const DWORD error = scrape_server_open(&server, address, port, answer, state);

    if (error) {
        command_complain(
            error == ERROR_NOT_SUPPORTED
                ? "this build has no HTTP server (%s:%u); on Windows use `perfharness export "
                  "--textfile` with windows_exporter's textfile collector"
            : error == ERROR_MOD_NOT_FOUND
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
    while (terminal_wait_fully(3600000))
        continue;
    scrape_server_close(server);
    return EXIT_FINE;
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
    status = sampler_open(&state.sampler, global, &options.sampler);
    if (status)
        return status;
    status = presenter_init(&state.presenter, &options.presenter, sampler_names(state.sampler));
    if (!status) {
        terminal_catch_interrupt();
        status = serve(&state, address, port);
        presenter_release(&state.presenter);
    }
    sample_release(&state.latest);
    sampler_close(state.sampler);
    return status;
}

const struct command command_serve = {
    .name = "serve",
    .usage = "[VALUE] [--listen ADDRESS:PORT] [--counter PATH]...",
    .summary = "answer Prometheus' scrapes over HTTP",
    .help = "Every GET /metrics makes one query. Readers that accept application/openmetrics-text\n"
            "get OpenMetrics 1.0, others the older text format. Only this computer can connect,\n"
            "unless --listen names another address. Ctrl-C ends it.\n\n"
            "  perfharness serve --listen 127.0.0.1:9182\n"
            "  perfharness serve --replay incident.rec\n",
    .options = serve_option_table,
    .run = serve_run,
};
