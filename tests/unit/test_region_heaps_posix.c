/* SPDX-License-Identifier: MIT
 *
 * region_reader.c with regions in this process's own memory: which heaps it shows, in which order, within
 * which budgets, and what it does when the system or the memory fails. The linker replaces the functions
 * that find, open and follow files, the guard, the clock, and malloc and its family.
 */
#include "unit.h"

#include "cached_region.h"
#include "failing_memory.h"
#include "heap_name_set.h"
#include "heap_watch.h"
#include "os_region.h"
#include "region_limits.h"
#include "region_reader.h"
#include "round_up.h"
#include "settable_clock.h"
#include "text.h"

#define MOST_REQUESTS 1000 /* a test makes fewer, so a loop that comes to this would not end */

/* ---- regions --------------------------------------------------------------------------- */

#define SEGMENTS 3                          /* of heaps */
#define MOST_HEAPS (REGION_FIRST_HEAPS * 7) /* in so many segments */
#define HEAP_OFFSET(heap) (sizeof(struct region_header) + (heap) * sizeof(struct region_heap))

struct fake {
    char name[48];
    uint64_t owner, inode, start;
    uint32_t process_id;
    bool is_foreign, is_listed, is_dead, was_reaped;
    bool is_cut;        /* it is cut short while it is read */
    DWORD follow_error; /* 0: it is followed */
    unsigned opened, asked;
    _Alignas(64) union {
        struct region_header header;
        unsigned char memory[HEAP_OFFSET(MOST_HEAPS)];
    } u;
};

static struct fake fakes[20];
static size_t fake_count, next_fake;
static struct region_reader *reader;
static unsigned guards_begun, guards_ended;
static uint32_t heaps_of_owner; /* that the owner of each region seems to have; 0: those it has */
static unsigned reserve_fails;  /* calls of heap_name_set_reserve until one fails; 0: none */
static struct region_heap *reopened; /* the record gets another heap while it is read */

DWORD __wrap_os_region_places_open(struct os_region_places *places);
DWORD __wrap_os_region_places_next(struct os_region_places *places, struct os_region_place *place);
void __wrap_os_region_places_close(struct os_region_places *places);
uint64_t __wrap_os_region_directories_mark(void);
DWORD __wrap_os_region_place_check(struct os_region_place *place);
uint64_t __wrap_os_region_directory_mark(const char *path);
DWORD __wrap_os_directory_open(struct os_directory *directory, const char *path);
DWORD __wrap_os_directory_next(struct os_directory *directory, char *name, size_t size);
void __wrap_os_directory_close(struct os_directory *directory);
DWORD __wrap_region_view_open(struct region_view *view, const char *directory, const char *name,
                              bool *was_reaped);
void __wrap_region_view_close(struct region_view *view);
bool __wrap_region_view_is_live(struct region_view *view, const char *directory, const char *name,
                                bool *was_reaped);
DWORD __real_heap_watch_follow(struct cached_region *region, struct heap_watch *watches);
DWORD __wrap_heap_watch_follow(struct cached_region *region, struct heap_watch *watches);
bool __real_heap_name_set_reserve(struct heap_name_set *set);
bool __wrap_heap_name_set_reserve(struct heap_name_set *set);
void __wrap_os_region_guard_begin(struct os_region_guard *guard,
                                  struct os_region_mapping *const *mappings);
void __wrap_os_region_guard_end(struct os_region_guard *guard);

/* One directory, which is listed in each refresh. */
uint64_t __wrap_os_region_directories_mark(void)
{
    return 0;
}

static bool is_place_listed;

DWORD __wrap_os_region_places_open(struct os_region_places *places)
{
    (void)places;
    is_place_listed = false;
    return ERROR_SUCCESS;
}

DWORD __wrap_os_region_places_next(struct os_region_places *places, struct os_region_place *place)
{
    (void)places;
    if (is_place_listed)
        return ERROR_NO_MORE_FILES;
    is_place_listed = true;
    *place = (struct os_region_place){ .path = "/r", .is_shared = true };
    return ERROR_SUCCESS;
}

void __wrap_os_region_places_close(struct os_region_places *places)
{
    (void)places;
}

DWORD __wrap_os_region_place_check(struct os_region_place *place)
{
    (void)place;
    return ERROR_SUCCESS;
}

