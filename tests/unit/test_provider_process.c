/* SPDX-License-Identifier: MIT
 *
 * Tests of provider_process.c and its child with tests/faulty/plain_fake.c, which follows the
 * test's commands.
 */
#include "unit.h"

#include "os.h"
#include "provider_process.h"

/* Path of the fake provider. This program is in build/<target>/tests. */
static const char *fake(void)
{
    static char path[OS_PATH_SIZE];
    static const char marker;

    if (!*path) {
        char program[OS_PATH_SIZE];
        assert_int_equal(os_library_path_of(&marker, program, sizeof(program)), 0);
        size_t length = strlen(program);
        for (int parts = 0; length > 0 && parts < 2; length--)
            parts += program[length - 1] == '/' || program[length - 1] == '\\';
        snprintf(path, sizeof(path), "%.*s/faulty/plain_fake%s", (int)length, program,
                 os_library_suffix());
    }
    return path;
}

static struct provider_start start_of(const WCHAR *context, size_t context_length)
{
    return (struct provider_start){
        .library = fake(),
        .open = "FakeOpen",
        .collect = "FakeCollect",
        .close = "FakeClose",
        .context = context,
        .context_length = context_length,
        .service = "fake",
        .has_indices = true,
        .first_counter = 3000,
        .first_help = 3001,
    };
}

static struct provider_observation make(struct provider_process *process,
                                        const struct provider_call *call)
{
    struct provider_observation observation;

    assert_int_equal(provider_process_call(process, call, &observation), ERROR_SUCCESS);
    return observation;
}

static struct provider_observation simple(struct provider_process *process,
                                          enum provider_call_kind kind)
{
    struct provider_call call = { .kind = kind, .timeout_ms = 20000 };

    return make(process, &call);
}

static struct provider_process *opened(void)
{
    struct provider_start start = start_of(NULL, 0);
    struct provider_process *process;

    assert_int_equal(provider_process_start(&process, &start), ERROR_SUCCESS);
    assert_int_equal(simple(process, PROVIDER_LOAD).outcome, PROVIDER_RETURNED);
    assert_int_equal(simple(process, PROVIDER_OPEN).outcome, PROVIDER_RETURNED);
    return process;
}

static struct provider_call collect_call(const WCHAR *query)
{
    return (struct provider_call){
        .kind = PROVIDER_COLLECT,
        .query = query,
        .buffer_size = 4096,
        .guard = PROVIDER_GUARD_PATTERN,
        .object_types = 0xCCCCCCCC,
        .timeout_ms = 20000,
    };
}

static void a_sound_answer_comes_back_whole(void **state)
{
    struct provider_process *process = opened();
    struct provider_call call = collect_call(TEXT16("Global"));
    struct provider_observation observation;
    uint32_t words[4];

    (void)state;
    observation = make(process, &call);
    assert_int_equal(observation.outcome, PROVIDER_RETURNED);
    assert_int_equal(observation.return_code, ERROR_SUCCESS);
    assert_int_equal(observation.object_types, 1);
    assert_true(observation.total_bytes > 100);
    assert_true(observation.moved == (int64_t)observation.total_bytes);
    assert_int_equal(observation.byte_count, 4096);
    assert_false(observation.damage.before);
    assert_false(observation.damage.after);
    assert_int_equal(observation.damage.reserve_used, 0);
    assert_int_equal(observation.argument_damage, 0);
    assert_int_equal(observation.side_effects, 0);
    memcpy(words, observation.bytes, sizeof(words));
    assert_int_equal(words[0], observation.total_bytes);
    assert_int_equal(words[3], 3000); /* from PERFLIB_FIRST_COUNTER */
    provider_observation_release(&observation);

    call.copy_used_only = true;
    observation = make(process, &call);
    assert_int_equal(observation.byte_count, observation.total_bytes);
    provider_observation_release(&observation);
    assert_int_equal(simple(process, PROVIDER_CLOSE).outcome, PROVIDER_RETURNED);
    assert_int_equal(simple(process, PROVIDER_UNLOAD).outcome, PROVIDER_RETURNED);
    provider_process_stop(process);
}

