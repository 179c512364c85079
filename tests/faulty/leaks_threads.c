/* rule: leak-threads, unload-crash; may: left-behind; */
#include "frame/faulty.h"

static volatile bool goes_on = true;

static void wait(void)
{
    while (goes_on)
        sleep_ms(50);
}

static DWORD begin(void)
{
    start_thread(wait);
    return ERROR_SUCCESS;
}
#define ON_OPEN begin
#include "frame/exports.h"
