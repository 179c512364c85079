/* SPDX-License-Identifier: MIT
 *
 * fault_trap.h for Windows and Wine: a filter for unhandled exceptions, so that an exception that a
 * provider handles itself is not seen. The order of functions is that of fault_trap_posix.c.
 */
#include "fault_trap.h"

#include <stdio.h>
#include <string.h>

#include "image_header.h"
#include "library_place.h"
#include "os.h"
#include "stack_scan.h"
#include "text.h"

#define STACK_OVERFLOW 0xC00000FD
#define STACK_FOR_HANDLER (64u * 1024) /* bytes; chosen */

static const struct named {
    uint32_t code;
    const char *name;
} named[] = {
    { 0xC0000005, "access violation" },    { 0xC0000006, "in-page error" },
    { 0xC000001D, "illegal instruction" }, { 0xC0000094, "integer divide by zero" },
    { 0xC0000095, "integer overflow" },    { 0xC0000096, "privileged instruction" },
    { 0xC00000FD, "stack overflow" },      { 0xC0000374, "heap corruption" },
    { 0xC0000409, "fast fail" },           { 0xC000008E, "float divide by zero" },
    { 0x80000001, "guard page" },          { 0x80000002, "datatype misalignment" },
    { 0x80000003, "breakpoint" },          { 0xE06D7363, "C++ exception" },
    { 0x20474343, "C++ exception (GCC)" },
};

static void (*recorder)(const struct fault_record *fault);
static LONG is_taken;
static uintptr_t provider_base;
static char provider_path[FAULT_TRAP_PATH_SIZE];

static void take_context(const CONTEXT *context, uintptr_t *instruction, uintptr_t *stack)
{
#if defined(__x86_64__)
    *instruction = context->Rip;
    *stack = context->Rsp;
#else
    *instruction = context->Eip;
    *stack = context->Esp;
#endif
}

static size_t read_words(uintptr_t from, uintptr_t *words, size_t count)
{
    SIZE_T got = 0;

    ReadProcessMemory(GetCurrentProcess(), (const void *)from, words, count * sizeof(*words), &got);
    return got / sizeof(*words);
}

/* Whether the address is executable memory of the provider's library. */
static bool is_provider_code(uintptr_t address)
{
    MEMORY_BASIC_INFORMATION region;
    const DWORD executable =
        PAGE_EXECUTE | PAGE_EXECUTE_READ | PAGE_EXECUTE_READWRITE | PAGE_EXECUTE_WRITECOPY;

    return provider_base && VirtualQuery((const void *)address, &region, sizeof(region)) &&
           (uintptr_t)region.AllocationBase == provider_base && region.Protect & executable;
}

/* Whether an address and the 8 bytes before it are code of the provider. */
static bool is_code(uintptr_t address)
{
    return address >= provider_base && is_provider_code(address - 8) && is_provider_code(address);
}

/* 32-bit Wine keeps the addresses of an unloaded image reserved. */
static bool is_unmapped(uintptr_t address)
{
    MEMORY_BASIC_INFORMATION region;

    return VirtualQuery((const void *)address, &region, sizeof(region)) &&
           region.State != MEM_COMMIT;
}

/* The path of a module; false if it is not known. */
static bool find_path(uintptr_t base, char path[FAULT_TRAP_PATH_SIZE])
{
    static WCHAR found[FAULT_TRAP_PATH_SIZE]; /* too large for a small stack */
    DWORD length = GetModuleFileNameW((HMODULE)base, found, FAULT_TRAP_PATH_SIZE);

    if (length == 0 || length >= FAULT_TRAP_PATH_SIZE)
        return false;
    text_to_utf8(found, length, path, FAULT_TRAP_PATH_SIZE);
    return true;
}

static void name_module(struct fault_record *record, uintptr_t offset)
{
    struct provider_fault *fault = &record->fault;
    const char *base = strrchr(record->module_path, '\\');

    snprintf(fault->module, sizeof(fault->module), "%s", base ? base + 1 : record->module_path);
    fault->module_offset = offset;
}

