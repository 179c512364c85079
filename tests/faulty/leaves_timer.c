/* rule: left-behind; may: unload-crash; says: timer; a timer that first fires in an hour outlives its library */
#include "frame/faulty.h"

#ifdef _WIN32
static VOID CALLBACK on_time(PVOID context, BOOLEAN is_timer)
{
    (void)context;
    (void)is_timer;
}

static DWORD on_open(void)
{
    static HANDLE timer;

    if (!timer)
        CreateTimerQueueTimer(&timer, NULL, on_time, NULL, 3600000, 3600000, 0);
    return ERROR_SUCCESS;
}
#else
#include <signal.h>
#include <time.h>

static DWORD on_open(void)
{
    static timer_t timer;
    struct sigevent event;
    const struct itimerspec time = { { 3600, 0 }, { 3600, 0 } };

    if (timer)
        return ERROR_SUCCESS;
    memset(&event, 0, sizeof(event));
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGUSR2;
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) == 0)
        timer_settime(timer, 0, &time, NULL);
    return ERROR_SUCCESS;
}
#endif
#define ON_OPEN on_open
#include "frame/exports.h"
