/* SPDX-License-Identifier: MIT
 *
 * provider_answers.c: a provider may have written anything into the memory that it shares with the harness. Each
 * number is here at its limit and one above it, without a child.
 */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "elf_fixture.h"
#include "provider_answers.h"
#include "temporary_path.h"

enum { BUFFER = 100, OFFSET = 32, WAITED_100NS = 1000 };

static struct exchange exchange;
static unsigned char payload[OFFSET + BUFFER];

/* The answer of a thread to a Collect with BUFFER bytes, of which all came back. */
static int begin(void **state)
{
    (void)state;
    memset(&exchange, 0, sizeof(exchange));
    for (size_t i = 0; i < sizeof(payload); i++)
        payload[i] = (unsigned char)i;
    exchange.slots[3].observation.byte_count = BUFFER;
    exchange.slots[3].observation.size = BUFFER;
    return 0;
}

static struct provider_call collect(void)
{
    return (struct provider_call){ .kind = PROVIDER_COLLECT, .thread = 3, .buffer_size = BUFFER };
}

/* Read the answer to a call, whose bytes are `OFFSET` bytes after the begin of memory of exactly their size. The
   observation has `error` as its return code if the answer could not be read. */
static struct provider_observation read_answer(const struct provider_call *call, DWORD *error)
{
    unsigned char *exact = malloc(sizeof(payload));
    const struct child_process child = { .header = &exchange, .payload = exact };
    const struct exchange_order order = { .bytes = { OFFSET, BUFFER, 1 } };
    struct provider_observation observation;

    assert_non_null(exact);
    memcpy(exact, payload, sizeof(payload));
    *error = provider_answer_read(&child, call, &order, WAITED_100NS, &observation);
    free(exact);
    return observation;
}

static void the_bytes_of_the_order_come_back(void **state)
{
    const struct provider_call call = collect();
    static const struct {
        size_t claimed, taken;
    } cases[] = { { 0, 0 }, { 1, 1 }, { BUFFER, BUFFER }, { BUFFER + 1, 0 }, { SIZE_MAX, 0 } };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        DWORD error;

        begin(NULL);
        exchange.slots[3].observation.byte_count = cases[i].claimed;
        exchange.slots[3].observation.bytes = payload; /* a pointer that is not used */
        struct provider_observation observation = read_answer(&call, &error);
        assert_int_equal(error, ERROR_SUCCESS);
        assert_int_equal(observation.byte_count, cases[i].taken);
        assert_non_null(observation.bytes);
        assert_memory_equal(observation.bytes, payload + OFFSET, cases[i].taken);
        provider_observation_release(&observation);
    }
}

static void only_a_call_that_returned_has_bytes(void **state)
{
    struct provider_call call = collect();
    DWORD error;

    (void)state;
    exchange.slots[3].observation.outcome = PROVIDER_CRASHED;
    struct provider_observation observation = read_answer(&call, &error);
    assert_int_equal(observation.outcome, PROVIDER_CRASHED);
    assert_null(observation.bytes);
    assert_int_equal(observation.byte_count, 0);

    begin(NULL);
    call.kind = PROVIDER_OPEN;
    observation = read_answer(&call, &error);
    assert_int_equal(error, ERROR_SUCCESS);
    assert_null(observation.bytes);
    assert_int_equal(observation.byte_count, 0);

    call.kind = PROVIDER_COLLECT;
    exchange.slots[3].error = ERROR_NOT_ENOUGH_MEMORY; /* the child could not make the call */
    observation = read_answer(&call, &error);
    assert_int_equal(error, ERROR_NOT_ENOUGH_MEMORY);
    assert_null(observation.bytes);
    assert_int_equal(observation.byte_count, 0);
}

/* A sweep goes from 100 bytes in steps of 10 down to 40. */
static void a_size_is_one_of_the_order(void **state)
{
    static const struct {
        uint32_t step, size, expected;
    } cases[] = {
        { 10, 100, 100 }, { 10, 101, 100 }, { 10, UINT32_MAX, 100 }, { 10, 40, 40 },
        { 10, 39, 100 },  { 10, 0, 100 },   { 10, 41, 41 },          { 0, 50, 100 },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct provider_call call = collect();
        struct provider_observation progress = { 0 };
        DWORD error;

        begin(NULL);
        call.size_step = cases[i].step;
        call.least_size = 40;
        exchange.slots[3].observation.size = cases[i].size;
        exchange.slots[3].observation.byte_count = 0;
        struct provider_observation observation = read_answer(&call, &error);
        assert_int_equal(observation.size, cases[i].expected);
        provider_observation_release(&observation);
        atomic_store(&exchange.slots[3].progress.size, cases[i].size);
        provider_answer_read_progress(&exchange, &call, &progress);
        assert_int_equal(progress.size, cases[i].expected);
    }
}

