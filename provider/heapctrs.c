/* SPDX-License-Identifier: MIT
 *
 * The three procedures that the registration names, with Windows' signatures. provider.c does the
 * work; these functions only preserve the calling thread's last error. There is no DllMain and no
 * thread, and nothing happens at load time.
 */
#include "os.h"
#include "provider.h"
#include "winperf.h"

PM_OPEN_PROC OpenHeapPerformanceData;
PM_COLLECT_PROC CollectHeapPerformanceData;
PM_CLOSE_PROC CloseHeapPerformanceData;

/* Rule: PM_OPEN_PROC. After an error the system would disable the provider. So Open succeeds,
   Collect returns no data, and the event log has the reason. */
DWORD APIENTRY OpenHeapPerformanceData(LPWSTR context)
{
    uint32_t last_error = os_last_error();

    provider_open(context);
    os_last_error_set(last_error);
    return ERROR_SUCCESS;
}

DWORD APIENTRY CollectHeapPerformanceData(LPWSTR query, LPVOID *data, LPDWORD size,
                                          LPDWORD object_count)
{
    uint32_t last_error = os_last_error();
    DWORD error = provider_collect(query, data, size, object_count);

    os_last_error_set(last_error);
    return error;
}

DWORD APIENTRY CloseHeapPerformanceData(void)
{
    uint32_t last_error = os_last_error();

    provider_close();
    os_last_error_set(last_error);
    return ERROR_SUCCESS;
}
