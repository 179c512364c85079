/* SPDX-License-Identifier: MIT
 *
 * os_region_guard_posix.c: which faults the handlers of SIGBUS repair, and what they leave to the
 * program. Each case runs in a child, because many of them end the process. The linker replaces
 * sigaction and mmap, so that they can fail: see the Makefile.
 */
#define _GNU_SOURCE
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os.h"
#include "os_region.h"

static bool sigaction_fails, mmap_fails;

int __real_sigaction(int number, const struct sigaction *action, struct sigaction *old);
int __wrap_sigaction(int number, const struct sigaction *action, struct sigaction *old);
void *__real_mmap(void *at, size_t size, int protection, int flags, int file, off_t offset);
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int file, off_t offset);

int __wrap_sigaction(int number, const struct sigaction *action, struct sigaction *old)
{
    return sigaction_fails && !action ? -1 : __real_sigaction(number, action, old);
}

void *__wrap_mmap(void *at, size_t size, int protection, int flags, int file, off_t offset)
{
    return mmap_fails ? MAP_FAILED : __real_mmap(at, size, protection, flags, file, offset);
}

/* Three pages of a file that was shortened to nothing. */
static volatile unsigned char *pages;
static size_t page_size;

static void map_pages(void)
{
    int file = memfd_create("pages", 0);

    page_size = os_page_size();
    if (file < 0 || ftruncate(file, (off_t)(3 * page_size)))
        _exit(90);
    pages = mmap(NULL, 3 * page_size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (pages == MAP_FAILED || ftruncate(file, 0))
        _exit(91);
}

/* Run a case. Returns its exit status, or minus the signal that ended it. */
static int run(void (*act)(void))
{
    int status = 0;

    fflush(NULL);
    pid_t id = fork();
    if (id == 0) {
        signal(SIGBUS, SIG_DFL); /* a sanitizer may have a handler of its own */
        alarm(60);               /* a case that hangs ends */
        map_pages();
        act();
        _exit(0);
    }
    waitpid(id, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void expect(bool is_true)
{
    if (!is_true)
        _exit(1);
}

static struct sigaction current(void)
{
    struct sigaction action;

    expect(__real_sigaction(SIGBUS, NULL, &action) == 0);
    return action;
}

static void exit_7(int number)
{
    (void)number;
    _exit(7);
}

static void exit_8(int number, siginfo_t *info, void *context)
{
    const bool is_here = (const unsigned char *)info->si_addr == pages + 2 * page_size;

    _exit(number == SIGBUS && info->si_code > 0 && is_here && context ? 8 : 1);
}

static void set_plain_handler(void)
{
    signal(SIGBUS, exit_7);
}

static void set_handler(void)
{
    struct sigaction action = { .sa_sigaction = exit_8, .sa_flags = SA_SIGINFO };

    __real_sigaction(SIGBUS, &action, NULL);
}

/* ---- the writer's side ------------------------------------------------------------------------- */

static volatile unsigned repair_count, refusal_count;

static bool repair(uintptr_t address)
{
    const uintptr_t page = address / page_size * page_size;

    repair_count++;
    errno = EIO;
    return mmap((void *)page, page_size, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED;
}

static bool refuse(uintptr_t address)
{
    (void)address;
    refusal_count++;
    return false;
}

static void write_with_repair(void)
{
    os_region_guard_writer(repair);
    os_region_guard_writer(repair); /* takes no second place */
    os_region_guard_writer(refuse);
    errno = ENOENT;
    atomic_signal_fence(memory_order_seq_cst);
    pages[page_size] = 5;
    atomic_signal_fence(memory_order_seq_cst);
    expect(errno == ENOENT && pages[page_size] == 5);
    pages[0] = 5;
    expect(repair_count == 2 && refusal_count == 0);
}

static void write_with_the_second_repair(void)
{
    os_region_guard_writer(refuse);
    os_region_guard_writer(refuse);
    os_region_guard_writer(repair);
    pages[0] = 5;
    expect(repair_count == 1 && refusal_count == 1);
}

/* The process has one region and one private file. */
static bool refuse_too(uintptr_t address)
{
    return refuse(address);
}

static void write_with_a_third_repair(void)
{
    os_region_guard_writer(refuse);
    os_region_guard_writer(refuse_too);
    os_region_guard_writer(repair);
    pages[0] = 5;
}

static void write_without_repair(void)
{
    os_region_guard_writer(refuse);
    pages[0] = 5;
}

static void receive_a_signal_of_a_process(void)
{
    os_region_guard_writer(repair);
    kill(getpid(), SIGBUS);
}

static void receive_a_signal_of_the_thread(void)
{
    os_region_guard_writer(repair);
    raise(SIGBUS);
}

static void guard_beside_a_plain_handler(void)
{
    set_plain_handler();
    os_region_guard_writer(repair);
    expect(current().sa_handler == exit_7);
}

static void guard_beside_a_handler(void)
{
    set_handler();
    os_region_guard_writer(repair);
    expect(current().sa_sigaction == exit_8);
}

static void guard_what_is_ignored(void)
{
    signal(SIGBUS, SIG_IGN);
    os_region_guard_writer(repair);
    expect(current().sa_handler == SIG_IGN);
}

static void guard_where_handlers_cannot_be_read(void)
{
    sigaction_fails = true;
    os_region_guard_writer(repair);
    expect(current().sa_handler == SIG_DFL);
}

static void a_writer_repairs_only_its_own_faults(void **state)
{
    (void)state;
    assert_int_equal(run(write_with_repair), 0);
    assert_int_equal(run(write_with_the_second_repair), 0);
    assert_int_equal(run(write_with_a_third_repair), -SIGBUS);
    assert_int_equal(run(write_without_repair), -SIGBUS);
    assert_int_equal(run(receive_a_signal_of_a_process), -SIGBUS);
    assert_int_equal(run(receive_a_signal_of_the_thread), -SIGBUS);
}

static void a_writer_leaves_the_program_its_own_handler(void **state)
{
    (void)state;
    assert_int_equal(run(guard_beside_a_plain_handler), 0);
    assert_int_equal(run(guard_beside_a_handler), 0);
    assert_int_equal(run(guard_what_is_ignored), 0);
    assert_int_equal(run(guard_where_handlers_cannot_be_read), 0);
}

/* ---- the reader's side ------------------------------------------------------------------------- */

/* The middle page is the mapping that is read; another mapping and a closed one are before it. */
static unsigned char other_bytes[64];
static struct os_region_mapping middle,
    closed = { .next = &middle },
    other = { .memory = other_bytes, .size = sizeof(other_bytes), .next = &closed };
static struct os_region_mapping *mappings = &other;
static struct os_region_guard guard;

static void begin(void)
{
    middle.memory = (const unsigned char *)pages + page_size;
    middle.size = page_size;
    closed.size = SIZE_MAX / 2; /* of memory that is not there */
    os_region_guard_begin(&guard, &mappings);
}

static void read_at(size_t offset)
{
    begin();
    other_bytes[0] = pages[offset];
    expect(middle.is_cut && !other.is_cut && !closed.is_cut && other_bytes[0] == 0);
    os_region_guard_end(&guard);
    expect(current().sa_handler == SIG_DFL);
}

static void read_the_first_byte(void)
{
    read_at(page_size);
}

static void read_the_last_byte(void)
{
    read_at(2 * page_size - 1);
}

static void read_before_it(void)
{
    read_at(page_size - 1);
}

static void read_after_it(void)
{
    read_at(2 * page_size);
}

static void read_beside_a_plain_handler(void)
{
    set_plain_handler();
    read_after_it();
}

static void read_beside_a_handler(void)
{
    set_handler();
    read_after_it();
}

static sigjmp_buf before_fault;

static void jump(int number)
{
    (void)number;
    siglongjmp(before_fault, 1);
}

/* The program's handler is called; it does not take the place of the reader's. */
static void read_beside_a_handler_that_jumps(void)
{
    signal(SIGBUS, jump);
    begin();
    if (sigsetjmp(before_fault, 1) == 0) {
        other_bytes[0] = pages[2 * page_size];
        _exit(1);
    }
    other_bytes[0] = pages[page_size];
    expect(middle.is_cut);
}

static void read_where_signals_are_ignored(void)
{
    signal(SIGBUS, SIG_IGN);
    read_after_it();
}

static void read_without_memory_for_zeros(void)
{
    mmap_fails = true;
    read_the_first_byte();
}

static void a_reader_sees_zeros_in_its_mapping_only(void **state)
{
    (void)state;
    assert_int_equal(run(read_the_first_byte), 0);
    assert_int_equal(run(read_the_last_byte), 0);
    assert_int_equal(run(read_before_it), -SIGBUS);
    assert_int_equal(run(read_after_it), -SIGBUS);
    assert_int_equal(run(read_beside_a_plain_handler), 7);
    assert_int_equal(run(read_beside_a_handler), 8);
    assert_int_equal(run(read_beside_a_handler_that_jumps), 0);
    assert_int_equal(run(read_where_signals_are_ignored), -SIGBUS);
    assert_int_equal(run(read_without_memory_for_zeros), -SIGBUS);
}

static void read_outside_without_mappings(void)
{
    struct os_region_guard inner;

    set_plain_handler();
    begin();
    os_region_guard_begin(&inner, NULL);
    other_bytes[0] = pages[page_size];
}

static void read_after_an_inner_reader(void)
{
    struct os_region_guard inner;

    set_plain_handler();
    begin();
    os_region_guard_begin(&inner, NULL);
    os_region_guard_end(&inner);
    expect(current().sa_handler != exit_7); /* still guarded */
    other_bytes[0] = pages[page_size];
    expect(middle.is_cut);
    os_region_guard_end(&guard);
    expect(current().sa_handler == exit_7);
    begin(); /* and once more */
    os_region_guard_end(&guard);
    expect(current().sa_handler == exit_7);
}

static void readers_may_be_nested(void **state)
{
    (void)state;
    assert_int_equal(run(read_outside_without_mappings), 7);
    assert_int_equal(run(read_after_an_inner_reader), 0);
}

static bool is_blocked(void)
{
    sigset_t now;

    sigprocmask(SIG_SETMASK, NULL, &now);
    return sigismember(&now, SIGBUS);
}

static void read_where_the_signal_is_blocked(void)
{
    sigset_t bus;

    begin();
    expect(!is_blocked());
    os_region_guard_end(&guard);
    expect(!is_blocked());
    sigemptyset(&bus);
    sigaddset(&bus, SIGBUS);
    sigprocmask(SIG_BLOCK, &bus, NULL);
    begin();
    expect(!is_blocked());
    os_region_guard_end(&guard);
    expect(is_blocked());
}

static void set_a_handler_meanwhile(void)
{
    begin();
    set_handler();
    os_region_guard_end(&guard);
    expect(current().sa_sigaction == exit_8);
}

static void end_where_handlers_cannot_be_read(void)
{
    begin();
    const struct sigaction before = current();
    sigaction_fails = true;
    os_region_guard_end(&guard);
    expect(current().sa_sigaction == before.sa_sigaction);
}

static void a_reader_leaves_the_signal_as_it_was(void **state)
{
    (void)state;
    assert_int_equal(run(read_where_the_signal_is_blocked), 0);
    assert_int_equal(run(set_a_handler_meanwhile), 0);
    assert_int_equal(run(end_where_handlers_cannot_be_read), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_writer_repairs_only_its_own_faults),
        cmocka_unit_test(a_writer_leaves_the_program_its_own_handler),
        cmocka_unit_test(a_reader_sees_zeros_in_its_mapping_only),
        cmocka_unit_test(readers_may_be_nested),
        cmocka_unit_test(a_reader_leaves_the_signal_as_it_was),
    };

    return cmocka_run_group_tests_name("os_region_guard", tests, NULL, NULL);
}
