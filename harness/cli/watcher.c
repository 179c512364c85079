/* SPDX-License-Identifier: MIT
 *
 * The loop of watch and replay: take a sample, record it, show it beside the previous one, wait. A
 * sample that cannot be taken is reported and left out; the loop continues with the next one.
 */
#include "watcher.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv_columns.h"
#include "file_append.h"
#include "live_table.h"
#include "local_time.h"
#include "os.h"
#include "recording.h"
#include "series.h"
#include "terminal.h"
#include "walk_rule.h"

/* Positions in WATCHER_FORMATS. */
enum { TABLE, CSV, JSON, OPENMETRICS, PROMETHEUS };

struct watcher {
    const struct watcher_options *options;
    struct presenter presenter;
    struct sample older;
    struct csv_columns columns;
    struct series_set series;
    struct live_table table;
    bool is_live; /* refreshed in place */
    struct breach_callback callback;
    size_t shown_count;
    size_t breach_count;
    uint64_t next_ticks; /* time of the next sample */
};

static bool report_breach(void *context, const struct walk_breach *breach)
{
    struct watcher *watcher = context;

    watcher->breach_count++;
    if (!watcher->is_live)
        return presenter_report_breach(&watcher->callback, breach);
    output_clear(&watcher->table.remark); /* output on stderr would spoil the table */
    output_add_format(&watcher->table.remark, "rule %s, offset %zu: %s",
                      walk_rule_name(breach->rule), breach->offset, breach->message);
    return true;
}

static DWORD write_lines(struct watcher *watcher, struct output *output)
{
    const struct walk_data_block *header;
    struct decoder *decoder;
    uint64_t time_100ns;
    DWORD error = series_set_add(&watcher->series, &watcher->presenter.input);

    if (error)
        return error;
    error = decoder_open(&decoder, &watcher->presenter.input);
    if (error)
        return error;
    header = decoder_header(decoder);
    watcher->table.time = local_time_of(header->system_time);
    time_100ns = (uint64_t)header->time_100ns;
    decoder_close(decoder);
    if (watcher->options->presenter.format == JSON)
        live_table_append_json(output, &watcher->series, time_100ns);
    else if (watcher->is_live)
        live_table_draw(&watcher->table, output, &watcher->series);
    else
        live_table_append(output, &watcher->series, &watcher->table.time);
    return ERROR_SUCCESS;
}

static DWORD write_sample(struct watcher *watcher, struct output *output)
{
    const struct decoder_input *input = &watcher->presenter.input;
    DWORD error = ERROR_SUCCESS;

    switch (watcher->options->presenter.format) {
    case TABLE:
    case JSON:
        return write_lines(watcher, output);
    case CSV:
        if (!watcher->columns.count) {
            error = csv_columns_add(&watcher->columns, input);
            if (!error)
                csv_columns_add_heading(&watcher->columns, false, output);
        }
        return error ? error : csv_columns_add_line(&watcher->columns, input, true, output);
    case OPENMETRICS:
        return formats[FORMAT_openmetrics].write(output, input, &watcher->presenter.format);
    default:
        return formats[FORMAT_prometheus].write(output, input, &watcher->presenter.format);
    }
}

/* Show a sample. Returns false if there is no reader any more. */
static bool show(struct watcher *watcher, const struct sample *sample, int *status)
{
    struct output output = { 0 };
    DWORD error;
    bool goes_on = true;

    watcher->presenter.input.newer = (struct span){ sample->data, sample->size };
    watcher->presenter.input.older = (struct span){ watcher->older.data, watcher->older.size };
    error = write_sample(watcher, &output);
    if (error || output.is_lost) {
        *status = presenter_complain(error ? error : ERROR_NOT_ENOUGH_MEMORY);
    } else {
        fwrite(output.data ? output.data : "", 1, output.size, stdout);
        goes_on = command_flush();
        watcher->shown_count++;
    }
    output_release(&output);
    return goes_on;
}

static int record(const struct watcher *watcher, const struct sample *sample, bool is_first)
{
    struct output piece = { 0 };
    DWORD error;

    if (is_first)
        recording_begin(&piece);
    recording_add(&piece, (struct span){ sample->data, sample->size }, os_time_100ns());
    error = piece.is_lost ? ERROR_NOT_ENOUGH_MEMORY
                          : file_append(watcher->options->record, piece.data, piece.size, is_first);
    output_release(&piece);
    return error ? command_complain_output(watcher->options->record, error) : EXIT_FINE;
}

