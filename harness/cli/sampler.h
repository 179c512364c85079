/* SPDX-License-Identifier: MIT
 *
 * Where the samples of query, watch, export, serve, report and replay come from: the host and the
 * registered providers, the operating system, or saved blobs. The commands only see answers.
 */
#ifndef SAMPLER_H
#define SAMPLER_H

#include <stdbool.h>
#include <stddef.h>

#include "command.h"
#include "host.h"
#include "span.h"
#include "v2_options.h"

/** The values of a command's options for the source. The command embeds this in its own struct. */
struct sampler_options {
    bool asks_system;         /* --system */
    uint32_t system_limit_ms; /* --timeout for --system; 0: the default */
    int lifecycle;            /* --lifecycle, enum host_lifecycle */
    const char *value;        /* the query, UTF-8; NULL: "Global" */
    const char *const *files; /* saved blobs or recordings instead of providers; or NULL */
    size_t file_count;
    struct option_texts replay; /* --replay: the same, as an option */
    struct v2_options v2;       /* --v2: one more provider */

    /* For a collector, which queries each provider by a sampler of its own: */
    const struct registration *registration; /* read by the caller, outlives the sampler; NULL: the
                                                sampler reads it */
    size_t service;                          /* the only one of its services that is queried */
    /* called in addition to the log; may be NULL */
    void (*on_event)(void *context, const struct host_event *event);
    void *event_context;
};

#define SAMPLER_OPTIONS(type, field)                                                               \
    { "replay",                                                                                    \
      0,                                                                                           \
      OPTION_TEXTS,                                                                                \
      offsetof(type, field.replay),                                                                \
      "FILE",                                                                                      \
      "samples of saved blobs or recordings in place of providers; may be repeated",               \
      0,                                                                                           \
      0 },                                                                                         \
        { "v2",        0,                                                                          \
          OPTION_TEXT, offsetof(type, field.v2.library),                                           \
          "LIBRARY",   "a V2 provider to ask, too, or running: those of running programs",         \
          0,           0 },                                                                        \
        V2_OPTIONS(type, field.v2),                                                                \
        { "system",    0,                                                                          \
          OPTION_FLAG, offsetof(type, field.asks_system),                                          \
          NULL,        "ask the operating system's own RegQueryValueEx (Windows, Wine)",           \
          0,           0 },                                                                        \
        { "timeout",                                                                               \
          0,                                                                                       \
          OPTION_SECONDS,                                                                          \
          offsetof(type, field.system_limit_ms),                                                   \
          "SECONDS",                                                                               \
          "the longest that a query may take with --system (120)",                                 \
          10,                                                                                      \
          600000 },                                                                                \
    {                                                                                              \
        "lifecycle", 0, OPTION_CHOICE, offsetof(type, field.lifecycle), "windows|wine",            \
            "keep providers open, or open and close them at every query", 0, 0                     \
    }

/** One answer. */
struct sample {
    DWORD type; /* REG_BINARY: a data block; REG_MULTI_SZ: a name table */
    BYTE *data; /* from malloc; the sampler's caller owns it */
    DWORD size;
};

struct sampler;

/**
 * Open a sampler.
 *
 * @return EXIT_FINE; EXIT_BAD_USAGE or EXIT_NOTHING with a message
 */
int sampler_open(struct sampler **sampler, const struct global_options *global,
                 const struct sampler_options *options);

/** Close providers, and free everything. NULL is allowed. */
void sampler_close(struct sampler *sampler);

/** The registration in use. For saved blobs and --system it may be empty. */
const struct registration *sampler_registration(const struct sampler *sampler);

/** Whether the answers come from registered providers, not from blobs or --system. */
bool sampler_asks_providers(const struct sampler *sampler);

/**
 * Names and help of objects and counters: those of the registration, or the system's with --system.
 */
const struct name_table *sampler_names(const struct sampler *sampler);

/**
 * Take the next sample. For saved blobs, ERROR_NO_MORE_ITEMS follows the last one.
 *
 * @return ERROR_SUCCESS; another error, with a message on stderr: the next call may succeed
 */
DWORD sampler_take(struct sampler *sampler, struct sample *sample);

/** Free a sample's memory. The sample is empty afterwards. */
void sampler_release_sample(struct sample *sample);

#endif /* SAMPLER_H */