uint64_t __wrap_os_region_directory_mark(const char *path)
{
    (void)path;
    return 0;
}

DWORD __wrap_os_directory_open(struct os_directory *directory, const char *path)
{
    (void)directory;
    (void)path;
    next_fake = 0;
    return ERROR_SUCCESS;
}

DWORD __wrap_os_directory_next(struct os_directory *directory, char *name, size_t size)
{
    (void)directory;
    while (next_fake < fake_count && !fakes[next_fake].is_listed)
        next_fake++;
    if (next_fake == fake_count)
        return ERROR_NO_MORE_FILES;
    snprintf(name, size, "%s", fakes[next_fake++].name);
    return ERROR_SUCCESS;
}

void __wrap_os_directory_close(struct os_directory *directory)
{
    (void)directory;
}

static struct fake *fake_of(const char *name)
{
    for (size_t i = 0; i < fake_count; i++)
        if (strcmp(fakes[i].name, name) == 0)
            return &fakes[i];
    fail_msg("no region %s", name);
    return NULL;
}

DWORD __wrap_region_view_open(struct region_view *view, const char *directory, const char *name,
                              bool *was_reaped)
{
    struct fake *fake = fake_of(name);

    fake->opened++;
    *was_reaped = false;
    view->mapping.memory = fake->u.memory;
    view->mapping.size = sizeof(fake->u.memory);
    view->owner = fake->owner;
    view->inode = fake->inode;
    view->process_id = fake->process_id;
    view->process_start = fake->start;
    view->pid_namespace = 1;
    view->is_local = !fake->is_foreign;
    return region_view_follow(view, directory, name);
}

void __wrap_region_view_close(struct region_view *view)
{
    (void)view;
}

bool __wrap_region_view_is_live(struct region_view *view, const char *directory, const char *name,
                                bool *was_reaped)
{
    struct fake *fake = fake_of(name);

    (void)view;
    (void)directory;
    fake->asked++;
    *was_reaped = fake->was_reaped;
    return !fake->is_dead;
}

DWORD __wrap_heap_watch_follow(struct cached_region *region, struct heap_watch *watches)
{
    const struct fake *fake = fake_of(region->name);

    if (heaps_of_owner)
        region->owner->heap_count = heaps_of_owner;
    if (fake->is_cut)
        region->view.mapping.is_cut = 1;
    return fake->follow_error ? fake->follow_error : __real_heap_watch_follow(region, watches);
}

bool __wrap_heap_name_set_reserve(struct heap_name_set *set)
{
    if (reopened)
        reopened->identity++;
    if (reserve_fails && --reserve_fails == 0)
        return false;
    return __real_heap_name_set_reserve(set);
}

void __wrap_os_region_guard_begin(struct os_region_guard *guard,
                                  struct os_region_mapping *const *mappings)
{
    (void)guard;
    (void)mappings;
    guards_begun++;
}

void __wrap_os_region_guard_end(struct os_region_guard *guard)
{
    (void)guard;
    guards_ended++;
}

/* ---- what the tests do ------------------------------------------------------------------- */

enum { OWNER = 100, OTHER_OWNER = 200 };

static struct region_heap *record_of(struct fake *fake, uint32_t record)
{
    return (struct region_heap *)(void *)(fake->u.memory + HEAP_OFFSET(0)) + record;
}

/* A region without heaps, which began at that time. */
static struct fake *add_fake(uint32_t process_id, uint64_t start)
{
    struct fake *fake = &fakes[fake_count++];

    assert_true(fake_count <= UNIT_COUNT(fakes));
    memset(fake, 0, sizeof(*fake));
    fake->owner = OWNER;
    fake->inode = fake_count;
    fake->process_id = process_id;
    fake->start = start;
    fake->is_listed = true;
    snprintf(fake->name, sizeof(fake->name), "%u-%u.region", (unsigned)process_id,
             (unsigned)fake_count);
    for (uint32_t i = 0; i < SEGMENTS; i++)
        fake->u.header.heap_offsets[i] = HEAP_OFFSET(region_segment_begin(REGION_FIRST_HEAPS, i));
    fake->u.header.heap_segments = SEGMENTS;
    fake->u.header.state = REGION_LIVE;
    return fake;
}