/* Add the module of an instruction, and the function of the provider that led there. */
static void add_module(struct fault_record *record, uintptr_t instruction, uintptr_t stack)
{
    struct provider_fault *fault = &record->fault;
    const struct stack_scan scan = { .stack = stack,
                                     .library = provider_base,
                                     .is_provider_fault = is_provider_code(instruction),
                                     .read_words = read_words,
                                     .is_code = is_code };
    MEMORY_BASIC_INFORMATION region;

    stack_scan_find_callers(&scan, fault);
    recorder(record);
    const struct library_place *place =
        fault->is_left_over ? library_place_find(instruction) : NULL;
    if (place) {
        memcpy(record->module_path, provider_path, sizeof(provider_path));
        name_module(record, instruction - place->begin);
    } else if (VirtualQuery((const void *)instruction, &region, sizeof(region)) &&
               region.AllocationBase &&
               find_path((uintptr_t)region.AllocationBase, record->module_path)) {
        name_module(record, instruction - (uintptr_t)region.AllocationBase);
    }
}

static LONG WINAPI handle(EXCEPTION_POINTERS *exception)
{
    static struct fault_record record; /* used once, and too large for a small stack */
    const EXCEPTION_RECORD *what = exception->ExceptionRecord;
    uintptr_t instruction, stack;

    if (InterlockedExchange(&is_taken, 1))
        for (;;)
            Sleep(INFINITE); /* another thread was first, and ends the process */

    take_context(exception->ContextRecord, &instruction, &stack);
    record.thread = os_thread_id();
    record.fault.code = what->ExceptionCode;
    record.fault.instruction = instruction;
    record.is_stack_overflow = what->ExceptionCode == STACK_OVERFLOW;
    snprintf(record.fault.name, sizeof(record.fault.name), "exception 0x%08lX",
             (unsigned long)what->ExceptionCode);
    for (size_t i = 0; i < sizeof(named) / sizeof(*named); i++)
        if (named[i].code == what->ExceptionCode)
            memcpy(record.fault.name, named[i].name, strlen(named[i].name) + 1);
    if ((what->ExceptionCode == 0xC0000005 || what->ExceptionCode == 0xC0000006) &&
        what->NumberParameters >= 2) {
        record.fault.has_address = true;
        record.fault.is_write = what->ExceptionInformation[0] == 1;
        record.fault.address = what->ExceptionInformation[1];
        record.fault.is_left_over = library_place_find((uintptr_t)what->ExceptionInformation[1]) &&
                                    is_unmapped((uintptr_t)what->ExceptionInformation[1]);
    }
    recorder(&record);
    add_module(&record, instruction, stack);
    recorder(&record);
    TerminateProcess(GetCurrentProcess(), what->ExceptionCode);
    return EXCEPTION_EXECUTE_HANDLER;
}

void fault_trap_set(void (*record)(const struct fault_record *fault))
{
    recorder = record;
    /* No message window that waits for a click. */
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
    SetUnhandledExceptionFilter(handle);
}

void fault_trap_enter_thread(void)
{
    MEMORY_BASIC_INFORMATION region;
    ULONG size = STACK_FOR_HANDLER;
    DWORD before;
    const void *here = &region;

    SetThreadStackGuarantee(&size);
    /* Where the whole stack is committed (Wine), its guard page lies at the very end, and an
       exception does not fit there. One more guard page above the guarantee turns the overflow
       into an exception. */
    VirtualQuery(here, &region, sizeof(region));
    unsigned char *page = (unsigned char *)region.AllocationBase + STACK_FOR_HANDLER;
    if ((const unsigned char *)here - page > (ptrdiff_t)(4 * STACK_FOR_HANDLER) &&
        VirtualQuery(page, &region, sizeof(region)) && region.State == MEM_COMMIT)
        VirtualProtect(page, os_page_size(), PAGE_READWRITE | PAGE_GUARD, &before);
}

/* The size that an image says it has; its headers are in its first page. */
static uintptr_t image_size(uintptr_t base)
{
    const struct span begin = { (const unsigned char *)base, os_page_size() };
    struct pe_header header;

    return image_header_parse_pe(begin, &header) ? header.size_of_image : 0;
}

