/* rule: load-hang; check: --timeout 0.3 */
#include "frame/faulty.h"

static void hang(void)
{
    for (;;)
        sleep_ms(10);
}
#define ON_LOAD hang
#include "frame/exports.h"