static void calls_without_a_library_are_not_made(void **state)
{
    struct provider_start start = start_of(NULL, 0);
    struct provider_process *process;

    (void)state;
    assert_int_equal(provider_process_start(&process, &start), ERROR_SUCCESS);
    assert_int_equal(simple(process, PROVIDER_OPEN).outcome, PROVIDER_GONE);
    assert_false(provider_process_is_alive(process));
    assert_int_equal(simple(process, PROVIDER_LOAD).outcome, PROVIDER_RETURNED);
    assert_int_equal(simple(process, PROVIDER_UNLOAD).outcome, PROVIDER_RETURNED);
    assert_int_equal(simple(process, PROVIDER_OPEN).outcome, PROVIDER_GONE);
    assert_true(provider_process_is_alive(process));
    provider_process_stop(process);
}

static void a_library_that_cannot_be_loaded_is_reported_with_its_reason(void **state)
{
    struct provider_start start = start_of(NULL, 0);
    struct provider_process *process;
    struct provider_observation observation;

    (void)state;
    start.library = "no/such/library.so";
    assert_int_equal(provider_process_start(&process, &start), ERROR_SUCCESS);
    observation = simple(process, PROVIDER_LOAD);
    assert_int_equal(observation.outcome, PROVIDER_NOT_LOADED);
    assert_int_equal(observation.load_error, ERROR_FILE_NOT_FOUND);
    provider_process_stop(process);

    start = start_of(NULL, 0);
    start.collect = "NoSuchCollect";
    assert_int_equal(provider_process_start(&process, &start), ERROR_SUCCESS);
    observation = simple(process, PROVIDER_LOAD);
    assert_int_equal(observation.outcome, PROVIDER_NO_EXPORT);
    assert_string_equal(observation.detail, "NoSuchCollect");
    provider_process_stop(process);
}

/* The codes are those of ntstatus.h: an access violation, a division by zero, a stack overflow. */
static void every_end_of_a_provider_is_survived(void **state)
{
    static const struct {
        const WCHAR *query;
        const char *name;
        enum provider_outcome outcome;
        uint32_t code; /* of the fault; 0: any */
    } cases[] = {
        { TEXT16("crash"), "crash", PROVIDER_CRASHED, 0xC0000005 },
        { TEXT16("divide"), "divide", PROVIDER_CRASHED, 0xC0000094 },
        { TEXT16("stack"), "stack", PROVIDER_STACK_OVERFLOW, 0xC00000FD },
        { TEXT16("hang"), "hang", PROVIDER_HUNG, 0 },
        { TEXT16("sleep 60000"), "sleep", PROVIDER_HUNG, 0 },
        { TEXT16("end-thread"), "end-thread", PROVIDER_THREAD_ENDED, 0 },
        { TEXT16("exit 7"), "exit", PROVIDER_EXITED, 0 },
    };
    struct provider_process *process = opened();

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct provider_call call = collect_call(cases[i].query);
        if (cases[i].outcome == PROVIDER_HUNG)
            call.timeout_ms = 300;
        struct provider_observation observation = make(process, &call);
        if (observation.outcome != cases[i].outcome ||
            (cases[i].code && observation.fault.code != cases[i].code))
            fail_msg("%s: outcome %d, code 0x%X, status 0x%X", cases[i].name,
                     (int)observation.outcome, (unsigned)observation.fault.code,
                     (unsigned)observation.exit_status);
        if (cases[i].outcome == PROVIDER_EXITED)
            assert_int_equal(observation.exit_status, 7);
        assert_false(provider_process_is_alive(process));
        provider_observation_release(&observation);

        /* After a new child is started, everything works again. */
        assert_int_equal(simple(process, PROVIDER_OPEN).outcome, PROVIDER_GONE);
        assert_int_equal(simple(process, PROVIDER_LOAD).outcome, PROVIDER_RETURNED);
        assert_int_equal(simple(process, PROVIDER_OPEN).outcome, PROVIDER_RETURNED);
        call = collect_call(TEXT16("Global"));
        observation = make(process, &call);
        assert_int_equal(observation.object_types, 1);
        provider_observation_release(&observation);
    }
    provider_process_stop(process);
}

