/* SPDX-License-Identifier: MIT
 *
 * Looking into a process: its memory and its modules. The sibling of os.h; what holds there holds
 * here. Nothing here allocates with malloc, stops the process or changes anything in it.
 */
#ifndef OS_PROCESS_H
#define OS_PROCESS_H

#include "os.h"

struct os_process {
    uint32_t process_id;
    intptr_t handle;
};

/**
 * Open a process, this one too.
 *
 * @return ERROR_SUCCESS; ERROR_ACCESS_DENIED; ERROR_NOT_FOUND: there is none of that id
 */
DWORD os_process_open(struct os_process *process, uint32_t process_id);
void os_process_close(struct os_process *process);

/**
 * Copy memory of the process as it is now, all of it or nothing useful.
 *
 * @return ERROR_SUCCESS; ERROR_ACCESS_DENIED: natively that needs the right to debug the process;
 *         ERROR_NOACCESS: there is not that much memory there; ERROR_NOT_FOUND: it ended
 */
DWORD os_process_read(const struct os_process *process, uint64_t address, void *memory,
                      size_t size);

/** A library or program in a process. */
struct os_process_module {
    uint64_t begin, end; /* addresses; what lies between belongs to it or to nobody */
    const char *path;    /* UTF-8; valid during the visit */
};

/**
 * Visit the modules by rising address.
 *
 * @param visit  returns false to stop
 * @return ERROR_SUCCESS; ERROR_ACCESS_DENIED; ERROR_NOT_FOUND
 */
DWORD os_process_modules(const struct os_process *process,
                         bool (*visit)(void *context, const struct os_process_module *module),
                         void *context);

#endif /* OS_PROCESS_H */
