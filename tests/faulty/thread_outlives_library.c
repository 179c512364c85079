/* rule: unload-crash; may: left-behind; */
#include "frame/faulty.h"

static volatile unsigned beats;

static void beat(void)
{
    for (;;) {
        beats++;
        sleep_ms(1);
    }
}

static DWORD begin(void)
{
    static bool has_begun;

    if (!has_begun)
        start_thread(beat);
    has_begun = true;
    return ERROR_SUCCESS;
}
#define ON_OPEN begin
#include "frame/exports.h"