static void a_crash_names_address_and_function(void **state)
{
    struct provider_process *process = opened();
    struct provider_call call = collect_call(TEXT16("crash 4660"));
    struct provider_observation observation = make(process, &call);

    (void)state;
    assert_int_equal(observation.outcome, PROVIDER_CRASHED);
    assert_true(observation.fault.has_address);
    assert_true(observation.fault.is_write);
    assert_int_equal(observation.fault.address, 4660);
    assert_false(observation.fault.in_buffer_memory);
    assert_non_null(strstr(observation.fault.module, "plain_fake"));
    if (strcmp(observation.fault.symbol, "misbehave") != 0 &&
        strcmp(observation.fault.symbol, "_misbehave") != 0)
        fail_msg("symbol \"%s\"", observation.fault.symbol);
    provider_process_stop(process);
}

/* Count the child's resources until the child has ended. */
static struct provider_observation wait_for_its_end(struct provider_process *process)
{
    struct provider_observation observation;

    do {
        os_sleep_ms(10);
        observation = simple(process, PROVIDER_RESOURCES);
    } while (observation.outcome == PROVIDER_RETURNED);
    return observation;
}

static void a_crash_between_two_calls_is_reported_at_the_next(void **state)
{
    struct provider_process *process = opened();
    struct provider_call call = collect_call(TEXT16("late-crash 100"));
    struct provider_observation observation = make(process, &call);

    (void)state;
    assert_int_equal(observation.outcome, PROVIDER_RETURNED);
    provider_observation_release(&observation);
    observation = wait_for_its_end(process);
    assert_int_equal(observation.outcome, PROVIDER_CRASHED);
    assert_int_equal(observation.fault.code, 0xC0000005);
    assert_true(observation.fault.has_address && observation.fault.is_write);
    assert_int_equal(observation.fault.address, 16);
    assert_non_null(strstr(observation.fault.module, "plain_fake"));
    assert_false(observation.fault.is_left_over);
    provider_process_stop(process);
}

/* Load, start a thread that crashes after a delay, and unload. Returns how the child ended. */
static struct provider_observation end_of_unloaded(const WCHAR *query)
{
    struct provider_process *process = opened();
    struct provider_call call = collect_call(query);
    struct provider_observation observation = make(process, &call);

    provider_observation_release(&observation);
    simple(process, PROVIDER_CLOSE);
    simple(process, PROVIDER_UNLOAD);
    observation = wait_for_its_end(process);
    provider_process_stop(process);
    return observation;
}

static void what_outlives_its_library_is_left_over(void **state)
{
    /* On a slow machine the thread may crash before the library is unloaded; then a longer delay
       is tried. */
    static const WCHAR *const queries[] = { TEXT16("late-crash 500"), TEXT16("late-crash 4000"),
                                            TEXT16("late-crash 30000") };
    struct provider_observation observation = { 0 };
    char text[PROVIDER_FAULT_TEXT];

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(queries) && !observation.fault.is_left_over; i++)
        observation = end_of_unloaded(queries[i]);
    assert_int_equal(observation.outcome, PROVIDER_CRASHED);
    assert_true(observation.fault.is_left_over);
    provider_observation_describe_fault(&observation.fault, text, sizeof(text));
    assert_non_null(strstr(text, ", executing 0x"));
    if (!strstr(observation.fault.module, "plain_fake") ||
        !strstr(observation.fault.symbol, "crash_late"))
        fail_msg("in %s, symbol \"%s\"", observation.fault.module, observation.fault.symbol);
}

static void a_hang_names_the_function(void **state)
{
    struct provider_process *process = opened();
    struct provider_call call = collect_call(TEXT16("hang"));

    (void)state;
    call.timeout_ms = 300;
    struct provider_observation observation = make(process, &call);
    assert_int_equal(observation.outcome, PROVIDER_HUNG);
#ifndef __SANITIZE_THREAD__ /* ThreadSanitizer delivers no signal to a thread that computes */
    assert_non_null(strstr(observation.fault.module, "plain_fake"));
    assert_non_null(strstr(observation.fault.symbol, "misbehave"));
#endif
    provider_process_stop(process);
}

