/* rule: none; a timer whose thread the C library keeps, created in Open and deleted in Close */
#include "frame/faulty.h"

static unsigned users;

#ifdef _WIN32
static HANDLE timer;
static volatile LONG ticks;

static VOID CALLBACK on_time(PVOID context, BOOLEAN is_timer)
{
    (void)context;
    (void)is_timer;
    InterlockedIncrement(&ticks);
}

static void start(void)
{
    CreateTimerQueueTimer(&timer, NULL, on_time, NULL, 50, 50, 0);
}

static void stop(void)
{
    DeleteTimerQueueTimer(NULL, timer, INVALID_HANDLE_VALUE);
}
#else
#include <signal.h>
#include <time.h>

static timer_t timer;

static void on_time(union sigval value)
{
    (void)value;
}

static void start(void)
{
    struct sigevent event;
    const struct itimerspec time = { { 3600, 0 }, { 3600, 0 } };

    memset(&event, 0, sizeof(event));
    event.sigev_notify = SIGEV_THREAD;
    event.sigev_notify_function = on_time;
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) == 0)
        timer_settime(timer, 0, &time, NULL);
}

static void stop(void)
{
    timer_delete(timer);
}
#endif

static DWORD on_open(void)
{
    if (users++ == 0)
        start();
    return ERROR_SUCCESS;
}

static void on_close(void)
{
    if (users && --users == 0)
        stop();
}
#define ON_OPEN on_open
#define ON_CLOSE on_close
#include "frame/exports.h"
