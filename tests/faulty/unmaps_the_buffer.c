/* rule: heap-damage */
#include "frame/faulty.h"

#ifdef _WIN32

/* Unmap the whole allocation that contains the buffer. */
static void unmap(void *address)
{
    MEMORY_BASIC_INFORMATION region;

    if (VirtualQuery(address, &region, sizeof(region)))
        VirtualFree(region.AllocationBase, 0, MEM_RELEASE);
}

#else

#include <sys/mman.h>

static void unmap(void *address)
{
    munmap((void *)((uintptr_t)address & ~(uintptr_t)4095), 4096);
}

#endif

static void give_back(struct call *call)
{
    if (has_word(call->query, "Global"))
        unmap(*call->data);
}
#define ON_COLLECT give_back
#include "frame/exports.h"
