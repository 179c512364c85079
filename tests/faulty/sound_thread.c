/* rule: none; a thread of its own from Open to Close, which collects in advance */
#include "frame/faulty.h"

static volatile int wants_end, has_ended;

static void collect_in_advance(void)
{
    while (!__sync_fetch_and_add(&wants_end, 0))
        sleep_ms(1);
    __sync_lock_test_and_set(&has_ended, 1);
}

static unsigned opened;

static DWORD begin(void)
{
    if (__sync_fetch_and_add(&opened, 1) == 0) {
        wants_end = has_ended = 0;
        start_thread(collect_in_advance);
    }
    return ERROR_SUCCESS;
}

/* The thread's last instructions are the library's, too, so it gets a moment for them. */
static void end(void)
{
    if (opened == 0 || __sync_sub_and_fetch(&opened, 1) > 0)
        return;
    __sync_lock_test_and_set(&wants_end, 1);
    while (!__sync_fetch_and_add(&has_ended, 0))
        sleep_ms(1);
    sleep_ms(5);
}

#define ON_OPEN begin
#define ON_CLOSE end
#include "frame/exports.h"
