/* SPDX-License-Identifier: MIT
 *
 * One input of a diagnosis: the registry itself, or a file of any form that shows a part of it. All
 * forms become the same tree of keys and values, so that several inputs complement each other.
 *
 * The bytes are hostile. A file that breaks the rules of its form is refused with a message. A file
 * that is cut short is read up to the cut, which `damage` describes.
 */
#ifndef MACHINE_INPUT_H
#define MACHINE_INPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "input_state.h"
#include "registration.h"

/**
 * Read a file.
 *
 * @return ERROR_SUCCESS; errors of os_file_read_all and of the form's reader, with error->message;
 *         then *input is released
 */
DWORD machine_input_read(const char *path, struct machine_input *input,
                         struct registration_error *error);

/** The same from memory; `path` is for messages and for what its name says. */
DWORD machine_input_parse(const void *data, size_t size, const char *path,
                          struct machine_input *input, struct registration_error *error);

/** Read this machine's registry, or ERROR_NOT_SUPPORTED. */
DWORD machine_input_read_system(struct machine_input *input, struct registration_error *error);

/** Names of the files beside the registry of Windows. */
extern const char *const machine_input_file_names[MACHINE_FILE_COUNT];

/** "registry", "lodctr /q" and so on, for people. */
const char *machine_input_kind_name(enum machine_input_kind kind);

/** Free all memory. A zeroed input is allowed. */
void machine_input_release(struct machine_input *input);

#endif /* MACHINE_INPUT_H */
