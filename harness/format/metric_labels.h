/* SPDX-License-Identifier: MIT
 *
 * What tells the samples of one metric apart: the labels of an instance.
 */
#ifndef METRIC_LABELS_H
#define METRIC_LABELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decoder.h"
#include "known_metric.h"
#include "output.h"

/** How the current object's instances are labelled. */
struct metric_labelling {
    const struct known_labels *known; /* NULL: by "name" */
    size_t process_id;                /* place of the counter of that name */
};

/** The parts of one instance's name, for objects with known labels. */
struct metric_identity {
    const char *process, *heap; /* `heap` is "" if the object has no such label; not terminated */
    size_t process_size, heap_size;
    const char *suffix; /* what tells two processes of one name and id apart; "": nothing */
    uint32_t process_id;
};

/** How the instances of an object are labelled. */
struct metric_labelling metric_labelling_of(const struct decoded_object *object);

/**
 * Take an instance apart. A name of another shape is the heap's, or the process's, as a whole.
 *
 * @return false for _Total, which is not exported: a sum over the metric would count it again
 */
bool metric_identity_of(const struct metric_labelling *labelling, const struct decoder *decoder,
                        const struct decoded_instance *instance, struct metric_identity *identity);

/**
 * Add the labels of an identity: {process="…",pid="…",heap="…"}.
 *
 * @param has_pid     the label "pid" is wanted
 * @param occurrence  0, or how many equal instances precede it: the label "index"
 */
void metric_identity_add(struct output *output, const struct known_labels *known,
                         const struct metric_identity *identity, bool has_pid, uint32_t occurrence);

/** Add the labels of an instance of another provider: {name="…",parent="…",index="…",text="…"}. */
void metric_labels_add(struct output *output, const struct decoded_instance *instance,
                       const char *text);

#endif /* METRIC_LABELS_H */