static void set_name(struct region_heap *heap, const char *name)
{
    memset((void *)heap->name, 'z', sizeof(heap->name)); /* nothing ends the name but its length */
    heap->name_length = (uint16_t)strlen(name);
    for (size_t i = 0; name[i]; i++)
        heap->name[i] = (unsigned char)name[i];
}

/* Put a heap into a record. Readers see it when the change count has changed. */
static struct region_heap *set_heap(struct fake *fake, uint32_t record, uint64_t number,
                                    uint64_t open_time, const char *name)
{
    struct region_heap *heap = record_of(fake, record);
    char whole[256];

    snprintf(whole, sizeof(whole), "x:%u:%s", (unsigned)fake->process_id, name);
    set_name(heap, whole);
    heap->open_time = open_time;
    heap->identity = number;
    if (fake->u.header.heap_count <= record)
        fake->u.header.heap_count = record + 1;
    fake->u.header.change_count++;
    return heap;
}

static const struct heap_view *refresh(size_t *count)
{
    assert_int_equal(region_reader_refresh(reader), ERROR_SUCCESS);
    return region_reader_heaps(reader, count);
}

/* The names of the heaps that are shown. */
static const char *shown(void)
{
    static char text[65536];
    size_t count, used = 0;
    const struct heap_view *heaps = region_reader_heaps(reader, &count);

    text[0] = 0;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(text_length(heaps[i].name), heaps[i].name_length);
        if (used)
            text[used++] = ' ';
        used += text_to_utf8(heaps[i].name, heaps[i].name_length, text + used, 1024);
    }
    return text;
}

static const char *names(void)
{
    size_t count;

    refresh(&count);
    return shown();
}

static struct region_counts counts(void)
{
    struct region_counts now;

    region_reader_counts(reader, &now);
    return now;
}

static int set_up(void **state)
{
    (void)state;
    fake_count = 0;
    failing_memory_blocks = 0;
    guards_begun = guards_ended = 0;
    stop_clock();
    return region_reader_open(&reader) != ERROR_SUCCESS;
}

static int tear_down(void **state)
{
    (void)state;
    heaps_of_owner = 0;
    region_reader_close(reader);
    assert_int_equal(failing_memory_blocks, 0);
    assert_int_equal(guards_begun, guards_ended);
    return 0;
}

static void start_again(void **state)
{
    tear_down(state);
    assert_int_equal(set_up(state), 0);
}

/* ---- what is shown ------------------------------------------------------------------------- */

static void heaps_come_in_the_order_of_their_keys(void **state)
{
    (void)state;
    struct fake *first = add_fake(10, 7), *second = add_fake(9, 7), *third = add_fake(11, 3);
    set_heap(first, 0, 2, 5, "two");
    set_heap(first, 1, 1, 5, "one");
    set_heap(first, 2, 3, 1, "early");
    set_heap(second, 0, 8, 5, "other");
    set_heap(third, 0, 1, 5, "last");
    set_heap(third, 9, 2, 9, "late");
    assert_string_equal(names(), "x:10:early x:9:other x:10:one x:10:two x:11:last x:11:late");
    /* Later ones find their place among them. */
    set_heap(second, 1, 7, 5, "between");
    set_heap(second, 2, 9, 0, "first");
    set_heap(third, 1, 3, 10, "end");
    assert_string_equal(names(), "x:9:first x:10:early x:9:between x:9:other x:10:one x:10:two "
                                 "x:11:last x:11:late x:11:end");
    first->is_listed = false;
    assert_string_equal(names(), "x:9:first x:9:between x:9:other x:11:last x:11:late x:11:end");
    second->is_listed = third->is_listed = false;
    assert_string_equal(names(), "");
}

/* Of processes that had one process id, and heaps that are alike. Their identities decide. */
static void equal_heaps_of_processes_have_an_order_of_their_own(void **state)
{
    enum { PROCESSES = 8 };
    char order[2][200];
    size_t count;

    (void)state;
    for (int turn = 0; turn < 2; turn++) {
        for (uint64_t i = 0; i < PROCESSES; i++) {
            const uint64_t start = turn ? PROCESSES - i : i + 1;
            const char name[] = { (char)('a' + start), 0 };
            set_heap(add_fake(10, start), 0, 1, 5, name);
        }
        const struct heap_view *heaps = refresh(&count);
        assert_int_equal(count, PROCESSES);
        for (size_t i = 1; i < PROCESSES; i++)
            assert_true(heaps[i - 1].identity < heaps[i].identity);
        snprintf(order[turn], sizeof(order[turn]), "%s", shown());
        start_again(state);
    }
    assert_string_equal(order[0], order[1]);

    /* Of two that say that they are one, the first one stays first. */
    set_heap(add_fake(10, 7), 0, 1, 5, "a");
    assert_string_equal(names(), "x:10:a");
    set_heap(add_fake(10, 7), 0, 1, 5, "b");
    assert_string_equal(names(), "x:10:a x:10:b");
}

