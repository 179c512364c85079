/* rule: left-behind; may: unload-crash; says: a thread; a thread that sleeps for an hour outlives its library */
#include "frame/faulty.h"

static void rest(void)
{
    sleep_ms(3600000);
}

static DWORD on_open(void)
{
    static bool has_begun;

    if (!has_begun)
        start_thread(rest);
    has_begun = true;
    return ERROR_SUCCESS;
}
#define ON_OPEN on_open
#include "frame/exports.h"