/* The call that has begun last has not returned. */
static void no_more_calls_returned_than_were_asked_for(void **state)
{
    static const struct {
        uint32_t begun, repeated;
    } cases[] = { { 0, 0 }, { 1, 0 }, { 2, 1 }, { 5, 4 }, { 6, 4 }, { UINT32_MAX, 4 } };
    struct provider_call call = collect();

    (void)state;
    call.repeat = 5;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct provider_observation progress = { 0 };

        atomic_store(&exchange.slots[3].progress.begun, cases[i].begun);
        provider_answer_read_progress(&exchange, &call, &progress);
        assert_int_equal(progress.repeated, cases[i].repeated);
    }
    for (uint32_t repeated = 4; repeated <= 6; repeated++) {
        DWORD error;

        exchange.slots[3].observation.repeated = repeated;
        struct provider_observation observation = read_answer(&call, &error);
        assert_int_equal(observation.repeated, repeated < 5 ? repeated : 5);
        provider_observation_release(&observation);
    }
}

static void a_call_takes_no_longer_than_the_wait_for_it(void **state)
{
    const struct provider_call call = collect();

    (void)state;
    for (uint64_t duration = WAITED_100NS - 1; duration <= WAITED_100NS + 1; duration++) {
        DWORD error;

        exchange.slots[3].observation.duration_100ns = duration;
        struct provider_observation observation = read_answer(&call, &error);
        assert_int_equal(observation.duration_100ns,
                         duration < WAITED_100NS ? duration : WAITED_100NS);
        provider_observation_release(&observation);
    }
}

static void an_unknown_outcome_is_that_of_no_child(void **state)
{
    const struct provider_call call = collect();

    (void)state;
    for (uint32_t outcome = PROVIDER_LIMITED; outcome <= PROVIDER_GONE + 1; outcome++) {
        DWORD error;

        memcpy(&exchange.slots[3].observation.outcome, &outcome, sizeof(outcome));
        struct provider_observation observation = read_answer(&call, &error);
        assert_int_equal(observation.outcome, outcome < PROVIDER_GONE ? outcome : PROVIDER_GONE);
    }
}

/* No text has a terminator, and no bool is one. */
static void texts_end_and_questions_are_yes_or_no(void **state)
{
    const struct provider_call call = collect();
    DWORD error;

    (void)state;
    memset(&exchange.slots[3].observation, 0xFE, sizeof(exchange.slots[3].observation));
    struct provider_observation observation = read_answer(&call, &error);
    assert_int_equal(observation.outcome, PROVIDER_GONE);
    assert_int_equal(strlen(observation.detail), sizeof(observation.detail) - 1);
    assert_int_equal(strlen(observation.fault.name), sizeof(observation.fault.name) - 1);
    assert_int_equal(strlen(observation.fault.module), sizeof(observation.fault.module) - 1);
    assert_int_equal(strlen(observation.fault.symbol), sizeof(observation.fault.symbol) - 1);
    assert_int_equal(strlen(observation.fault.caller_symbol),
                     sizeof(observation.fault.caller_symbol) - 1);
    assert_int_equal(observation.fault.candidate_count, PROVIDER_CANDIDATES);
    assert_int_equal(observation.fault.frame_count, 0);
    assert_int_equal(observation.fault.has_caller, true);
    assert_int_equal(observation.damage.after, true);
    assert_null(observation.bytes);
}

/* ---- faults ---------------------------------------------------------------------------------- */

/* Functions "a" at 0x100 to "g" at 0x700 in a library at the path of `library`. */
static const char *library(void)
{
    struct elf_function functions[7];
    static const char names[] = "a\0b\0c\0d\0e\0f\0g";

    for (uint32_t i = 0; i < 7; i++)
        functions[i] =
            (struct elf_function){ names + 2 * i, ELF_FIXTURE_BASE + 0x100 * (i + 1), 2 };
    const char *path = temporary_path("provider-answers");
    elf_fixture_write(path, functions, 7);
    return path;
}

static struct provider_candidate direct(uint64_t place, uint64_t target)
{
    return (struct provider_candidate){ place, target };
}