/* The region that comes first gives its heap the plain name. */
static void equal_names_belong_to_the_first_region(void **state)
{
    static const struct {
        const char *name;
        bool is_foreign; /* the other one is not */
        uint64_t start, other_start;
        bool is_first; /* whichever is found first */
    } cases[] = {
        { "of this namespace", false, 9, 9, true },
        { "earlier", false, 8, 9, true },
        { "later", false, 9, 8, false },
        { "unknown", false, 0, 9, false },
        { "foreign and earlier", true, 8, 9, false },
        { "foreign", true, 9, 9, false },
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        for (uint64_t turn = 0; turn < 4; turn++) { /* which is found first, and their inodes */
            struct fake *first = add_fake(10, 1), *second = add_fake(10, 1);
            struct fake *one = turn < 2 ? first : second, *other = turn < 2 ? second : first;
            const uint64_t inode = turn % 2 + 1;
            size_t count;

            one->start = cases[i].start;
            other->start = cases[i].other_start;

            one->is_foreign = cases[i].is_foreign;
            one->inode = inode;
            other->inode = 3 - inode;
            set_heap(one, 0, 1, 1, "a");
            set_heap(other, 0, 2, 2, "a");
            const struct heap_view *heaps = refresh(&count);
            assert_int_equal(count, 2);
            const bool is_first =
                i == 0 ? inode == 1 : cases[i].is_first; /* then the inodes decide */
            if ((heaps[0].name_length == 6) != is_first || heaps[0].is_foreign != one->is_foreign)
                fail_msg("%s: %s", cases[i].name, shown());
            start_again(state);
        }
    }
}

/* Of a known and a new region, the known one gives its new heap the plain name. */
static void known_regions_come_before_new_ones(void **state)
{
    size_t count;

    (void)state;
    struct fake *known = add_fake(10, 9);
    set_heap(known, 0, 1, 1, "a");
    assert_string_equal(names(), "x:10:a");
    set_heap(known, 1, 2, 2, "b");
    set_heap(add_fake(10, 3), 0, 1, 3, "b");
    const struct heap_view *heaps = refresh(&count);
    assert_int_equal(count, 3);
    assert_true(heaps[1].heap_number == 2 && heaps[1].name_length == 6);
    assert_true(heaps[2].heap_number == 1 && heaps[2].name_length > 6);
}

static void a_record_is_a_heap_only_if_it_is_valid(void **state)
{
    static const struct {
        const char *name;
        uint64_t number;
        const char *text;
        uint16_t length; /* 0: that of the text */
        bool is_heap;
    } cases[] = {
        { "valid", 1, "x:10:a", 0, true },
        { "free", 0, "x:10:a", 0, false },
        { "the largest number", UINT32_MAX, "x:10:a", 0, true },
        { "beyond it", (uint64_t)UINT32_MAX + 1, "x:10:a", 0, false },
        { "no name", 1, "", 0, false },
        { "a control character", 1, "x:10:\n", 0, false },
        { "of another process", 1, "x:11:a", 0, false },
        { "the longest name", 1, "x:10:", HEAP_NAME_LENGTH, true }, /* and many z */
        { "beyond it", 1, "x:10:", HEAP_NAME_LENGTH + 1, false },
        { "far beyond it", 1, "x:10:", UINT16_MAX, false },
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct region_heap *heap = set_heap(add_fake(10, 1), 0, cases[i].number, 1, "");
        size_t count;

        set_name(heap, cases[i].text);
        if (cases[i].length)
            heap->name_length = cases[i].length;
        const struct heap_view *heaps = refresh(&count);
        if (count != cases[i].is_heap)
            fail_msg("%s: %zu", cases[i].name, count);
        if (count)
            assert_true(heaps[0].name_length == heap->name_length &&
                        text_length(heaps[0].name) == heap->name_length);
        start_again(state);
    }
}