/* A guard has PROVIDER_GUARD_SIZE (1024) bytes; the reserve begins after it. */
static void damage_to_the_guards_is_measured(void **state)
{
    static const struct {
        const WCHAR *query;
        const char *name;
        bool before, after;
        uint32_t first, last, reserve_used;
    } cases[] = {
        { TEXT16("overrun 1"), "overrun 1", false, true, 0, 0, 0 },
        { TEXT16("overrun 20"), "overrun 20", false, true, 0, 19, 0 },
        { TEXT16("far 1023"), "far 1023", false, true, 1023, 1023, 0 },
        { TEXT16("far 1024"), "far 1024", false, false, 0, 0, 1 },
        { TEXT16("far 500000"), "far 500000", false, false, 0, 0, 500000 - 1024 + 1 },
        { TEXT16("underrun 1"), "underrun 1", true, false, 1, 1, 0 },
        { TEXT16("underrun 24"), "underrun 24", true, false, 1, 24, 0 },
    };
    struct provider_process *process = opened();

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct provider_call call = collect_call(cases[i].query);
        struct provider_observation observation = make(process, &call);
        const struct provider_damage *damage = &observation.damage;
        uint32_t first = damage->before ? damage->before_first : damage->after_first;
        uint32_t last = damage->before ? damage->before_last : damage->after_last;

        if (damage->before != cases[i].before || damage->after != cases[i].after ||
            first != cases[i].first || last != cases[i].last ||
            damage->reserve_used != cases[i].reserve_used)
            fail_msg("%s: before %d after %d, %u..%u, reserve %u", cases[i].name, damage->before,
                     damage->after, (unsigned)first, (unsigned)last,
                     (unsigned)damage->reserve_used);
        provider_observation_release(&observation);
    }
    provider_process_stop(process);
}

static void a_hard_guard_catches_the_first_byte_outside(void **state)
{
    static const struct {
        const WCHAR *query;
        const char *name;
        enum provider_guard guard;
        bool is_write;
        int64_t offset; /* from the start of the buffer */
    } cases[] = {
        { TEXT16("overrun 1"), "write after", PROVIDER_GUARD_PAGE_END, true, 4096 },
        { TEXT16("read 0"), "read after", PROVIDER_GUARD_PAGE_END, false, 4096 },
        { TEXT16("underrun 1"), "write before", PROVIDER_GUARD_PAGE_BEGIN, true, -1 },
        { TEXT16("far 2000000"), "far after", PROVIDER_GUARD_PATTERN, false, 0 },
    };
    struct provider_process *process = opened();

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct provider_call call = collect_call(cases[i].query);
        call.guard = cases[i].guard;
        struct provider_observation observation = make(process, &call);
        const struct provider_fault *fault = &observation.fault;

        if (observation.outcome != PROVIDER_CRASHED || !fault->has_address)
            fail_msg("%s: outcome %d", cases[i].name, (int)observation.outcome);
        if (cases[i].guard != PROVIDER_GUARD_PATTERN &&
            (!fault->in_buffer_memory || fault->is_write != cases[i].is_write ||
             fault->buffer_offset != cases[i].offset))
            fail_msg("%s: write %d at %lld", cases[i].name, fault->is_write,
                     (long long)fault->buffer_offset);
        if (!strstr(fault->symbol, "FakeCollect") && !fault->has_caller)
            fail_msg("%s: in %s", cases[i].name, fault->symbol);
        simple(process, PROVIDER_LOAD);
        simple(process, PROVIDER_OPEN);
    }
    provider_process_stop(process);
}

static void an_overrun_in_memcpy_names_the_caller(void **state)
{
    struct provider_process *process = opened();
    struct provider_call call = collect_call(TEXT16("copy"));

    (void)state;
    call.guard = PROVIDER_GUARD_PAGE_END;
    struct provider_observation observation = make(process, &call);
    assert_int_equal(observation.outcome, PROVIDER_CRASHED);
    assert_true(observation.fault.in_buffer_memory);
    if (!strstr(observation.fault.symbol, "FakeCollect") &&
        !strstr(observation.fault.caller_symbol, "FakeCollect"))
        fail_msg("in %s, caller %s", observation.fault.symbol, observation.fault.caller_symbol);
    provider_process_stop(process);
}

