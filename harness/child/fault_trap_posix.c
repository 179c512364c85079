/* SPDX-License-Identifier: MIT
 *
 * fault_trap.h for Linux: signal handlers on stacks of their own. The order of functions is that of
 * fault_trap_win.c.
 */
#define _GNU_SOURCE
#include "fault_trap.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <ucontext.h>
#include <unistd.h>

#include "library_place.h"
#include "os.h"
#include "stack_scan.h"

#define SIGNAL_STACK_SIZE (256u * 1024) /* bytes; chosen */
/* An access this near the stack pointer is an access to the stack; chosen. */
#define STACK_SLACK (64u * 1024)
#define LOCATE_SIGNAL (SIGRTMIN + 9)

/* Signals that end a process because its code is at fault, and the matching codes of Windows. */
static const struct trapped {
    int signal;
    uint32_t code;
    const char *name;
} trapped[] = {
    { SIGSEGV, 0xC0000005, "SIGSEGV" }, { SIGBUS, 0xC0000006, "SIGBUS" },
    { SIGILL, 0xC000001D, "SIGILL" },   { SIGFPE, 0xC0000094, "SIGFPE" },
    { SIGABRT, 0x40000015, "SIGABRT" }, { SIGTRAP, 0x80000003, "SIGTRAP" },
    { SIGSYS, 0xC000001C, "SIGSYS" },
};

#define STACK_OVERFLOW 0xC00000FD

static void (*recorder)(const struct fault_record *fault);
static atomic_flag is_taken = ATOMIC_FLAG_INIT;
static uintptr_t provider_base, provider_code, provider_code_end;
static char provider_path[FAULT_TRAP_PATH_SIZE];

struct located {
    atomic_bool is_known;
    uintptr_t instruction, stack;
};
static struct located located;

static void take_context(const ucontext_t *context, uintptr_t *instruction, uintptr_t *stack,
                         bool *is_write)
{
#if defined(__x86_64__)
    *instruction = (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
    *stack = (uintptr_t)context->uc_mcontext.gregs[REG_RSP];
    *is_write = context->uc_mcontext.gregs[REG_ERR] & 2;
#elif defined(__aarch64__)
    *instruction = (uintptr_t)context->uc_mcontext.pc;
    *stack = (uintptr_t)context->uc_mcontext.sp;
    *is_write = false;
#else
#error "where the registers are is not known for this processor"
#endif
}

/* Read words of another thread's memory without the risk of a fault. */
static size_t read_words(uintptr_t from, uintptr_t *words, size_t count)
{
    struct iovec here = { words, count * sizeof(*words) };
    struct iovec there = { (void *)from, count * sizeof(*words) };
    ssize_t got = process_vm_readv(getpid(), &here, 1, &there, 1, 0);

    return got > 0 ? (size_t)got / sizeof(*words) : 0;
}

/* Whether an address and the 8 bytes before it are code of the provider. */
static bool is_code(uintptr_t address)
{
    return address > provider_code + 8 && address < provider_code_end;
}

static void name_module(struct fault_record *record, const char *path, uintptr_t offset)
{
    struct provider_fault *fault = &record->fault;
    const char *base = strrchr(path, '/');

    snprintf(fault->module, sizeof(fault->module), "%s", base ? base + 1 : path);
    snprintf(record->module_path, sizeof(record->module_path), "%s", path);
    fault->module_offset = offset;
}

/* Add the module of an instruction, and the function of the provider that led there. */
static void add_module(struct fault_record *record, uintptr_t instruction, uintptr_t stack)
{
    struct provider_fault *fault = &record->fault;
    const struct stack_scan scan = { .stack = stack,
                                     .library = provider_code ? provider_base : 0,
                                     .is_provider_fault = instruction >= provider_code &&
                                                          instruction < provider_code_end,
                                     .read_words = read_words,
                                     .is_code = is_code };
    Dl_info info;

    stack_scan_find_callers(&scan, fault);
    recorder(record);
    const struct library_place *place =
        fault->is_left_over ? library_place_find(instruction) : NULL;
    if (place)
        name_module(record, provider_path, instruction - place->begin);
    else if (dladdr((void *)instruction, &info) && info.dli_fname)
        name_module(record, info.dli_fname, instruction - (uintptr_t)info.dli_fbase);
}

static void handle(int signal, siginfo_t *info, void *context)
{
    static struct fault_record record; /* used once, and too large for a small stack */
    uintptr_t instruction, stack, address = (uintptr_t)info->si_addr;
    bool is_write;

    if (atomic_flag_test_and_set(&is_taken))
        for (;;)
            pause(); /* another thread was first, and ends the process */

    take_context(context, &instruction, &stack, &is_write);
    record.thread = os_thread_id();
    record.fault.instruction = instruction;
    for (size_t i = 0; i < sizeof(trapped) / sizeof(*trapped); i++)
        if (trapped[i].signal == signal) {
            record.fault.code = trapped[i].code;
            memcpy(record.fault.name, trapped[i].name, strlen(trapped[i].name) + 1);
        }
    /* SI_KERNEL: a non-canonical address, which the processor does not report. */
    if ((signal == SIGSEGV || signal == SIGBUS) && info->si_code > 0 &&
        info->si_code != SI_KERNEL) {
        record.fault.has_address = true;
        record.fault.address = address;
        record.fault.is_write = is_write;
        record.fault.is_left_over =
            signal == SIGSEGV && info->si_code == SEGV_MAPERR && library_place_find(address);
        /* An access beside the stack is an overflow; the execution of unmapped code beside it is
           not. */
        if (signal == SIGSEGV && address != instruction && address > stack - STACK_SLACK &&
            address < stack + STACK_SLACK) {
            record.is_stack_overflow = true;
            record.fault.code = STACK_OVERFLOW;
        }
    }
    recorder(&record);
    add_module(&record, instruction, stack);
    recorder(&record);
    _exit(128 + signal);
}

void fault_trap_set(void (*record)(const struct fault_record *fault))
{
    struct sigaction action = { .sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_ONSTACK };

    recorder = record;
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof(trapped) / sizeof(*trapped); i++)
        sigaction(trapped[i].signal, &action, NULL);
}