static void a_record_that_changes_while_it_is_read_is_left_out(void **state)
{
    (void)state;
    struct fake *fake = add_fake(10, 1);
    reopened = set_heap(fake, 0, 1, 1, "a");
    const char *text = names();
    reopened = NULL;
    assert_string_equal(text, "");
    fake->u.header.change_count++;
    assert_string_equal(names(), "x:10:a");
}

static void records_are_read_when_the_change_count_changes(void **state)
{
    size_t count;

    (void)state;
    struct fake *fake = add_fake(10, 1);
    assert_string_equal(names(), ""); /* a region without records */
    set_heap(fake, 0, 1, 1, "a");
    set_heap(fake, 1, 2, 2, "b");
    set_heap(fake, 8, 9, 9, "beyond the count");
    fake->u.header.heap_count = 2;
    const struct heap_view *heaps = refresh(&count);
    assert_string_equal(shown(), "x:10:a x:10:b");
    const uint64_t serial = heaps[1].serial, generation = region_reader_generation(reader);
    assert_true(heaps[0].serial != serial && heaps[0].heap_number == 1);
    assert_ptr_equal(refresh(&count), heaps); /* nothing changes */
    assert_true(region_reader_generation(reader) == generation);

    fake->u.header.heap_count = 3;
    set_heap(fake, 2, 3, 3, "c");
    set_heap(fake, 0, 4, 4, "d");
    fake->u.header.change_count -= 2; /* not yet */
    assert_ptr_equal(refresh(&count), heaps);
    fake->u.header.change_count++;
    heaps = refresh(&count);
    assert_string_equal(shown(), "x:10:b x:10:c x:10:d");
    assert_true(heaps[0].serial == serial);
    assert_true(region_reader_generation(reader) != generation);

    record_of(fake, 1)->identity = 0; /* closed */
    fake->u.header.change_count++;
    assert_string_equal(names(), "x:10:c x:10:d");
}

/* As many regions and heaps as their arrays have places at first, and then one more. */
static void sixteen_regions_with_sixteen_heaps_are_shown(void **state)
{
    static struct region_refusals refusals;
    size_t count;

    (void)state;
    for (uint32_t i = 0; i < 17; i++) {
        struct fake *fake = add_fake(10 + i, 1);
        fake->u.header.unpublished_count = 1;
        for (uint32_t record = 0; record < 16 + (i == 16); record++)
            set_heap(fake, record, record + 1, i + 1, "a");
        if (i == 15) {
            refresh(&count);
            assert_int_equal(count, 16 * 16);
            region_reader_refusals(reader, &refusals);
            assert_true(refusals.count == 1 && refusals.refusals[0].count == 16);
            assert_int_equal(refusals.refusals[0].reason, REFUSAL_unpublished);
        }
    }
    refresh(&count);
    assert_int_equal(count, 16 * 16 + 17);
    assert_int_equal(counts().seen, 17);
}

static void what_heaps_and_regions_lost_is_added_up(void **state)
{
    (void)state;
    struct fake *fake = add_fake(10, 1);
    set_heap(fake, 0, 1, 1, "a")->lost_count = 3;
    set_heap(fake, 1, 2, 2, "b")->lost_count = 4;
    set_heap(fake, 2, 0, 3, "free")->lost_count = 50;
    fake->u.header.lost_count = 100;
    fake->u.header.unpublished_count = 7;
    add_fake(11, 1)->u.header.lost_count = 1000;
    for (int i = 0; i < 2; i++) {
        names();
        assert_int_equal(counts().lost, 1107);
        assert_int_equal(counts().unpublished, 7);
        assert_int_equal(counts().seen, 2);
        fake->u.header.change_count++;
    }
}

