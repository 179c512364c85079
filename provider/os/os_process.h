/* SPDX-License-Identifier: MIT
 *
 * Access to the memory and the modules of another process. What os.h says of all its functions
 * holds here. Nothing here allocates with malloc, stops the process or changes anything in it.
 */
#ifndef OS_PROCESS_H
#define OS_PROCESS_H

#include "os.h"

struct os_process {
    uint32_t process_id;
    intptr_t handle;
};

/**
 * Open a process. This may be the calling one.
 *
 * @return ERROR_SUCCESS; ERROR_ACCESS_DENIED; ERROR_NOT_FOUND if no process has that id
 */
DWORD os_process_open(struct os_process *process, uint32_t process_id);
void os_process_close(struct os_process *process);

/**
 * Copy memory of the process in its current state. After a failure the contents of the buffer are
 * not defined.
 *
 * @return ERROR_SUCCESS; ERROR_ACCESS_DENIED: natively this needs the right to debug the process;
 *         ERROR_NOACCESS: not all of that memory exists; ERROR_NOT_FOUND: the process has ended
 */
DWORD os_process_read(const struct os_process *process, uint64_t address, void *memory,
                      size_t size);

/**
 * The bytes of physical memory and swap space that the process uses, about. Memory that it has reserved and
 * never written does not count.
 *
 * @return ERROR_SUCCESS; ERROR_ACCESS_DENIED; ERROR_NOT_FOUND; ERROR_NOT_SUPPORTED: the system does not say it
 */
DWORD os_process_memory(const struct os_process *process, uint64_t *size);

/** A library or program in a process. */
struct os_process_module {
    uint64_t begin, end; /* addresses; what lies between them belongs to the module or is unused */
    const char *path;    /* UTF-8; valid during the visit */
};

/**
 * Visit the modules in the order of their addresses.
 *
 * @param visit  returns false to stop
 * @return ERROR_SUCCESS; ERROR_ACCESS_DENIED; ERROR_NOT_FOUND
 */
DWORD os_process_modules(const struct os_process *process,
                         bool (*visit)(void *context, const struct os_process_module *module),
                         void *context);

#endif /* OS_PROCESS_H */