void fault_trap_enter_thread(void)
{
    stack_t stack = { .ss_sp = os_pages_allocate(SIGNAL_STACK_SIZE), .ss_size = SIGNAL_STACK_SIZE };

    if (stack.ss_sp)
        sigaltstack(&stack, NULL);
}

/* Note the range of the library that holds the address, and of its code. */
static int note_code(struct dl_phdr_info *info, size_t size, void *address)
{
    uintptr_t wanted = (uintptr_t)address, code = 0, code_end = 0, lowest = UINTPTR_MAX,
              highest = 0;
    bool is_here = false;

    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type != PT_LOAD)
            continue;
        uintptr_t begin = info->dlpi_addr + part->p_vaddr, end = begin + part->p_memsz;
        if (begin < lowest)
            lowest = begin;
        if (end > highest)
            highest = end;
        if (wanted >= begin && wanted - begin < part->p_memsz)
            is_here = true;
        if (part->p_flags & PF_X) {
            code = begin;
            code_end = end;
        }
    }
    if (!is_here)
        return 0;
    provider_base = lowest & ~(os_page_size() - 1);
    provider_code = code;
    provider_code_end = code_end;
    library_place_add(provider_base, highest);
    snprintf(provider_path, sizeof(provider_path), "%s", info->dlpi_name);
    return 1;
}

void fault_trap_set_provider(const void *address)
{
    provider_base = provider_code = provider_code_end = 0;
    if (address)
        dl_iterate_phdr(note_code, (void *)(uintptr_t)address);
}

static void note_location(int signal, siginfo_t *info, void *context)
{
    bool is_write;

    (void)signal, (void)info;
    take_context(context, &located.instruction, &located.stack, &is_write);
    atomic_store(&located.is_known, true);
    for (;;)
        pause(); /* the process is killed soon */
}

void fault_trap_begin_unloading(void)
{
}

void fault_trap_end_unloading(void)
{
}

void fault_trap_locate(uint32_t thread, void (*record)(const struct fault_record *fault))
{
    static struct fault_record found;
    struct sigaction action = { .sa_sigaction = note_location,
                                .sa_flags = SA_SIGINFO | SA_ONSTACK };

    sigemptyset(&action.sa_mask);
    sigaction(LOCATE_SIGNAL, &action, NULL);
    if (syscall(SYS_tgkill, getpid(), (pid_t)thread, LOCATE_SIGNAL))
        return;
    for (int i = 0; i < 100 && !atomic_load(&located.is_known); i++)
        os_sleep_ms(1);
    if (!atomic_load(&located.is_known))
        return;
    recorder = record;
    found.thread = thread;
    found.fault.instruction = located.instruction;
    record(&found);
    add_module(&found, located.instruction, located.stack);
    record(&found);
}
