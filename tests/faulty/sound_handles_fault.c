/* rule: none; faults at each Collect, on purpose, and handles that itself */
#include "frame/faulty.h"

static void touch(volatile char *page)
{
    *page = 1; /* continues after the page was made writable */
}

#ifdef _WIN32

static char *volatile page; /* the page for the handler while the fault happens */

static LONG WINAPI handle(EXCEPTION_POINTERS *exception)
{
    const EXCEPTION_RECORD *record = exception->ExceptionRecord;
    DWORD before;

    if (record->ExceptionCode != EXCEPTION_ACCESS_VIOLATION ||
        record->ExceptionInformation[1] != (ULONG_PTR)page)
        return EXCEPTION_CONTINUE_SEARCH;
    VirtualProtect(page, 4096, PAGE_READWRITE, &before);
    return EXCEPTION_CONTINUE_EXECUTION;
}

static void fault(struct answer *answer)
{
    void *handler = AddVectoredExceptionHandler(1, handle);

    (void)answer;
    page = VirtualAlloc(NULL, 4096, MEM_RESERVE | MEM_COMMIT, PAGE_NOACCESS);
    touch(page);
    VirtualFree(page, 0, MEM_RELEASE);
    RemoveVectoredExceptionHandler(handler);
}

#else

#include <signal.h>
#include <sys/mman.h>

static void handle(int signal, siginfo_t *information, void *context)
{
    (void)signal, (void)context;
    mprotect(information->si_addr, 4096, PROT_READ | PROT_WRITE);
}

static void fault(struct answer *answer)
{
    struct sigaction action = { .sa_sigaction = handle, .sa_flags = SA_SIGINFO }, before;
    char *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    (void)answer;
    sigaction(SIGSEGV, &action, &before);
    touch(page);
    sigaction(SIGSEGV, &before, NULL);
    munmap(page, 4096);
}

#endif

#define SPOIL fault
#include "frame/exports.h"
