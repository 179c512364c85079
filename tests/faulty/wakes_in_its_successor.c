/* rule: unload-crash; may: left-behind; a thread goes on when its library is loaded again */
#include "frame/faulty.h"

#define GATE "WAKES_IN_ITS_SUCCESSOR"

static volatile unsigned beats;
static volatile unsigned *volatile beat_of_this_copy; /* NULL in the copy that is loaded next */

static void beat(void)
{
    wait_at_gate(make_gate(GATE));
    ++*beat_of_this_copy;
}

/* The thread runs none of the library's code before it is loaded again: only then can it fail. */
static void wake(void)
{
    open_gate(GATE);
    sleep_ms(200);
}

static DWORD begin(void)
{
    if (!beat_of_this_copy)
        start_thread(beat);
    beat_of_this_copy = &beats;
    return ERROR_SUCCESS;
}
#define ON_LOAD wake
#define ON_OPEN begin
#include "frame/exports.h"
