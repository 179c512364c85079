/* SPDX-License-Identifier: MIT
 *
 * Starts and stops a V2 provider's library on the system's own PERFLIB, twice. Wine's consumer side
 * finds no counterset, so nothing else can be seen there. Argument: the library.
 */
#include <stdio.h>
#include <string.h>

#include "os.h"
#include "wintypes.h"

typedef DWORD(WINAPI *procedure)(void);

static procedure find(const struct os_library *library, const char *name)
{
    void *symbol = os_library_symbol(library, name);
    procedure found = NULL;

    memcpy(&found, &symbol, sizeof(found));
    return found;
}

int main(int argc, char **argv)
{
    struct os_library library;
    char detail[256] = "no library is named";

    if (argc < 2 || os_library_open(&library, argv[1], detail, sizeof(detail))) {
        fprintf(stderr, "%s\n", detail);
        return 2;
    }
    procedure start = find(&library, "StartHeapCounters");
    procedure stop = find(&library, "StopHeapCounters");
    if (!start || !stop)
        return 2;
    for (int i = 0; i < 2; i++) {
        printf("start %u\n", (unsigned)start());
        stop();
    }
    os_library_close(&library);
    return 0;
}
