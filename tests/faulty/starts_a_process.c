/* rule: left-behind; only: native, where a process can leave its group; a process that leaves its group and its parent */
#include "frame/faulty.h"

#ifndef _WIN32
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static DWORD on_open(void)
{
    static bool has_begun;
    const pid_t child = has_begun ? -1 : fork();

    has_begun = true;
    if (child == 0) {
        if (fork() == 0) {
            setsid();
            sleep(600);
        }
        _exit(0);
    }
    if (child > 0)
        waitpid(child, NULL, 0);
    return ERROR_SUCCESS;
}
#define ON_OPEN on_open
#endif
#include "frame/exports.h"
