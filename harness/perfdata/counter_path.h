/* SPDX-License-Identifier: MIT
 *
 * Counter paths: \\machine\object(parent/instance#index)\counter.
 *
 * Machine, parent, instance and index may be left out. "*" matches any sequence of characters in
 * any part. The case of names is ignored. #index counts instances with the same name from 0, in the
 * order of the sample. Without it the path selects the first instance, or all instances if the
 * instance contains a "*". If the object has several instances and the path has no instance, it
 * selects all.
 *
 * A part, or some of it, can be put in double quotes. Inside quotes only "" has a meaning, one
 * quote: \Custom Heap("a/b(1)#2")\Bytes in Use. Balanced parentheses need no quotes. A title index
 * can replace a name.
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

/** One part of a path: text in which a character can match any sequence. */
struct path_pattern {
    uint32_t *characters; /* folded; PATH_ANY is "*" */
    size_t count;
    bool has_any; /* contains PATH_ANY */
};

#define PATH_ANY UINT32_MAX

/** `index` of a path without "#index". */
#define PATH_NO_INDEX UINT32_MAX

struct counter_path {
    struct path_pattern machine; /* empty: this machine */
    struct path_pattern object;
    bool has_instance;            /* the next three members are used */
    struct path_pattern whole;    /* the text between the parentheses as one name */
    struct path_pattern parent;   /* empty: any parent */
    struct path_pattern instance; /* without parent and index */
    uint32_t index;
    struct path_pattern counter;
    bool has_parent;
};

/** The place of and reason for a parse error. */
struct counter_path_error {
    size_t position;     /* bytes from its start */
    const char *message; /* for people, static */
};

/**
 * Parse a path.
 *
 * @return ERROR_SUCCESS; ERROR_INVALID_NAME: *error has the reason, *path is unchanged;
 *         ERROR_NOT_ENOUGH_MEMORY
 */
DWORD counter_path_parse(const char *text, struct counter_path *path,
                         struct counter_path_error *error);

/** Free the memory of a path. A zeroed one is allowed. */
void counter_path_release(struct counter_path *path);

/** Whether UTF-8 text matches the pattern. */
bool counter_path_pattern_matches(const struct path_pattern *pattern, const char *text);

/**
 * Whether a path selects an instance.
 *
 * @param parent      its parent's name, or NULL
 * @param name        its name; NULL: the object has no instances
 * @param occurrence  the number of instances with the same name before it
 */
bool counter_path_matches_instance(const struct counter_path *path, const char *parent,
                                   const char *name, uint32_t occurrence);

/** The parts of a path; texts are UTF-8. */
struct counter_path_parts {
    const char *machine; /* NULL: left out; also `parent` and `instance` */
    const char *object;
    const char *parent, *instance;
    uint32_t occurrence; /* 0: no #index */
    const char *counter;
};

/** Write a name as a part of a path, in quotes if something in it has a meaning there. */
void counter_path_add_part(struct output *output, const char *name);

/** Write a path like PDH, without quotes. */
void counter_path_add(struct output *output, const struct counter_path_parts *parts);

#endif /* COUNTER_PATH_H */