static void a_misaligned_buffer_is_misaligned_and_still_guarded(void **state)
{
    static const enum provider_guard guards[] = { PROVIDER_GUARD_NONE, PROVIDER_GUARD_PATTERN,
                                                  PROVIDER_GUARD_PAGE_END,
                                                  PROVIDER_GUARD_PAGE_BEGIN };
    struct provider_process *process = opened();

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(guards); i++)
        for (uint32_t misalignment = 0; misalignment < 8; misalignment++) {
            struct provider_call call = collect_call(TEXT16("Global"));
            call.guard = guards[i];
            call.misalignment = misalignment;
            call.buffer_size = 1000 + misalignment;
            struct provider_observation observation = make(process, &call);
            assert_int_equal(observation.outcome, PROVIDER_RETURNED);
            assert_int_equal(observation.data_address % 8, misalignment);
            assert_int_equal(observation.object_types, 1);
            assert_false(observation.damage.before || observation.damage.after);
            provider_observation_release(&observation);
        }
    provider_process_stop(process);
}

static void arguments_that_are_overrun_are_noticed(void **state)
{
    static const struct {
        const WCHAR *query;
        uint32_t damage;
    } cases[] = {
        { TEXT16("wide-count"), PROVIDER_WROTE_BESIDE_OBJECT_TYPES },
        { TEXT16("touch"), PROVIDER_WROTE_QUERY },
        { TEXT16("Global"), 0 },
    };
    struct provider_process *process = opened();

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct provider_call call = collect_call(cases[i].query);
        struct provider_observation observation = make(process, &call);
        assert_int_equal(observation.argument_damage, cases[i].damage);
        provider_observation_release(&observation);
    }
    provider_process_stop(process);
}

static void more_data_shows_what_was_changed(void **state)
{
    struct provider_process *process = opened();
    struct provider_call call = collect_call(TEXT16("more"));
    struct provider_observation observation = make(process, &call);

    (void)state;
    assert_int_equal(observation.return_code, ERROR_MORE_DATA);
    assert_int_equal(observation.total_bytes, 0);
    assert_true(observation.moved == 0);
    provider_observation_release(&observation);
    call = collect_call(TEXT16("more-dirty"));
    observation = make(process, &call);
    assert_int_equal(observation.return_code, ERROR_MORE_DATA);
    assert_int_equal(observation.total_bytes, 4096);
    assert_int_equal(observation.object_types, 7);
    assert_true(observation.moved == 8);
    provider_observation_release(&observation);
    provider_process_stop(process);
}

static void calls_are_made_at_the_same_moment(void **state)
{
    enum { COUNT = 4 };
    struct provider_process *process = opened();
    struct provider_call calls[COUNT];
    struct provider_observation observations[COUNT];

    (void)state;
    for (uint32_t i = 0; i < COUNT; i++) {
        /* one after the other, the first would never return */
        calls[i] = collect_call(TEXT16("meet 4"));
        calls[i].thread = i;
    }
    assert_int_equal(provider_process_call_together(process, calls, COUNT, observations), 0);
    for (uint32_t i = 0; i < COUNT; i++) {
        assert_int_equal(observations[i].outcome, PROVIDER_RETURNED);
        provider_observation_release(&observations[i]);
    }

    /* One call fails and is reported as the cause; the others are only reported as not returned. */
    for (uint32_t i = 0; i < COUNT; i++)
        calls[i].query = i == 2 ? TEXT16("crash") : TEXT16("sleep 60000");
    assert_int_equal(provider_process_call_together(process, calls, COUNT, observations), 0);
    for (uint32_t i = 0; i < COUNT; i++)
        assert_int_equal(observations[i].outcome, i == 2 ? PROVIDER_CRASHED : PROVIDER_GONE);
    provider_process_stop(process);
}

static void open_gets_the_whole_context(void **state)
{
    static const WCHAR context[] = TEXT16("return 55\0second\0");
    struct provider_start start = start_of(context, sizeof(context) / sizeof(*context));
    struct provider_process *process;

    (void)state;
    assert_int_equal(provider_process_start(&process, &start), ERROR_SUCCESS);
    simple(process, PROVIDER_LOAD);
    assert_int_equal(simple(process, PROVIDER_OPEN).return_code, 55);
    provider_process_stop(process);
}

static void a_leak_shows_in_the_resources(void **state)
{
    struct provider_process *process = opened();
    struct provider_call call = collect_call(TEXT16("leak"));
    struct provider_observation before, after, observation;

    (void)state;
    observation = make(process, &call);
    provider_observation_release(&observation);
    before = simple(process, PROVIDER_RESOURCES);
    call.repeat = 20;
    observation = make(process, &call);
    assert_int_equal(observation.repeated, 20);
    provider_observation_release(&observation);
    after = simple(process, PROVIDER_RESOURCES);
    assert_true(after.resources.handles >= before.resources.handles + 20);
    /* Each call loses 100,000 bytes; some of them may be in memory that the process had before. */
    assert_true(after.resources.memory_size >= before.resources.memory_size + 1500000);
    assert_true(before.resources.threads >= 2);
    assert_true(before.resources.modules >= 2);
    provider_process_stop(process);
}