static void a_heap_is_read_by_its_index(void **state)
{
    struct heap_totals totals, untouched;

    (void)state;
    set_heap(add_fake(10, 1), 0, 1, 1, "a")->failure_count = 5;
    names();
    memset(&totals, 0x77, sizeof(totals));
    untouched = totals;
    assert_int_equal(region_reader_read(reader, 1, &totals), ERROR_NOT_FOUND);
    assert_memory_equal(&totals, &untouched, sizeof(totals));
    record_of(&fakes[0], 0)->identity = 2; /* another heap has its record */
    assert_int_equal(region_reader_read(reader, 0, &totals), ERROR_NOT_FOUND);
    assert_memory_equal(&totals, &untouched, sizeof(totals));
    record_of(&fakes[0], 0)->identity = 1;
    assert_int_equal(region_reader_read(reader, 0, &totals), ERROR_SUCCESS);
    assert_int_equal(totals.failure_count, 5);

    guards_begun = guards_ended = 0;
    region_reader_hold(reader);
    region_reader_hold(reader);
    assert_true(guards_begun == 1 && guards_ended == 0);
    region_reader_release(reader);
    assert_int_equal(guards_ended, 0);
    region_reader_release(reader);
    assert_int_equal(guards_ended, 1);
}

/* ---- owners and regions that go ------------------------------------------------------------ */

static void an_owner_is_asked_four_times_a_second(void **state)
{
    (void)state;
    struct fake *fake = add_fake(10, 1);
    set_heap(fake, 0, 1, 1, "a");
    names();
    pass_time_ms(250);
    names();
    assert_int_equal(fake->asked, 0);
    passed_ticks++;
    names();
    assert_int_equal(fake->asked, 1);
    pass_time_ms(250);
    names();
    assert_int_equal(fake->asked, 1);
    passed_ticks++;
    fake->is_dead = fake->was_reaped = true;
    fake->is_listed = false;
    assert_string_equal(names(), "");
    fake = add_fake(11, 1);
    set_heap(fake, 0, 1, 1, "a");
    names();
    pass_time_ms(251);
    fake->is_dead = fake->was_reaped = true; /* its file is still in the listing */
    assert_string_equal(names(), "");
    assert_int_equal(fake->asked, 1);
    assert_int_equal(counts().reaped, 1);
}

static void a_region_that_cannot_be_followed_goes_or_stays(void **state)
{
    static const struct {
        const char *name;
        DWORD follow_error, error;
        bool is_shown, is_rejected;
        uint64_t left_out, unasked;
    } cases[] = {
        { "followed", 0, ERROR_SUCCESS, true, false, 0, 0 },
        { "no memory", ERROR_NOT_ENOUGH_MEMORY, ERROR_NOT_ENOUGH_MEMORY, true, false, 0, 1 },
        { "too large", ERROR_FILE_TOO_LARGE, ERROR_SUCCESS, true, false, 3, 0 },
        { "invalid", ERROR_INVALID_DATA, ERROR_SUCCESS, false, true, 0, 0 },
        { "closed", ERROR_FILE_NOT_FOUND, ERROR_SUCCESS, false, false, 0, 0 },
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        struct fake *fake = add_fake(10, 1);
        set_heap(fake, 0, 1, 1, "a");
        names();
        fake->u.header.heap_count = MOST_HEAPS + 3; /* three in a segment that is not there */
        fake->follow_error = cases[i].follow_error;
        const DWORD error = region_reader_refresh(reader);
        if (error != cases[i].error || (*shown() != 0) != cases[i].is_shown ||
            counts().rejected != cases[i].is_rejected ||
            counts().left_out_heaps != cases[i].left_out || counts().unasked != cases[i].unasked)
            fail_msg("%s: %u, \"%s\"", cases[i].name, (unsigned)error, shown());
        fake->follow_error = 0;
        fake->opened = 0;
        /* What is rejected is not opened again. */
        assert_int_equal(*names() != 0, !cases[i].is_rejected);
        assert_int_equal(fake->opened, !cases[i].is_shown && !cases[i].is_rejected);
        assert_int_equal(counts().left_out_heaps, 0);
        start_again(state);
    }
}

static void a_region_that_is_cut_while_it_is_read_is_rejected(void **state)
{
    (void)state;
    struct fake *fake = add_fake(10, 1);
    set_heap(fake, 0, 1, 1, "a");
    fake->is_cut = true;
    assert_string_equal(names(), ""); /* its heap was found, and went, before it was shown */
    assert_int_equal(counts().rejected, 1);
    assert_int_equal(counts().seen, 0);
    fake = add_fake(11, 1);
    set_heap(fake, 0, 1, 1, "b");
    assert_string_equal(names(), "x:11:b");
    fake->is_cut = true;
    assert_string_equal(names(), "");
    assert_int_equal(counts().rejected, 2);
}

