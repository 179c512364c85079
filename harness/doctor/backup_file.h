/* SPDX-License-Identifier: MIT
 *
 * PerfStringBackup.INI and the files of `lodctr /S`: numbers and texts of all services that have a
 * range. The form is like an .ini file, but texts are raw to the end of the line: they may hold
 * "=", begin with a quotation mark, and contain bare line feeds. There are no comments and no
 * escapes.
 */
#ifndef BACKUP_FILE_H
#define BACKUP_FILE_H

#include <stdbool.h>

#include "input_state.h"
#include "reg_text.h"

/** Whether a text looks like a backup: it has a section [Perflib], [PERF_...] or
    [PerfStrings_...]. */
bool backup_file_is(const struct reg_text *text);

/**
 * Read a backup into the input's tree, as the keys and values of which it is a copy.
 *
 * @return ERROR_SUCCESS, also for a file that is cut short, which input->damage describes;
 *         ERROR_NOT_ENOUGH_MEMORY
 */
DWORD backup_file_parse(const struct reg_text *text, struct machine_input *input);

#endif /* BACKUP_FILE_H */
