/* SPDX-License-Identifier: MIT
 *
 * The options for a V2 provider: --v2 LIBRARY, --manifest, --start, --stop. It becomes one more
 * service of the registration, and its countersets get title indices after all others.
 */
#ifndef V2_OPTIONS_H
#define V2_OPTIONS_H

#include "options.h"
#include "registration.h"

struct v2_options {
    const char *library;  /* NULL: no provider; "running": the countersets of running programs */
    const char *manifest; /* NULL: names are unknown */
    const char *start, *stop; /* names of exports; NULL: guessed */
};

/** The options beside --v2, for a table; `field` is the struct v2_options in `type`. */
#define V2_OPTIONS(type, field)                                                                    \
    { "manifest",  0,                                                                              \
      OPTION_TEXT, offsetof(type, field.manifest),                                                 \
      "FILE.man",  "the V2 provider's manifest: names, bases, aggregates",                         \
      0,           0 },                                                                            \
        { "start",     0,                                                                          \
          OPTION_TEXT, offsetof(type, field.start),                                                \
          "NAME",      "the V2 provider's export that starts it, as CounterInitialize(void)",      \
          0,           0 },                                                                        \
    {                                                                                              \
        "stop", 0, OPTION_TEXT, offsetof(type, field.stop), "NAME",                                \
            "the one that stops it, as CounterCleanup(void)", 0, 0                                 \
    }

/**
 * Add the provider to a registration. Without a provider, nothing happens.
 *
 * @param added  receives its service, which lives as long as the registration; may be NULL
 * @return EXIT_FINE; EXIT_BAD_USAGE, EXIT_NOTHING (no such file), both with a message on stderr
 */
int v2_options_add(const struct v2_options *options, struct registration *registration,
                   const struct service **added);

#endif /* V2_OPTIONS_H */
