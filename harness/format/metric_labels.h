/* SPDX-License-Identifier: MIT
 *
 * The labels of an instance, which distinguish the samples of one metric.
 */
#ifndef METRIC_LABELS_H
#define METRIC_LABELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decoder.h"
#include "known_metric.h"
#include "output.h"

/** How instances of the current object are labelled. */
struct metric_labelling {
    const struct known_labels *known; /* NULL: by the label "name" */
    size_t process_id;                /* position of the counter of that name */
};

/** The parts of an instance's name, for objects with known labels. */
struct metric_identity {
    const char *process, *heap; /* `heap` is "" if the object has no such label; not terminated */
    size_t process_size, heap_size;
    const char *suffix; /* distinguishes two processes of the same name and id, or "" */
    uint32_t process_id;
};

/** The labels of an object's instances. */
struct metric_labelling metric_labels_labelling_of(const struct decoded_object *object);

/**
 * Split an instance's name. A name of another form is as a whole the heap's, or else the process's.
 *
 * @return false for _Total, which is not exported: a sum over the metric would count it twice
 */
bool metric_labels_identity_of(const struct metric_labelling *labelling,
                               const struct decoder *decoder,
                               const struct decoded_instance *instance,
                               struct metric_identity *identity);

/**
 * Add the labels of an identity: {process="…",pid="…",heap="…"}.
 *
 * @param has_pid     whether to add the label "pid"
 * @param occurrence  the number of equal instances before it, for the label "index"
 */
void metric_labels_add_identity(struct output *output, const struct known_labels *known,
                                const struct metric_identity *identity, bool has_pid,
                                uint32_t occurrence);

/** Add the labels of an instance of another provider: {name="…",parent="…",index="…",text="…"}. */
void metric_labels_add(struct output *output, const struct decoded_instance *instance,
                       const char *text);

#endif /* METRIC_LABELS_H */
