/* rule: process-limits; may: crash, exit; only: native, where a process can limit itself; the limit of open files, in Open */
#include "frame/faulty.h"

#ifndef _WIN32
#include <sys/resource.h>

static DWORD on_open(void)
{
    struct rlimit limit;

    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = 64;
    setrlimit(RLIMIT_NOFILE, &limit);
    return ERROR_SUCCESS;
}
#define ON_OPEN on_open
#endif
#include "frame/exports.h"
