/* rule: left-behind; only: native, where signals have handlers; a handler outlives its library */
#include "frame/faulty.h"

#ifndef _WIN32
#include <signal.h>

static void on_signal(int number)
{
    (void)number;
}

static DWORD on_open(void)
{
    struct sigaction action;

    memset(&action, 0, sizeof(action));
    action.sa_handler = on_signal;
    sigaction(SIGUSR1, &action, NULL);
    return ERROR_SUCCESS;
}
#define ON_OPEN on_open
#endif
#include "frame/exports.h"
