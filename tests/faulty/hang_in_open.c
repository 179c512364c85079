/* rule: hang; check: --timeout 0.3 */
#include "frame/faulty.h"

static DWORD hang(void)
{
    while (open_count == 0)
        sleep_ms(10);
    return ERROR_SUCCESS;
}
#define ON_OPEN hang
#include "frame/exports.h"