/* The names of the frames that are found; "?" for one without. */
static const char *frames(const struct provider_fault *fault, const char *path)
{
    static char text[PROVIDER_FRAMES * 64];
    struct fault_record record;

    memset(&exchange, 0, sizeof(exchange));
    exchange.fault.fault = *fault;
    exchange.fault.fault.frame_count = 100;
    assert_false(provider_answer_read_fault(&exchange, path, &record));
    atomic_store(&exchange.fault_count, 1);
    assert_true(provider_answer_read_fault(&exchange, path, &record));
    *text = 0;
    assert_true(record.fault.frame_count <= PROVIDER_FRAMES);
    for (uint32_t i = 0; i < record.fault.frame_count; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s",
                 *record.fault.frames[i].symbol ? record.fault.frames[i].symbol : "?");
    return text;
}

/* A candidate is a return address, one byte after a call; its target is 0 if the call was indirect. */
static void callers_are_found_among_the_candidates(void **state)
{
    static const struct {
        const char *title;
        uint64_t fault; /* in "a", if nothing else is said */
        struct provider_candidate candidates[6];
        const char *frames;
    } cases[] = {
        { "no candidate", 0x110, { { 0, 0 } }, "" },
        { "a call of a", 0x110, { { 0x211, 0x100 } }, "b" },
        { "a call at the end of b", 0x110, { { 0x300, 0x100 } }, "b" },
        { "a call of the middle of a", 0x110, { { 0x211, 0x101 } }, "" },
        { "a chain", 0x110, { { 0x211, 0x100 }, { 0x311, 0x200 } }, "bc" },
        { "a chain with another value between",
          0x110,
          { { 0x211, 0x100 }, { 0x411, 0x555 }, { 0x311, 0x200 } },
          "bc" },
        { "an indirect call", 0x110, { { 0x211, 0 } }, "b" },
        { "two indirect calls", 0x110, { { 0x211, 0 }, { 0x311, 0 } }, "bc" },
        { "an indirect call after another value", 0x110, { { 0x211, 0x555 }, { 0x311, 0 } }, "" },
        { "an indirect call inside a", 0x110, { { 0x121, 0 } }, "" },
        { "an indirect call before the first function", 0x110, { { 0x51, 0 } }, "" },
        { "a call from before the first function", 0x110, { { 0x51, 0x100 } }, "" },
        { "more callers than are reported",
          0x110,
          { { 0x211, 0x100 },
            { 0x311, 0x200 },
            { 0x411, 0x300 },
            { 0x511, 0x400 },
            { 0x611, 0x500 },
            { 0x711, 0x600 } },
          "bcde" },
        { "a fault before the first function", 0x50, { { 0x211, 0 } }, "" },
    };
    const char *path = library();

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct provider_fault fault = { .module_offset = cases[i].fault };

        snprintf(fault.module, sizeof(fault.module), "%s", strrchr(path, '/') + 1);
        while (fault.candidate_count < 6 &&
               cases[i].candidates[fault.candidate_count].module_offset) {
            fault.candidates[fault.candidate_count] = cases[i].candidates[fault.candidate_count];
            fault.candidate_count++;
        }
        if (strcmp(frames(&fault, path), cases[i].frames) != 0)
            fail_msg("%s: %s", cases[i].title, frames(&fault, path));
    }
    os_file_remove(path);
}

static void callers_are_those_of_the_provider(void **state)
{
    const char *path = library();
    struct provider_fault fault = { .module = "libc.so",
                                    .module_offset = 0x110,
                                    .candidate_count = 1,
                                    .candidates = { direct(0x211, 0x100) } };

    (void)state;
    assert_string_equal(frames(&fault, path), "");
    fault.module_offset = 0x310;
    fault.has_caller = true;
    fault.caller_module_offset = 0x200; /* after the last instruction of "a" */
    assert_string_equal(frames(&fault, path), "b");
    fault.candidates[1] = direct(0x311, 0x200); /* beyond the count */
    assert_string_equal(frames(&fault, path), "b");
    fault.candidate_count = UINT32_MAX;
    for (size_t i = 1; i < PROVIDER_CANDIDATES; i++)
        fault.candidates[i] = direct(0x50, 0x100);
    assert_string_equal(frames(&fault, path), "b");
    os_file_remove(path);
}

/* A return address follows a call, so nothing returns to the begin of the library: not after "g", its last function,
   either. */
static void nothing_returns_to_the_begin_of_a_library(void **state)
{
    const char *path = library();
    struct provider_fault fault = { .module_offset = 0x110,
                                    .candidate_count = 3,
                                    .candidates = { direct(0, 0x100), direct(0x211, 0x100),
                                                    direct(0, 0) } };

    (void)state;
    snprintf(fault.module, sizeof(fault.module), "%s", strrchr(path, '/') + 1);
    assert_string_equal(frames(&fault, path), "b");
    fault.has_caller = true; /* of the fault, at 0 too */
    assert_string_equal(frames(&fault, path), "b");
    fault.caller_module_offset = 1;
    assert_string_equal(frames(&fault, path), "");
    os_file_remove(path);
}

