/* SPDX-License-Identifier: MIT
 *
 * Counter paths: \\machine\object(parent/instance#index)\counter.
 *
 * Machine, parent, instance and index may be left out. "*" stands for any run of characters in any
 * part. Names compare without regard to case. #index counts instances of one name from 0 in the
 * order of the sample; without it the first is meant, or all of them when the instance has a "*".
 * Where the object has several instances and the path names none, all are meant.
 *
 * What would be misread can be put in double quotes, the whole part or some of it: inside them
 * nothing has a meaning but "" for one quote: \Custom Heap("a/b(1)#2")\Bytes in Use.
 * Balanced parentheses need no quotes. A title index in place of a name is understood, too.
 *
 * Text is UTF-8. Rule: "Specifying a Counter Path", perflib reference 2.5.
 */
#ifndef COUNTER_PATH_H
#define COUNTER_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "output.h"
#include "wintypes.h"

/** One part of a path: text in which some characters may be "any run". */
struct path_pattern {
    uint32_t *characters; /* folded; PATH_ANY is "*" */
    size_t count;
    bool has_any; /* contains PATH_ANY */
};

#define PATH_ANY UINT32_MAX

/** `index` of a path without "#index". */
#define PATH_NO_INDEX UINT32_MAX

struct counter_path {
    struct path_pattern machine; /* empty: this machine, whatever its name */
    struct path_pattern object;
    bool has_instance;            /* the three below mean something */
    struct path_pattern whole;    /* everything between the parentheses, as if it were one name */
    struct path_pattern parent;   /* empty: not asked for */
    struct path_pattern instance; /* without parent and index */
    uint32_t index;
    struct path_pattern counter;
    bool has_parent;
};

/** Where and why a path could not be read. */
struct counter_path_error {
    size_t position;     /* bytes from its start */
    const char *message; /* for people, static */
};

/**
 * Read a path.
 *
 * @return ERROR_SUCCESS; ERROR_INVALID_NAME: *error says why, *path is unchanged;
 *         ERROR_NOT_ENOUGH_MEMORY
 */
DWORD counter_path_parse(const char *text, struct counter_path *path,
                         struct counter_path_error *error);

/** Free what a path holds; a zeroed one is allowed. */
void counter_path_release(struct counter_path *path);

/** Whether UTF-8 text is what the pattern says. */
bool path_pattern_matches(const struct path_pattern *pattern, const char *text);

/**
 * Whether an instance is meant.
 *
 * @param parent      its parent's name, or NULL
 * @param name        its name; NULL: the object has no instances
 * @param occurrence  how many instances of the same name stand before it
 */
bool counter_path_matches_instance(const struct counter_path *path, const char *parent,
                                   const char *name, uint32_t occurrence);

/** The parts of a path; texts are UTF-8. */
struct counter_path_parts {
    const char *machine; /* NULL: left out, as are `parent` and `instance` */
    const char *object;
    const char *parent, *instance;
    uint32_t occurrence; /* 0: no #index */
    const char *counter;
};

/** Write a path as PDH writes it, nothing quoted. */
void counter_path_add(struct output *output, const struct counter_path_parts *parts);

#endif /* COUNTER_PATH_H */