static void what_has_gone_is_freed(void **state)
{
    (void)state;
    set_heap(add_fake(10, 1), 0, 1, 1, "a");
    names();
    const long blocks_before = failing_memory_blocks;
    struct fake *fake = add_fake(11, 1);
    set_heap(fake, 0, 1, 1, "b");
    set_heap(fake, 1, 2, 2, "c");
    assert_string_equal(names(), "x:10:a x:11:b x:11:c");
    assert_true(failing_memory_blocks > blocks_before);
    fake->is_listed = false;
    assert_string_equal(names(), "x:10:a");
    assert_int_equal(failing_memory_blocks, blocks_before);
}

/* ---- budgets ------------------------------------------------------------------------------- */

static void heaps_have_budgets(void **state)
{
    enum { INSTANCE = 1000 };
    const size_t longest = INSTANCE + round_up_8((HEAP_NAME_LENGTH + 1) * sizeof(WCHAR));
    const struct {
        const char *name;
        uint64_t fixed; /* bytes of the answer without heaps */
        uint32_t heaps; /* of the owner, before */
        bool is_shown;
    } cases[] = {
        { "as large as it may be", LIMIT_ANSWER - longest, 0, true },
        { "larger", LIMIT_ANSWER - longest + 1, 0, false },
        { "of an owner of few", LIMIT_ANSWER - longest, LIMIT_FEW_HEAPS - 1, true },
        { "of an owner of many", LIMIT_ANSWER - LIMIT_KEPT_ANSWER - longest, LIMIT_FEW_HEAPS,
          true },
        { "too large for one of many", LIMIT_ANSWER - LIMIT_KEPT_ANSWER - longest + 1,
          LIMIT_FEW_HEAPS, false },
        { "the last one", 0, LIMIT_HEAPS - 1, true },
        { "one more", 0, LIMIT_HEAPS, false },
    };

    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        region_reader_limit_answer(reader, (size_t)cases[i].fixed, INSTANCE);
        set_heap(add_fake(10, 1), 0, 1, 1, "a");
        heaps_of_owner = cases[i].heaps;
        const bool is_shown = *names() != 0;
        if (is_shown != cases[i].is_shown || counts().left_out_heaps != !is_shown)
            fail_msg("%s", cases[i].name);
        heaps_of_owner = 0;
        start_again(state);
    }
}

static void a_heap_that_was_left_out_comes_when_there_is_space(void **state)
{
    enum { INSTANCE = 1000 };
    const size_t longest = INSTANCE + round_up_8((HEAP_NAME_LENGTH + 1) * sizeof(WCHAR));
    static struct region_refusals refusals;

    (void)state;
    region_reader_limit_answer(reader, (size_t)(LIMIT_ANSWER - longest), INSTANCE);
    struct fake *first = add_fake(10, 1), *second = add_fake(11, 2);
    set_heap(first, 0, 1, 1, "a");
    second->owner = OTHER_OWNER;
    set_heap(second, 0, 1, 1, "b");
    set_heap(second, 1, 2, 2, "c");
    assert_string_equal(names(), "x:10:a");
    assert_int_equal(counts().left_out_heaps, 2);
    region_reader_refusals(reader, &refusals);
    assert_true(refusals.count == 1 && refusals.refusals[0].reason == REFUSAL_heap_limit &&
                refusals.refusals[0].owner == OTHER_OWNER && refusals.refusals[0].count == 2);
    record_of(first, 0)->identity = 0;
    first->u.header.change_count++;
    names();
    assert_string_equal(names(), "x:11:b"); /* at the next refresh at the latest */
    assert_int_equal(counts().left_out_heaps, 1);
    /* Without a change, and without anything left out, no record is read again. */
    record_of(second, 1)->identity = 0;
    second->u.header.change_count++;
    names();
    assert_int_equal(counts().left_out_heaps, 0);
    region_reader_limit_answer(reader, 0, INSTANCE);
    record_of(second, 1)->identity = 5;
    assert_string_equal(names(), "x:11:b");
}

/* ---- no memory ----------------------------------------------------------------------------- */

