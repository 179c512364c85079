/* SPDX-License-Identifier: MIT
 *
 * Catches what would end this process - an unhandled exception, a fatal signal, a stack overflow -
 * records where it happened, and ends the process. What a provider handles itself is its own affair
 * and not seen here.
 */
#ifndef FAULT_TRAP_H
#define FAULT_TRAP_H

#include <stdbool.h>
#include <stdint.h>

#include "provider_observation.h"
#include "wintypes.h"

/** Bytes for the path of the module in which it happened. */
#define FAULT_TRAP_PATH_SIZE 1024

/** One fault, as the trap records it. The symbols are looked up later, by who is not damaged. */
struct fault_record {
    struct provider_fault fault; /* symbols and buffer_offset not yet set */
    bool is_stack_overflow;
    uint32_t thread; /* os_thread_id */
    char module_path[FAULT_TRAP_PATH_SIZE];
};

/**
 * Set the trap for the whole process.
 *
 * @param record  called in the thread that failed, perhaps with a damaged heap and very little
 *                stack: first with what is known at once, then again with the module. The process
 *                ends when it returns.
 */
void fault_trap_set(void (*record)(const struct fault_record *fault));

/** Prepare the calling thread, so that the overflow of its stack can be recorded. */
void fault_trap_enter_thread(void);

/**
 * Which library is the provider's: any address in it. NULL: none; the one before was unloaded, and
 * whoever still goes there has a fault that is_left_over.
 */
void fault_trap_set_provider(const void *address);

/**
 * Begin or end the unloading of the provider. Windows' loader swallows a fault in DLL_PROCESS_DETACH or
 * in a TLS callback; in between, the trap sees it before the loader does, unless a frame of the provider
 * has a handler of its own. At the end, an exception is raised that ends nothing: a handler that the
 * library left behind fails then. Natively nothing is swallowed, and this does nothing.
 */
void fault_trap_begin_unloading(void);
void fault_trap_end_unloading(void);

/**
 * Where another thread of this process is; called when it hangs and will be killed.
 *
 * @param thread  os_thread_id
 * @param record  as for fault_trap_set; may never be called
 */
void fault_trap_locate(uint32_t thread, void (*record)(const struct fault_record *fault));

#endif /* FAULT_TRAP_H */
