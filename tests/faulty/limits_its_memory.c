/* rule: process-limits; may: crash, exit, left-behind; says: no memory for a call; only: native, where a process can limit itself; so far that no call is possible */
#include "frame/faulty.h"

#ifndef _WIN32
#include <sys/resource.h>

static DWORD on_open(void)
{
    const struct rlimit limit = { 1 << 20, 1 << 20 };

    setrlimit(RLIMIT_AS, &limit);
    return ERROR_SUCCESS;
}
#define ON_OPEN on_open
#endif
#include "frame/exports.h"