/* Each request for memory is refused in turn, while heaps come and go. */
static void a_refresh_without_memory_is_completed_by_the_next(void **state)
{
    bool was_refused = true;

    for (unsigned request = 1; was_refused; request++) {
        struct fake *first = add_fake(10, 1), *gone = add_fake(11, 1), *damaged = add_fake(12, 1),
                    *cut = add_fake(14, 1);
        struct heap_totals totals;
        size_t count;

        assert_true(request < MOST_REQUESTS);
        set_heap(first, 0, 1, 1, "a");
        set_heap(gone, 0, 1, 2, "gone");
        set_heap(damaged, 0, 1, 3, "damaged");
        set_heap(cut, 0, 1, 4, "cut");
        assert_string_equal(names(), "x:10:a x:11:gone x:12:damaged x:14:cut");
        gone->is_listed = false;
        damaged->follow_error = ERROR_INVALID_DATA;
        cut->is_cut = true;
        for (uint32_t i = 1; i < 18; i++)
            set_heap(first, i, i + 1, 4, "a");
        struct fake *fresh = add_fake(13, 1);
        for (uint32_t i = 0; i < 50; i++) /* more names than the first buckets have */
            set_heap(fresh, i, i + 1, 5, "b");
        failing_memory_countdown = request;
        const DWORD error = region_reader_refresh(reader);
        was_refused = failing_memory_countdown == 0;
        failing_memory_countdown = 0;
        assert_int_equal(error, was_refused ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS);
        const struct heap_view *heaps = region_reader_heaps(reader, &count);
        assert_true(count >= 1 && text_length(heaps[0].name) == 6);
        /* What has gone can still be asked for, while it is shown. */
        for (size_t i = 0; i < count; i++) {
            const DWORD read = region_reader_read(reader, i, &totals);
            assert_true(read == ERROR_SUCCESS ||
                        (read == ERROR_NOT_FOUND && heaps[i].process_id != 10 &&
                         heaps[i].process_id != 13));
        }
        refresh(&count);
        assert_int_equal(count, 18 + 50);
        assert_int_equal(counts().rejected, 2);
        start_again(state);
    }
}

/* A heap cannot be added: what is shown stays, whatever else has been found. */
static void after_an_error_nothing_else_is_shown(void **state)
{
    size_t count;

    (void)state;
    struct fake *fake = add_fake(10, 1);
    set_heap(fake, 0, 1, 1, "a");
    const struct heap_view *heaps = refresh(&count);
    set_heap(fake, 1, 2, 2, "b");
    set_heap(fake, 2, 3, 3, "c");
    reserve_fails = 2;
    assert_int_equal(region_reader_refresh(reader), ERROR_NOT_ENOUGH_MEMORY);
    assert_ptr_equal(region_reader_heaps(reader, &count), heaps);
    assert_string_equal(shown(), "x:10:a");
    assert_string_equal(names(), "x:10:a x:10:b x:10:c"); /* the change count is the same */
}

static void a_reader_needs_memory(void **state)
{
    struct region_reader *none = NULL;

    (void)state;
    failing_memory_countdown = 1;
    assert_int_equal(region_reader_open(&none), ERROR_NOT_ENOUGH_MEMORY);
    assert_null(none);
    region_reader_close(NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(heaps_come_in_the_order_of_their_keys),
        TEST(equal_heaps_of_processes_have_an_order_of_their_own),
        TEST(equal_names_belong_to_the_first_region),
        TEST(known_regions_come_before_new_ones),
        TEST(a_record_is_a_heap_only_if_it_is_valid),
        TEST(a_record_that_changes_while_it_is_read_is_left_out),
        TEST(records_are_read_when_the_change_count_changes),
        TEST(sixteen_regions_with_sixteen_heaps_are_shown),
        TEST(what_heaps_and_regions_lost_is_added_up),
        TEST(a_heap_is_read_by_its_index),
        TEST(an_owner_is_asked_four_times_a_second),
        TEST(a_region_that_cannot_be_followed_goes_or_stays),
        TEST(a_region_that_is_cut_while_it_is_read_is_rejected),
        TEST(what_has_gone_is_freed),
        TEST(heaps_have_budgets),
        TEST(a_heap_that_was_left_out_comes_when_there_is_space),
        TEST(a_refresh_without_memory_is_completed_by_the_next),
        TEST(after_an_error_nothing_else_is_shown),
        TEST(a_reader_needs_memory),
    };

    return cmocka_run_group_tests_name("region heaps", tests, NULL, NULL);
}
