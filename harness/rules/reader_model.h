/* SPDX-License-Identifier: MIT
 *
 * Models of readers' parsers: each goes over an answer as the reader does, and its values are
 * compared with what is there. A difference becomes a finding of the reader's rule, with object,
 * instance, counter and both values.
 *
 * Rule: a run of synthetic answers against windows_exporter's and leoluk's Go parsers and netdata's
 * C parser; for .NET, OSHI, Far and Nmap their sources.
 */
#ifndef READER_MODEL_H
#define READER_MODEL_H

#include <stdint.h>

#include "readers.h"

/** Run the models of the wanted readers (bits: 1 << enum reader_id). */
void reader_models_check(struct findings *findings, uint32_t wanted,
                         const struct readers_answer *answer);

#endif /* READER_MODEL_H */