/* Wait until the next sample is due, at multiples of the interval since the start, however long
   a query took. On a terminal the table is drawn again when its size changes. */
static bool wait(struct watcher *watcher)
{
    const uint64_t frequency = os_clock_frequency();
    const uint64_t step = frequency / 1000 * watcher->options->interval_ms;
    uint64_t now = os_clock_ticks();

    if (!step)
        return !terminal_is_interrupted();
    watcher->next_ticks += step;
    if (watcher->next_ticks < now)
        watcher->next_ticks = now;
    while (now < watcher->next_ticks) {
        const uint64_t left_ms = (watcher->next_ticks - now) * 1000 / frequency + 1;

        if (!watcher->is_live) {
            if (!terminal_wait_fully((uint32_t)left_ms))
                return false;
        } else {
            const int key = terminal_wait_key((uint32_t)left_ms);

            if (key == TERMINAL_KEY_INTERRUPT || !live_table_key(&watcher->table, key))
                return false;
        }
        now = os_clock_ticks();
        if (watcher->is_live && now < watcher->next_ticks) {
            struct output output = { 0 };

            output_add_text(&output, "\033[2J");
            live_table_draw(&watcher->table, &output, &watcher->series);
            fwrite(output.data ? output.data : "", 1, output.size, stdout);
            fflush(stdout);
            output_release(&output);
        }
    }
    return true;
}

static int loop(struct watcher *watcher, struct sampler *sampler)
{
    const struct watcher_options *options = watcher->options;
    const bool shows_first =
        watcher->is_live || options->is_replay || options->presenter.format >= OPENMETRICS;
    int status = EXIT_FINE;
    bool is_first = true, has_failed = false;

    watcher->next_ticks = os_clock_ticks();
    for (;;) {
        struct sample sample;
        const DWORD error = sampler_take(sampler, &sample);

        if (error == ERROR_NO_MORE_ITEMS || (error && options->is_replay)) {
            status = error == ERROR_NO_MORE_ITEMS ? status : EXIT_BAD_USAGE;
            break;
        }
        if (error == ERROR_NOT_SUPPORTED)
            return EXIT_BAD_USAGE;
        has_failed = error != 0;
        if (!error) {
            if (decoder_check((struct span){ sample.data, sample.size }, report_breach, watcher) &&
                !watcher->is_live)
                status = EXIT_BROKEN_RULE;
            if (options->record)
                status = record(watcher, &sample, is_first);
            watcher->presenter.input.newer = (struct span){ sample.data, sample.size };
            if (is_first && (!status || status == EXIT_BROKEN_RULE)) {
                const int found = presenter_find(&watcher->presenter);

                if (found == EXIT_NOTHING && !watcher->presenter.texts.count)
                    command_complain("no provider answers this query: `perfharness list` shows the "
                                     "objects there are");
                status = found ? found : status;
            }
            if ((status && status != EXIT_BROKEN_RULE) ||
                ((!is_first || shows_first) && !show(watcher, &sample, &status))) {
                sampler_release_sample(&sample);
                break;
            }
            sampler_release_sample(&watcher->older);
            watcher->older = sample;
            is_first = false;
        }
        if ((options->sample_count && watcher->shown_count >= options->sample_count) ||
            (status && status != EXIT_BROKEN_RULE) || !wait(watcher))
            break;
    }
    if (!status && watcher->breach_count)
        status = EXIT_BROKEN_RULE;
    return status ? status : has_failed && is_first ? EXIT_BAD_USAGE : EXIT_FINE;
}

int watcher_run(const struct watcher_options *options, struct sampler *sampler)
{
    struct watcher watcher = { .options = options, .series = { .limit = 240 } };
    int status = presenter_init(&watcher.presenter, &options->presenter, sampler_names(sampler));

    if (status)
        return status;
    watcher.is_live = options->presenter.format == TABLE && terminal_use_sequences();
    watcher.presenter.format.is_cooked = true;
    terminal_catch_interrupt();
    if (watcher.is_live) {
        fputs(GRID_BEGIN, stdout);
        terminal_keys_open();
    }
    status = loop(&watcher, sampler);
    if (watcher.is_live) {
        terminal_keys_close();
        fputs(GRID_END, stdout);
    }
    fflush(stdout);

    sampler_release_sample(&watcher.older);
    csv_columns_release(&watcher.columns);
    series_set_release(&watcher.series);
    live_table_release(&watcher.table);
    presenter_release(&watcher.presenter);
    return status;
}