static void symbols_are_looked_up_in_the_two_files(void **state)
{
    static const struct elf_function at_base = { "base", ELF_FIXTURE_BASE, 2 };
    const char *path = library();
    struct fault_record record;

    (void)state;
    atomic_store(&exchange.fault_count, 1);
    snprintf(exchange.fault.module_path, sizeof(exchange.fault.module_path), "%s", path);
    exchange.fault.fault.module_offset = 0x215;
    exchange.fault.fault.caller_module_offset = 0x318;
    exchange.fault.fault.has_caller = true;
    assert_true(provider_answer_read_fault(&exchange, path, &record));
    assert_string_equal(record.fault.symbol, "b");
    assert_int_equal(record.fault.symbol_offset, 0x15);
    assert_string_equal(record.fault.caller_symbol, "c");
    assert_int_equal(record.fault.caller_symbol_offset, 0x18);

    elf_fixture_write(path, &at_base, 1); /* where a caller at 1 would be */
    exchange.fault.fault.has_caller = false;
    exchange.fault.fault.caller_module_offset = 1;
    exchange.fault.module_path[0] = 0;
    assert_true(provider_answer_read_fault(&exchange, path, &record));
    assert_string_equal(record.fault.symbol, "");
    assert_string_equal(record.fault.caller_symbol, "");
    os_file_remove(path);
}

static void an_end_is_explained_by_what_is_known_of_it(void **state)
{
    static const struct {
        struct child_process_end end;
        uint32_t outcome, code;
        const char *name;
    } cases[] = {
        /* SIGSEGV, SIGABRT and SIGKILL stand for an access violation, a fatal exit and a control-C exit. From
           0xC0000000 on, which is an error of NTSTATUS, the status of an exit is an exception. */
        { { true, 11 }, PROVIDER_CRASHED, 0xC0000005, "signal 11" },
        { { true, 6 }, PROVIDER_CRASHED, 0x40000015, "signal 6" },
        { { true, 9 }, PROVIDER_CRASHED, 0xC000013A, "signal 9" },
        { { false, 0xC0000005 }, PROVIDER_CRASHED, 0xC0000005, "exception 0xC0000005" },
        { { false, 0xC00000FD }, PROVIDER_STACK_OVERFLOW, 0xC00000FD, "exception 0xC00000FD" },
        { { false, 0xC0000000 }, PROVIDER_CRASHED, 0xC0000000, "exception 0xC0000000" },
        { { false, 0xBFFFFFFF }, PROVIDER_EXITED, 0, "" },
        { { false, 3 }, PROVIDER_EXITED, 0, "" },
    };
    struct fault_record record = { .fault = { .code = 7 } };
    struct provider_observation culprit;

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        culprit = (struct provider_observation){ 0 };
        provider_answer_explain_end(&culprit, NULL, &cases[i].end);
        assert_int_equal(culprit.outcome, cases[i].outcome);
        assert_int_equal(culprit.fault.code, cases[i].code);
        assert_string_equal(culprit.fault.name, cases[i].name);
        if (culprit.outcome == PROVIDER_EXITED)
            assert_int_equal(culprit.exit_status, cases[i].end.status);
    }
    provider_answer_explain_end(&culprit, &record, &cases[0].end);
    assert_int_equal(culprit.outcome, PROVIDER_CRASHED);
    assert_int_equal(culprit.fault.code, 7);
    record.is_stack_overflow = true;
    provider_answer_explain_end(&culprit, &record, &cases[0].end);
    assert_int_equal(culprit.outcome, PROVIDER_STACK_OVERFLOW);
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_bytes_of_the_order_come_back),
        TEST(only_a_call_that_returned_has_bytes),
        TEST(a_size_is_one_of_the_order),
        TEST(no_more_calls_returned_than_were_asked_for),
        TEST(a_call_takes_no_longer_than_the_wait_for_it),
        TEST(an_unknown_outcome_is_that_of_no_child),
        TEST(texts_end_and_questions_are_yes_or_no),
        TEST(callers_are_found_among_the_candidates),
        TEST(callers_are_those_of_the_provider),
        TEST(nothing_returns_to_the_begin_of_a_library),
        TEST(symbols_are_looked_up_in_the_two_files),
        TEST(an_end_is_explained_by_what_is_known_of_it),
    };

    return cmocka_run_group_tests_name("provider_answers", tests, NULL, NULL);
}