void fault_trap_set_provider(const void *address)
{
    MEMORY_BASIC_INFORMATION region;

    provider_base = 0;
    if (address && VirtualQuery(address, &region, sizeof(region))) {
        provider_base = (uintptr_t)region.AllocationBase;
        library_place_add(provider_base, provider_base + image_size(provider_base));
        find_path(provider_base, provider_path);
    }
}

/* ---- unloading ------------------------------------------------------------------------------- */

#define PROBE 0xE04C4546 /* the code of the exception that the trap itself raises */

static PVOID first_handler;

static bool is_own_code(uintptr_t address)
{
    return address && is_provider_code(address);
}

/* Whether a frame of the provider may handle the exception itself. */
static bool has_own_handler(const CONTEXT *context)
{
#if defined(__x86_64__)
    CONTEXT frame = *context;

    for (int i = 0; i < 32 && frame.Rip; i++) {
        DWORD64 base, establisher;
        PVOID data;
        const PRUNTIME_FUNCTION function = RtlLookupFunctionEntry(frame.Rip, &base, NULL);

        if (!function) { /* a leaf function: the return address is on top of the stack */
            uintptr_t word;

            if (read_words(frame.Rsp, &word, 1) != 1)
                return false;
            frame.Rip = word;
            frame.Rsp += sizeof(word);
            continue;
        }
        const uintptr_t at = frame.Rip;

        const PEXCEPTION_ROUTINE handler = RtlVirtualUnwind(UNW_FLAG_EHANDLER, base, at, function,
                                                            &frame, &data, &establisher, NULL);

        if (handler && is_own_code(at))
            return true;
    }
    return false;
#else
    uintptr_t link[2], at;

    (void)context;
    __asm__("movl %%fs:0, %0" : "=r"(at)); /* the thread's list of handlers */
    for (int i = 0; i < 32 && at != UINTPTR_MAX && read_words(at, link, 2) == 2; i++) {
        if (is_own_code(link[1]))
            return true;
        at = link[0];
    }
    return false;
#endif
}

static LONG WINAPI see_first(EXCEPTION_POINTERS *exception)
{
    const DWORD code = exception->ExceptionRecord->ExceptionCode;

    /* Only faults of the processor count, not exceptions of programs such as those of C++. */
    if (code >> 28 == 0xC && !has_own_handler(exception->ContextRecord))
        return handle(exception);
    return EXCEPTION_CONTINUE_SEARCH;
}

static LONG WINAPI see_last(EXCEPTION_POINTERS *exception)
{
    return exception->ExceptionRecord->ExceptionCode == PROBE ? EXCEPTION_CONTINUE_EXECUTION
                                                              : EXCEPTION_CONTINUE_SEARCH;
}

void fault_trap_begin_unloading(void)
{
    first_handler = AddVectoredExceptionHandler(1, see_first);
}

void fault_trap_end_unloading(void)
{
    const PVOID last_handler = AddVectoredExceptionHandler(0, see_last);

    if (last_handler) {
        RaiseException(PROBE, 0, 0, NULL);
        RemoveVectoredExceptionHandler(last_handler);
    }
    if (first_handler)
        RemoveVectoredExceptionHandler(first_handler);
    first_handler = NULL;
}

void fault_trap_locate(uint32_t thread, void (*record)(const struct fault_record *fault))
{
    static struct fault_record found;
    static CONTEXT context;
    uintptr_t instruction, stack;
    HANDLE handle_of = OpenThread(THREAD_SUSPEND_RESUME | THREAD_GET_CONTEXT, FALSE, thread);

    if (!handle_of)
        return;
    context.ContextFlags = CONTEXT_CONTROL;
    if (SuspendThread(handle_of) != (DWORD)-1 && GetThreadContext(handle_of, &context)) {
        take_context(&context, &instruction, &stack);
        recorder = record;
        found.thread = thread;
        found.fault.instruction = instruction;
        record(&found);
        add_module(&found, instruction, stack);
        record(&found);
    }
    CloseHandle(handle_of); /* the thread stays suspended: it is killed soon */
}
