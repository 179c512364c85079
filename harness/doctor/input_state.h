/* SPDX-License-Identifier: MIT
 *
 * One input as the reader of its form leaves it: the tree of keys and values, and what is damaged.
 */
#ifndef INPUT_STATE_H
#define INPUT_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "reg_tree.h"

/** In the order in which one is believed more than another. */
enum machine_input_kind {
    MACHINE_INPUT_REGISTRY, /* the system's registry, or a .reg file */
    MACHINE_INPUT_QUERY,    /* what lodctr /q printed */
    MACHINE_INPUT_TABLE,    /* perfc009.dat, perfh009.dat, or a saved value "Counter 009" */
    MACHINE_INPUT_BACKUP,   /* PerfStringBackup.INI, or a file of lodctr /S */
    MACHINE_INPUT_ANSWER,   /* a saved answer of HKEY_PERFORMANCE_DATA */
};

/** Zeroed, it is empty. It stays where it is: the tree's keys point to it. */
struct machine_input {
    const char *name; /* for people: a path, or "the registry"; owned by the caller */
    enum machine_input_kind kind;
    struct reg_tree tree;
    bool is_live;     /* this machine's own registry, and not Wine's: names are files */
    bool is_system;   /* this machine's own registry */
    bool is_cut;      /* the file ends early */
    char damage[256]; /* where and how; "" if nothing is damaged */
    void *answer;     /* MACHINE_INPUT_ANSWER: the bytes */
    size_t answer_size;
    uint32_t language; /* MACHINE_INPUT_TABLE */
    bool is_help;
};

/** The largest file that is read, bytes. */
#define MACHINE_INPUT_LIMIT (64u << 20)

#endif /* INPUT_STATE_H */