static void a_query_of_any_length_is_passed_whole(void **state)
{
    enum { LENGTH = 300000 };
    struct provider_process *process = opened();
    WCHAR *query = malloc((LENGTH + 1) * sizeof(*query));

    (void)state;
    for (size_t i = 0; i < LENGTH; i++)
        query[i] = '7';
    query[LENGTH] = 0;
    struct provider_call call = collect_call(query);
    struct provider_observation observation = make(process, &call);
    assert_int_equal(observation.outcome, PROVIDER_RETURNED);
    assert_int_equal(observation.argument_damage, 0);
    provider_observation_release(&observation);
    free(query);
    provider_process_stop(process);
}

/* A call that does not load needs a child that is there: without one it is checked and not made. */
static void a_call_that_cannot_be_made_is_refused(void **state)
{
    static const struct {
        const char *title;
        size_t count;
        struct provider_call calls[2];
        DWORD error;
    } cases[] = {
        { "no call", 0, { { .kind = PROVIDER_OPEN } }, ERROR_INVALID_PARAMETER },
        { "one", 1, { { .kind = PROVIDER_OPEN } }, ERROR_SUCCESS },
        { "the last thread",
          1,
          { { .kind = PROVIDER_OPEN, .thread = PROVIDER_THREADS - 1 } },
          ERROR_SUCCESS },
        { "one more",
          1,
          { { .kind = PROVIDER_OPEN, .thread = PROVIDER_THREADS } },
          ERROR_INVALID_PARAMETER },
        { "one thread twice",
          2,
          { { .kind = PROVIDER_OPEN, .thread = 3 }, { .kind = PROVIDER_OPEN, .thread = 3 } },
          ERROR_INVALID_PARAMETER },
        { "two threads",
          2,
          { { .kind = PROVIDER_OPEN, .thread = 3 }, { .kind = PROVIDER_OPEN, .thread = 4 } },
          ERROR_SUCCESS },
        { "7 bytes after a multiple of 8",
          1,
          { { .kind = PROVIDER_COLLECT, .misalignment = 7 } },
          ERROR_SUCCESS },
        { "8 bytes",
          1,
          { { .kind = PROVIDER_COLLECT, .misalignment = 8 } },
          ERROR_INVALID_PARAMETER },
        { "all bytes kept from the system",
          1,
          { { .kind = PROVIDER_COLLECT, .buffer_size = 10, .spare_size = 10 } },
          ERROR_SUCCESS },
        { "more than all",
          1,
          { { .kind = PROVIDER_COLLECT, .buffer_size = 10, .spare_size = 11 } },
          ERROR_INVALID_PARAMETER },
        { "a sweep of one size",
          1,
          { { .kind = PROVIDER_COLLECT, .buffer_size = 10, .size_step = 1, .least_size = 10 } },
          ERROR_SUCCESS },
        { "a sweep that goes up",
          1,
          { { .kind = PROVIDER_COLLECT, .buffer_size = 10, .size_step = 1, .least_size = 11 } },
          ERROR_INVALID_PARAMETER },
        { "no sweep",
          1,
          { { .kind = PROVIDER_COLLECT, .buffer_size = 10, .least_size = 11 } },
          ERROR_SUCCESS },
        { "a query of the system without its name",
          1,
          { { .kind = PROVIDER_SYSTEM_QUERY } },
          ERROR_INVALID_PARAMETER },
    };
    const struct provider_start start = start_of(NULL, 0);
    struct provider_observation observations[PROVIDER_THREADS + 1];
    struct provider_call many[PROVIDER_THREADS + 1];
    struct provider_process *process;

    (void)state;
    assert_int_equal(provider_process_start(&process, &start), ERROR_SUCCESS);
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        if (provider_process_call_together(process, cases[i].calls, cases[i].count, observations) !=
            cases[i].error)
            fail_msg("%s", cases[i].title);
    memset(observations, 0x55, sizeof(observations));
    for (uint32_t i = 0; i <= PROVIDER_THREADS; i++)
        many[i] = (struct provider_call){ .kind = PROVIDER_OPEN, .thread = i };
    assert_int_equal(
        provider_process_call_together(process, many, PROVIDER_THREADS + 1, observations),
        ERROR_INVALID_PARAMETER);
    assert_int_equal(observations[PROVIDER_THREADS].size, 0x55555555);
    assert_int_equal(provider_process_call_together(process, many, PROVIDER_THREADS, observations),
                     ERROR_SUCCESS);
    for (size_t i = 0; i < PROVIDER_THREADS; i++)
        assert_int_equal(observations[i].outcome, PROVIDER_GONE);
    assert_false(provider_process_is_alive(process));
    provider_process_stop(process);
    provider_process_stop(NULL);
}

