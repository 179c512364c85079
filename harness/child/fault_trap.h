/* SPDX-License-Identifier: MIT
 *
 * Catches what would end this process (an unhandled exception, a fatal signal, a stack overflow),
 * records where it happened, and ends the process. An exception that a provider handles itself is
 * not seen here.
 */
#ifndef FAULT_TRAP_H
#define FAULT_TRAP_H

#include <stdbool.h>
#include <stdint.h>

#include "provider_observation.h"
#include "wintypes.h"

/** Bytes for the path of the module in which the fault happened. */
#define FAULT_TRAP_PATH_SIZE 1024

/** One fault, as the trap records it. A process that is not damaged looks up the symbols later. */
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
 *                stack. It is called first with what is known at once, then again with the module.
 *                The process ends when it returns.
 */
void fault_trap_set(void (*record)(const struct fault_record *fault));

/** Prepare the calling thread, so that an overflow of its stack can be recorded. */
void fault_trap_enter_thread(void);

/**
 * Set any address in the provider's library. NULL means that the library was unloaded; a fault of a
 * thread that still enters its code is then marked is_left_over.
 */
void fault_trap_set_provider(const void *address);

/**
 * Begin or end the unloading of the provider. Windows' loader swallows a fault in
 * DLL_PROCESS_DETACH or in a TLS callback. Between the two calls, the trap sees it before the
 * loader does, unless a frame of the provider has a handler of its own. The second call raises an
 * exception that ends nothing, so that a handler that the library did not remove fails then.
 * Natively no fault is swallowed, and these functions do nothing.
 */
void fault_trap_begin_unloading(void);
void fault_trap_end_unloading(void);

/**
 * Record where another thread of this process is. This is for a thread that hangs and will be killed.
 *
 * @param thread  os_thread_id
 * @param record  as for fault_trap_set; may never be called
 */
void fault_trap_locate(uint32_t thread, void (*record)(const struct fault_record *fault));

#endif /* FAULT_TRAP_H */
