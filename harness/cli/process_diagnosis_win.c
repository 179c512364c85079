/* SPDX-License-Identifier: MIT
 *
 * See process_diagnosis.h. Windows has no preload library: a program either links the tracker or
 * does not.
 */
#include "process_diagnosis.h"

#include <stdio.h>

#include "os_process.h"

void process_diagnosis_text(uint32_t process_id, char *text, size_t size)
{
    struct os_process process;
    DWORD error = os_process_open(&process, process_id);

    if (!error)
        os_process_close(&process);
    snprintf(text, size,
             error == ERROR_NOT_FOUND
                 ? "there is no process %u"
                 : "process %u publishes no heap here: link libheaptracker, and use the same "
                   "HEAPCTRS_DIR",
             (unsigned)process_id);
}