static void a_provider_has_a_library(void **state)
{
    struct provider_start start = { .library = NULL };
    struct provider_process *process = NULL;

    (void)state;
    assert_int_equal(provider_process_start(&process, &start), ERROR_INVALID_PARAMETER);
    start.library = "";
    assert_int_equal(provider_process_start(&process, &start), ERROR_INVALID_PARAMETER);
    assert_null(process);
}

static void an_export_without_a_name_is_not_called(void **state)
{
    struct provider_start start = start_of(NULL, 0);
    struct provider_process *process;

    (void)state;
    start.close = NULL;
    start.service = NULL;
    assert_int_equal(provider_process_start(&process, &start), ERROR_SUCCESS);
    assert_int_equal(simple(process, PROVIDER_LOAD).outcome, PROVIDER_RETURNED);
    assert_int_equal(simple(process, PROVIDER_OPEN).outcome, PROVIDER_RETURNED);
    assert_int_equal(simple(process, PROVIDER_CLOSE).outcome, PROVIDER_NO_EXPORT);
    provider_process_stop(process);
}

/* Returns true as often as *context says. */
static bool goes_on(void *context)
{
    unsigned *left = context;

    return *left > 0 && (*left)--;
}

static void who_waits_can_give_up(void **state)
{
    struct provider_process *process = opened();
    struct provider_call call = collect_call(TEXT16("hang"));
    unsigned left = 3;

    (void)state;
    call.timeout_ms = 600000;
    provider_process_watch(process, goes_on, &left);
    assert_int_equal(make(process, &call).outcome, PROVIDER_GONE);
    assert_int_equal(left, 0);
    assert_false(provider_process_is_alive(process));

    /* Without the function, the call has the time that it has. */
    provider_process_watch(process, NULL, NULL);
    assert_int_equal(simple(process, PROVIDER_LOAD).outcome, PROVIDER_RETURNED);
    assert_int_equal(simple(process, PROVIDER_OPEN).outcome, PROVIDER_RETURNED);
    call.timeout_ms = 300;
    assert_int_equal(make(process, &call).outcome, PROVIDER_HUNG);
    provider_process_stop(process);
}

/* Of two calls that hang, the one with less time is the reason, wherever it is in the list. */
static void the_call_that_is_out_of_time_first_hangs(void **state)
{
    (void)state;
    for (size_t first = 0; first < 2; first++) {
        struct provider_process *process = opened();
        struct provider_call calls[2];
        struct provider_observation observations[2];

        for (uint32_t i = 0; i < 2; i++) {
            calls[i] = collect_call(TEXT16("hang"));
            calls[i].thread = i;
            calls[i].timeout_ms = i == first ? 300 : 600000;
        }
        assert_int_equal(provider_process_call_together(process, calls, 2, observations), 0);
        assert_int_equal(observations[first].outcome, PROVIDER_HUNG);
        assert_int_equal(observations[1 - first].outcome, PROVIDER_GONE);
        provider_process_stop(process);
    }
}

static void a_single_call_can_have_less_time_than_its_order(void **state)
{
    struct provider_process *process = opened();
    struct provider_call call = collect_call(TEXT16("hang"));

    (void)state;
    call.repeat = 2;
    call.timeout_ms = 600000;
    call.single_timeout_ms = 300;
    assert_int_equal(make(process, &call).outcome, PROVIDER_HUNG);
    provider_process_stop(process);

    process = opened(); /* but not more */
    call.timeout_ms = 300;
    call.single_timeout_ms = 600000;
    assert_int_equal(make(process, &call).outcome, PROVIDER_HUNG);
    provider_process_stop(process);
}

static void a_call_without_a_time_has_the_usual_one(void **state)
{
    struct provider_process *process = opened();
    struct provider_call call = collect_call(TEXT16("Global"));

    (void)state;
    call.timeout_ms = 0;
    struct provider_observation observation = make(process, &call);
    assert_int_equal(observation.outcome, PROVIDER_RETURNED);
    provider_observation_release(&observation);
    provider_process_stop(process);
}

/* The answer depends on the system; here it matters that there is a process that asks. */
static void a_query_of_the_system_starts_a_process(void **state)
{
    const struct provider_start start = start_of(NULL, 0);
    const struct provider_call call = { .kind = PROVIDER_SYSTEM_QUERY,
                                        .query = TEXT16("Counter 009"),
                                        .buffer_size = 4096,
                                        .timeout_ms = 600000 };
    struct provider_process *process;

    (void)state;
    assert_int_equal(provider_process_start(&process, &start), ERROR_SUCCESS);
    struct provider_observation observation = make(process, &call);
    assert_int_equal(observation.outcome, PROVIDER_RETURNED);
    assert_true(provider_process_is_alive(process));
    provider_observation_release(&observation);
    provider_process_stop(process);
}

static void one_of_several_calls_can_start_a_process(void **state)
{
    static const struct provider_call calls[] = {
        { .kind = PROVIDER_LOAD, .timeout_ms = 600000 },
        { .kind = PROVIDER_RESOURCES, .thread = 1, .timeout_ms = 600000 },
    };
    const struct provider_start start = start_of(NULL, 0);
    struct provider_observation observations[2];
    struct provider_process *process;

    (void)state;
    assert_int_equal(provider_process_start(&process, &start), ERROR_SUCCESS);
    assert_int_equal(provider_process_call_together(process, calls, 2, observations), 0);
    assert_true(provider_process_is_alive(process));
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(observations[i].outcome, PROVIDER_RETURNED);
        provider_observation_release(&observations[i]);
    }
    provider_process_stop(process);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_answer_comes_back_whole),
        cmocka_unit_test(a_call_that_cannot_be_made_is_refused),
        cmocka_unit_test(a_provider_has_a_library),
        cmocka_unit_test(calls_without_a_library_are_not_made),
        cmocka_unit_test(a_library_that_cannot_be_loaded_is_reported_with_its_reason),
        cmocka_unit_test(every_end_of_a_provider_is_survived),
        cmocka_unit_test(a_crash_names_address_and_function),
        cmocka_unit_test(a_crash_between_two_calls_is_reported_at_the_next),
        cmocka_unit_test(what_outlives_its_library_is_left_over),
        cmocka_unit_test(a_hang_names_the_function),
        cmocka_unit_test(damage_to_the_guards_is_measured),
        cmocka_unit_test(a_hard_guard_catches_the_first_byte_outside),
        cmocka_unit_test(an_overrun_in_memcpy_names_the_caller),
        cmocka_unit_test(a_misaligned_buffer_is_misaligned_and_still_guarded),
        cmocka_unit_test(arguments_that_are_overrun_are_noticed),
        cmocka_unit_test(more_data_shows_what_was_changed),
        cmocka_unit_test(calls_are_made_at_the_same_moment),
        cmocka_unit_test(an_export_without_a_name_is_not_called),
        cmocka_unit_test(who_waits_can_give_up),
        cmocka_unit_test(the_call_that_is_out_of_time_first_hangs),
        cmocka_unit_test(a_single_call_can_have_less_time_than_its_order),
        cmocka_unit_test(a_call_without_a_time_has_the_usual_one),
        cmocka_unit_test(a_query_of_the_system_starts_a_process),
        cmocka_unit_test(one_of_several_calls_can_start_a_process),
        cmocka_unit_test(open_gets_the_whole_context),
        cmocka_unit_test(a_leak_shows_in_the_resources),
        cmocka_unit_test(a_query_of_any_length_is_passed_whole),
    };
    int status;

    if (provider_child_main(argc, argv, &status))
        return status;
    return cmocka_run_group_tests_name("provider_process", tests, NULL, NULL);
}
