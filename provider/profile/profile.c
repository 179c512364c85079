/* SPDX-License-Identifier: MIT
 *
 * Requests, samples, the table of sampled blocks and the file: see profile.h and profile_file.h.
 *
 * One lock protects everything here. It is held for some hundred instructions; stacks are walked
 * before it is taken. A thread comes here once for each 64 KiB that it allocates, for each sample,
 * and for each free that the filter lets pass.
 */
#include "profile.h"

#include <stdlib.h>
#include <string.h>

#include "os_region.h"
#include "profile_file.h"
#include "profile_weight.h"
#include "spin_lock.h"

/* Samples for which the clock is read once. For each, it would be a tenth of the cost. Chosen. */
#define SAMPLES_PER_CLOCK 64u
/* Initial size of the table of sampled blocks, half of which is used; chosen. */
#define FIRST_BLOCKS 4096u
/* The most places of that table, chosen: 2^20 live samples, and 48 MiB. */
#define MOST_BLOCKS (1u << 21)
#define FILTER_FULL                                                                                \
    UINT8_MAX /* a counter that has reached this never falls: it lets its blocks
                                  pass for ever */
#define LOOKS_PER_QUESTION                                                                         \
    64u /* checks between two system calls that ask whether the requester
                                  still exists; chosen */
#define INDEX_SIZE (2 * PROFILE_STACKS) /* places of the index of stacks, half of which is used */
#define TABLES_SIZE ((size_t)(PROFILE_FILE_SIZE - PROFILE_STACKS_OFFSET))
#define INDEX_MEMORY (INDEX_SIZE * sizeof(uint32_t) + PROFILE_STACKS * sizeof(bool)) /* bytes */
#define DRAWN_EARLY UINT64_MAX /* instead of a generation: drawn for the rate in the environment */

_Atomic bool profile_has_samples;
_Alignas(OS_TABLE_ALIGNMENT) _Atomic uint8_t profile_filter[1u << PROFILE_FILTER_BITS];

/* A sampled block that is live. */
struct live_sample {
    uintptr_t address; /* 0: the place is free */
    uint64_t size;
    uint32_t stack, rate;
};

static struct {
    struct spin_lock lock;
    _Atomic uint32_t process_id;
    _Atomic uint64_t own_rate; /* the rate in the environment */
    _Atomic uint64_t rate;
    _Atomic uint64_t generation; /* of the profile; 0 while there is no profile */
    uint64_t last_generation;
    _Atomic bool is_tried,
        has_file; /* whether creating the file was tried; whether the file exists, with its
                       header */
    _Atomic bool
        is_damaged; /* the file was shortened, and private pages replace the missing ones */
    struct profile_header *header;
    size_t mapped_size;           /* at `header`: the whole file, or its header */
    struct profile_stack *stacks; /* NULL until a profile was requested */
    uint64_t *frames;
    uint32_t *index;        /* numbers of stacks by hash; 0: the place is free */
    bool *is_always;        /* by number of stack: every block of its heap is sampled */
    bool has_always;        /* there is or was such a heap */
    bool is_needed;         /* at once: see profile_begin_heap */
    uint64_t process_image; /* for the header */
    uint32_t stack_count, frame_count;
    uint64_t numbering; /* changes when the stacks get other numbers */
    struct live_sample *live;
    uint32_t live_count, live_capacity;
    struct profile_distance shardless; /* of all threads that have no record of their own */
    uint64_t shardless_countdown;
    uint64_t second_end; /* in os_clock_ticks */
    uint32_t second_count;
} profile;

static _Alignas(OS_TABLE_ALIGNMENT) struct os_region_file own_file;

static _Atomic bool is_confined; /* see profile_confine */

static void add(_Atomic uint64_t *value, uint64_t change)
{
    atomic_store_explicit(value, atomic_load_explicit(value, memory_order_relaxed) + change,
                          memory_order_relaxed);
}

/* ---- the file ------------------------------------------------------------------------------ */

/* Called by a signal handler because a page of the file is missing: nothing in it is needed to go on. A new
   file follows (profile_remake). */
static bool repair(uintptr_t address)
{
    const size_t page = os_page_size();
    const uintptr_t header = (uintptr_t)profile.header, stacks = (uintptr_t)profile.stacks;

    if (!(header && address - header < profile.mapped_size) &&
        !(stacks && address - stacks < TABLES_SIZE))
        return false;
    if (!os_region_replace_private((void *)(address & ~(page - 1)), page))
        return false;
    profile.is_damaged = true;
    return true;
}

static DWORD file_create(struct os_region_file *file)
{
    DWORD error = os_region_directory(file->path, sizeof(file->path));

    if (!error)
        error = os_region_create(file, file->path, OS_REGION_PRIVATE_SUFFIX);
    if (error)
        return error;
    error = os_region_grow(file, PROFILE_HEADER_SIZE);
    if (error)
        os_region_remove(file);
    return error;
}

/* Map a new file: the whole, with memory for its header only, or its header. */
static void *file_map(struct os_region_file *file, size_t size)
{
    return size == PROFILE_FILE_SIZE ? os_region_map_reserved(file, size, PROFILE_HEADER_SIZE)
                                     : os_region_map(file, 0, size, NULL);
}

/* Memory for the tables of a file whose first `mapped_size` bytes are mapped at `header`. */
static unsigned char *tables_map(struct os_region_file *file, void *header, size_t mapped_size)
{
    unsigned char *reserved = (unsigned char *)header + PROFILE_STACKS_OFFSET;

    if (mapped_size == PROFILE_FILE_SIZE)
        return os_region_commit(reserved, TABLES_SIZE) ? reserved : NULL;
    return os_region_grow(file, PROFILE_FILE_SIZE)
               ? NULL
               : os_region_map(file, PROFILE_STACKS_OFFSET, TABLES_SIZE, NULL);
}

/* Unmap what these two functions have mapped. */
static void file_unmap(void *header, size_t mapped_size, void *tables)
{
    if (tables && mapped_size != PROFILE_FILE_SIZE)
        os_region_unmap(tables, TABLES_SIZE);
    if (header)
        os_region_unmap(header, mapped_size);
}

static void header_fill(struct profile_header *header)
{
    header->version = PROFILE_VERSION;
    header->header_size = PROFILE_HEADER_SIZE;
    header->process_id = os_process_id();
    header->pointer_size = sizeof(void *);
    header->process_start = os_region_process_start();
    header->pid_namespace = os_region_pid_namespace();
    header->clock_frequency = os_clock_frequency();
    header->process_image = profile.process_image;
    atomic_store_explicit(&header->answer.own_rate, profile.own_rate, memory_order_relaxed);
    header->magic = PROFILE_MAGIC;
}

static void header_add_tables(struct profile_header *header)
{
    header->frames_offset = PROFILE_FRAMES_OFFSET;
    header->stacks_offset = PROFILE_STACKS_OFFSET;
}

static void make_file(void)
{
    uint32_t error = os_last_error();
    size_t size = (size_t)PROFILE_FILE_SIZE;

    profile.is_tried = true;
    if (file_create(&own_file))
        goto restore_error;
    struct profile_header *header = file_map(&own_file, size);
    if (!header) {
        size = PROFILE_HEADER_SIZE;
        header = file_map(&own_file, size);
    }
    if (!header)
        goto remove_file;
    header_fill(header);
    if (os_region_publish(&own_file)) {
        os_region_unmap(header, size);
        goto remove_file;
    }
    os_region_hide(&own_file);
    profile.header = header;
    profile.mapped_size = size;
    os_region_guard_writer(repair);
    profile.has_file = true;
    goto restore_error;

remove_file:
    os_region_remove(&own_file);
restore_error:
    os_last_error_set(error);
}

/* Create the tables of stacks in the file. Without them there is no profile. */
static bool make_tables(void)
{
    uint32_t error = os_last_error();

    if (profile.stacks)
        return true;
    if (!profile.has_file)
        return false;
    uint32_t *index = os_pages_allocate(INDEX_MEMORY);
    unsigned char *memory =
        index ? tables_map(&own_file, profile.header, profile.mapped_size) : NULL;
    os_region_hide(&own_file);
    if (memory) {
        profile.index = index;
        profile.is_always = (bool *)(index + INDEX_SIZE);
        profile.stacks = (struct profile_stack *)(void *)memory;
        profile.frames =
            (uint64_t *)(void *)(memory + (PROFILE_FRAMES_OFFSET - PROFILE_STACKS_OFFSET));
        header_add_tables(profile.header);
    } else if (index) {
        os_pages_free(index, INDEX_MEMORY);
    }
    os_last_error_set(error);
    return memory != NULL;
}

/* ---- stacks -------------------------------------------------------------------------------- */

static uint64_t hash_of(uint32_t heap, const uintptr_t frames[], size_t count)
{
    uint64_t hash = (heap + UINT64_C(1)) * UINT64_C(0x9E3779B97F4A7C15);

    for (size_t i = 0; i < count; i++)
        hash = (hash ^ frames[i]) * UINT64_C(0x9FB21C651E98DF25) ^ hash >> 29;
    return hash;
}

static bool is_same(const struct profile_stack *stack, uint64_t hash, uint32_t heap,
                    const uintptr_t frames[], size_t count)
{
    if (stack->hash != hash || stack->heap != heap || stack->frame_count != count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (profile.frames[stack->first_frame + i] != frames[i])
            return false;
    return true;
}

/* The number of a stack that a thread has just walked; 0 for all stacks for which there is no space. */
__attribute__((noinline)) static uint32_t stack_number(const struct profile_thread *thread,
                                                       const struct profile_block *block)
{
    uintptr_t frames[UNWIND_FRAMES];
    const size_t count = unwind_frames(&thread->unwind, block->site, frames);
    const uint32_t heap = block->heap;
    const uint64_t hash = hash_of(heap, frames, count);
    uint32_t i = (uint32_t)(hash >> 32) % INDEX_SIZE;

    for (; profile.index[i]; i = (i + 1) % INDEX_SIZE)
        if (is_same(&profile.stacks[profile.index[i]], hash, heap, frames, count))
            return profile.index[i];
    if (profile.stack_count == PROFILE_STACKS || profile.frame_count + count > PROFILE_FRAMES)
        return 0;
    const uint32_t number = profile.stack_count++;
    struct profile_stack *stack = &profile.stacks[number];
    stack->heap = heap;
    stack->frame_count = (uint16_t)count;
    stack->is_always = block->is_always;
    stack->first_frame = profile.frame_count;
    for (size_t k = 0; k < count; k++)
        profile.frames[profile.frame_count++] = frames[k];
    atomic_store_explicit(&stack->hash, hash, memory_order_relaxed);
    profile.index[i] = number;
    profile.is_always[number] = block->is_always;
    atomic_store_explicit(&profile.header->answer.frame_count, profile.frame_count,
                          memory_order_relaxed);
    atomic_store_explicit(&profile.header->answer.stack_count, profile.stack_count,
                          memory_order_release);
    return number;
}

/* The same. A thread often allocates with one stack many times in a
   row; then neither the index nor the frames in the file are read. */
static uint32_t stack_number_of(struct profile_thread *thread, const struct profile_block *block)
{
    struct profile_number *last = &thread->last;
    const uint64_t change_count = thread->unwind.memory.change_count;

    if (!last->number || last->change_count != change_count || last->site != block->site ||
        last->heap != block->heap || last->numbering != profile.numbering)
        *last = (struct profile_number){ profile.numbering, change_count, block->site, block->heap,
                                         stack_number(thread, block) };
    return last->number;
}

/* ---- sampled blocks ------------------------------------------------------------------------ */

static uint32_t home_of(uintptr_t address, uint32_t capacity)
{
    return (uint32_t)((uint64_t)address * UINT64_C(0x9E3779B97F4A7C15) >> 33) & (capacity - 1);
}

/* The place of an address, or the free place where it would be inserted. */
static struct live_sample *place_of(struct live_sample *live, uint32_t capacity, uintptr_t address)
{
    uint32_t i = home_of(address, capacity);

    while (live[i].address && live[i].address != address)
        i = (i + 1) & (capacity - 1);
    return &live[i];
}

/* Make the table larger. */
__attribute__((noinline)) static bool grow(void)
{
    uint32_t capacity = profile.live_capacity ? 2 * profile.live_capacity : FIRST_BLOCKS;
    uint32_t error = os_last_error();

    struct live_sample *live =
        capacity > MOST_BLOCKS ? NULL : os_pages_allocate(capacity * sizeof(*live));
    os_last_error_set(error);
    if (!live)
        return false;
    for (uint32_t i = 0; i < profile.live_capacity; i++)
        if (profile.live[i].address)
            *place_of(live, capacity, profile.live[i].address) = profile.live[i];
    if (profile.live)
        os_pages_free(profile.live, profile.live_capacity * sizeof(*live));
    profile.live = live;
    profile.live_capacity = capacity;
    return true;
}

static void count_filter(uintptr_t address, int change)
{
    _Atomic uint8_t *counter = &profile_filter[profile_filter_index(address)];
    uint8_t count = atomic_load_explicit(counter, memory_order_relaxed);

    if (count != FILTER_FULL)
        atomic_store_explicit(counter, (uint8_t)(count + change), memory_order_relaxed);
}

static void set_live_count(uint32_t count)
{
    profile.live_count = count;
    atomic_store_explicit(&profile_has_samples, count != 0, memory_order_relaxed);
    if (profile.header)
        atomic_store_explicit(&profile.header->answer.live_count, count, memory_order_relaxed);
}

/* Subtract the weight of a sample from its stack's live sums. */
static void retire(const struct live_sample *sample)
{
    struct profile_weight weight = profile_weight_of(sample->size, sample->rate);
    struct profile_stack *stack = &profile.stacks[sample->stack];

    add(&stack->live_count, 0 - weight.count);
    add(&stack->live_bytes, 0 - weight.bytes);
}

/* Empty a place. Later entries that would not be found any more move back. */
static void close_gap(struct live_sample *place)
{
    const uint32_t mask = profile.live_capacity - 1;
    uint32_t gap = (uint32_t)(place - profile.live), i = gap;

    for (;;) {
        i = (i + 1) & mask;
        if (!profile.live[i].address)
            break;
        uint32_t home = home_of(profile.live[i].address, profile.live_capacity);
        if (((i - home) & mask) >= ((i - gap) & mask)) {
            profile.live[gap] = profile.live[i];
            gap = i;
        }
    }
    profile.live[gap] = (struct live_sample){ 0 };
}

static bool insert(const struct live_sample *sample, struct profile_weight weight)
{
    if (profile.live_count >= profile.live_capacity / 2 && !grow())
        return false;
    struct live_sample *place = place_of(profile.live, profile.live_capacity, sample->address);
    if (place->address) {
        retire(place); /* its free was missed */
    } else {
        count_filter(sample->address, 1);
        set_live_count(profile.live_count + 1);
    }
    *place = *sample;
    struct profile_stack *stack = &profile.stacks[sample->stack];
    add(&stack->live_count, weight.count);
    add(&stack->live_bytes, weight.bytes);
    return true;
}

static void remove_at(struct live_sample *place)
{
    retire(place);
    count_filter(place->address, -1);
    close_gap(place);
    set_live_count(profile.live_count - 1);
}

/* ---- on and off ---------------------------------------------------------------------------- */

static bool is_rate(uint64_t rate)
{
    return rate == PROFILE_RATE_ALL || (rate >= PROFILE_RATE_LEAST && rate <= PROFILE_RATE_MOST);
}

/* Begin a profile without any samples, except those of heaps every block of which is sampled. Known
   stacks stay, with sums of 0. */
static void begin_profile(void)
{
    struct profile_answer *answer = &profile.header->answer;

    for (uint32_t i = 0; i < profile.live_capacity;) {
        struct live_sample *place = &profile.live[i];
        if (place->address && !profile.is_always[place->stack])
            remove_at(place); /* another entry may have moved to this place */
        else
            i++;
    }
    for (uint32_t i = 0; i < profile.stack_count; i++) {
        struct profile_stack *stack = &profile.stacks[i];
        if (profile.is_always[i])
            continue;
        atomic_store_explicit(&stack->allocated_count, 0, memory_order_relaxed);
        atomic_store_explicit(&stack->allocated_bytes, 0, memory_order_relaxed);
        atomic_store_explicit(&stack->live_count, 0, memory_order_relaxed);
        atomic_store_explicit(&stack->live_bytes, 0, memory_order_relaxed);
        atomic_store_explicit(&stack->sample_count, 0, memory_order_relaxed);
    }
    if (!profile.live_count) /* also the counters that were full */
        for (size_t i = 0; i < sizeof(profile_filter); i++)
            atomic_store_explicit(&profile_filter[i], 0, memory_order_relaxed);
    if (profile.stack_count == 0) {
        profile.stack_count = 1; /* stack 0 has no frames */
        atomic_store_explicit(&answer->stack_count, 1, memory_order_release);
    }
    atomic_store_explicit(&answer->sample_count, 0, memory_order_relaxed);
    atomic_store_explicit(&answer->lost_count, 0, memory_order_relaxed);
    atomic_store_explicit(&answer->skip_count, 0, memory_order_relaxed);
    atomic_store_explicit(&answer->begin_time, os_clock_ticks(), memory_order_relaxed);
}

/* Set the rate. A running profile with another rate keeps its sums, because each sample has a
   weight of its own. A profile that begins when none is running starts with sums of 0. After a
   profile is turned off, its live blocks still leave it when they are freed. */
static void set_rate(uint64_t rate)
{
    uint64_t before = atomic_load_explicit(&profile.rate, memory_order_relaxed);

    if (rate == before || (rate && !make_tables()))
        return;
    if (rate && !before)
        begin_profile();
    atomic_store_explicit(&profile.header->answer.rate, rate, memory_order_relaxed);
    atomic_store_explicit(&profile.rate, rate, memory_order_relaxed);
    profile.last_generation++;
    atomic_store_explicit(&profile.generation, rate ? profile.last_generation : 0,
                          memory_order_release);
    atomic_store_explicit(&profile.header->answer.generation, profile.last_generation,
                          memory_order_release);
}

/* Create the file if that was not tried. A child of vfork has its parent's memory, but not its files, so
   it creates none. */
static void ensure_file(void)
{
    if (profile.is_tried || is_confined || profile.process_id != os_process_id())
        return;
    spin_lock_acquire(&profile.lock);
    if (!profile.is_tried)
        make_file();
    if (profile.has_file && profile.has_always && make_tables())
        begin_profile();
    if (profile.has_file)
        set_rate(profile.own_rate);
    spin_lock_release(&profile.lock);
}

/* Copy words of the old file to the new one. A thread may count a look meanwhile. */
static void copy_words(void *to, const void *from, size_t size)
{
    _Atomic uint64_t *const new_words = to;
    const _Atomic uint64_t *const old_words = from;

    for (size_t i = 0; i < size / sizeof(*new_words); i++)
        atomic_store_explicit(&new_words[i],
                              atomic_load_explicit(&old_words[i], memory_order_relaxed),
                              memory_order_relaxed);
}

/* Copy what the profile has to a new file. */
static void contents_copy(struct profile_header *header, unsigned char *tables)
{
    copy_words(&header->request, &profile.header->request, sizeof(header->request));
    copy_words(&header->answer, &profile.header->answer, sizeof(header->answer));
    if (!tables)
        return;
    memcpy(tables, profile.stacks, profile.stack_count * sizeof(*profile.stacks));
    memcpy(tables + (PROFILE_FRAMES_OFFSET - PROFILE_STACKS_OFFSET), profile.frames,
           profile.frame_count * sizeof(*profile.frames));
}

/* Begin again after stacks and sums were lost with the old file: the samples of live blocks are lost, too. */
static void begin_again(void)
{
    const uint32_t lost = profile.live_count;

    atomic_store_explicit(&profile.rate, 0, memory_order_relaxed);
    atomic_store_explicit(&profile.generation, 0, memory_order_release);
    if (profile.stacks) {
        memset(profile.index, 0, INDEX_MEMORY);
        profile.stack_count = profile.frame_count = 0;
        profile.numbering++;
        if (profile.live)
            memset(profile.live, 0, profile.live_capacity * sizeof(*profile.live));
        set_live_count(0);
    }
    if (profile.has_always && profile.stacks)
        begin_profile();
    set_rate(profile.own_rate);
    atomic_store_explicit(&profile.header->answer.lost_count, lost, memory_order_relaxed);
}

bool profile_is_lost(void)
{
    static _Atomic uint64_t asked_at;

    return profile.has_file && !is_confined &&
           os_region_is_lost(&own_file, profile.is_damaged, &asked_at);
}

/* The new file takes the addresses of the old one: other threads may be looking for a request there. */
void profile_remake(void)
{
    const size_t size = profile.mapped_size;
    const bool has_tables = profile.stacks != NULL;
    struct os_region_file file;
    uint32_t error = os_last_error();

    if (!profile.has_file || file_create(&file))
        goto restore_error; /* a later try may find space */
    struct profile_header *header = file_map(&file, size);
    unsigned char *tables = header && has_tables ? tables_map(&file, header, size) : NULL;
    bool is_done = header && (tables || !has_tables);
    const bool is_damaged = profile.is_damaged;
    if (is_done) {
        header_fill(header);
        if (has_tables)
            header_add_tables(header);
        if (!is_damaged)
            contents_copy(header, tables);
        is_done = os_region_publish(&file) == ERROR_SUCCESS &&
                  os_region_map(&file, 0, size, profile.header) &&
                  (!has_tables || size == PROFILE_FILE_SIZE ||
                   os_region_map(&file, PROFILE_STACKS_OFFSET, TABLES_SIZE, profile.stacks));
    }
    file_unmap(header, size, tables);
    if (!is_done) {
        os_region_remove(&file);
        goto restore_error;
    }
    os_region_hide(&file);
    os_region_remove(&own_file);
    own_file = file;
    profile.is_damaged = false;
    if (is_damaged)
        begin_again();

restore_error:
    os_last_error_set(error);
}

/* At the end of a countdown, look for a request. */
static void look(void)
{
    ensure_file();
    if (is_confined || !profile.has_file)
        return;
    struct profile_request *request = &profile.header->request;
    struct profile_answer *answer = &profile.header->answer;
    uint64_t looks = atomic_fetch_add_explicit(&answer->look_count, 1, memory_order_relaxed);
    uint64_t number = atomic_load_explicit(&request->number, memory_order_acquire);
    bool is_new = number != atomic_load_explicit(&answer->number, memory_order_relaxed);
    uint64_t rate = atomic_load_explicit(&profile.rate, memory_order_relaxed);
    bool may_be_over = rate != profile.own_rate && looks % LOOKS_PER_QUESTION == 0;

    if (!is_new && !may_be_over)
        return;
    spin_lock_acquire(&profile.lock);
    rate = atomic_load_explicit(&request->rate, memory_order_relaxed);
    if (!is_rate(rate) || !os_region_is_asked(&own_file))
        rate = profile.own_rate;
    set_rate(rate);
    atomic_store_explicit(&answer->number, number, memory_order_release);
    spin_lock_release(&profile.lock);
}

/* ---- events -------------------------------------------------------------------------------- */

static void set_distance(struct profile_distance *distance, uint64_t *countdown, uint64_t bytes)
{
    *countdown = bytes < PROFILE_PIECE ? bytes : PROFILE_PIECE;
    distance->left = bytes - *countdown;
}

static bool is_too_many(void)
{
    if (profile.second_count % SAMPLES_PER_CLOCK == 0) {
        const uint64_t now = os_clock_ticks();
        if (now >= profile.second_end) {
            profile.second_end = now + os_clock_frequency();
            profile.second_count = 0;
        }
    }
    return profile.second_count++ >= PROFILE_SAMPLES_PER_SECOND;
}

static void take_sample(struct profile_thread *thread, const struct profile_block *block,
                        uint64_t rate)
{
    unwind_here(&thread->unwind);
    spin_lock_acquire(&profile.lock);
    if (block->is_always ? !profile.stacks
                         : atomic_load_explicit(&profile.generation, memory_order_relaxed) !=
                               thread->distance.generation) {
        spin_lock_release(&profile.lock); /* the profile was turned off meanwhile */
        return;
    }
    struct profile_answer *answer = &profile.header->answer;
    if (rate != PROFILE_RATE_ALL && is_too_many()) {
        add(&answer->skip_count, 1);
        spin_lock_release(&profile.lock);
        return;
    }
    struct live_sample sample = { block->address, block->size, stack_number_of(thread, block),
                                  (uint32_t)rate };
    struct profile_weight weight = profile_weight_of(block->size, rate);
    struct profile_stack *stack = &profile.stacks[sample.stack];
    add(&answer->sample_count, 1);
    add(&stack->sample_count, 1);
    add(&stack->allocated_count, weight.count);
    add(&stack->allocated_bytes, weight.bytes);
    if (!insert(&sample, weight))
        add(&answer->lost_count, 1);
    spin_lock_release(&profile.lock);
}

void profile_begin_thread(struct profile_thread *thread, uint64_t *countdown)
{
    if (profile.own_rate < PROFILE_RATE_LEAST) {
        *countdown = PROFILE_PIECE;
        return;
    }
    struct profile_distance *distance = &thread->distance;
    distance->random = ((uint64_t)(uintptr_t)thread ^ os_clock_ticks() << 20) | 1;
    distance->generation = DRAWN_EARLY;
    set_distance(distance, countdown, profile_weight_distance(&distance->random, profile.own_rate));
}

/* The end of a countdown: whether the block is sampled, and the next distance. */
static bool is_hit(struct profile_distance *distance, uint64_t *countdown, uint64_t size,
                   uint64_t rate)
{
    const uint64_t generation = atomic_load_explicit(&profile.generation, memory_order_acquire);
    const uint64_t need = size + 1, have = *countdown + distance->left;

    if (!generation || !rate) {
        distance->generation = 0;
        set_distance(distance, countdown, PROFILE_PIECE);
        return false;
    }
    if (!distance->random)
        distance->random = ((uint64_t)(uintptr_t)distance ^ os_clock_ticks() << 20) | 1;
    bool is_first = distance->generation != generation &&
                    (distance->generation != DRAWN_EARLY || rate != profile.own_rate);
    distance->generation = generation;
    if (rate == PROFILE_RATE_ALL) {
        set_distance(distance, countdown, 0);
        return true;
    }
    if (!is_first && need <= have) {
        set_distance(distance, countdown, have - need);
        return false;
    }
    set_distance(distance, countdown, profile_weight_distance(&distance->random, rate));
    return !is_first;
}

bool profile_allocate(struct profile_thread *thread, uint64_t *countdown,
                      const struct profile_block *block)
{
    uint64_t rate = PROFILE_RATE_ALL;
    bool is_end = block->size >= *countdown, is_taken = block->is_always && !is_confined;

    if (is_end) {
        look();
        const uint64_t current = atomic_load_explicit(&profile.rate, memory_order_relaxed);
        if (is_hit(&thread->distance, countdown, block->size, current) && !is_taken) {
            is_taken = true;
            rate = current;
        }
        if (profile.own_rate == PROFILE_RATE_ALL) /* then every heap is one of these */
            set_distance(&thread->distance, countdown, PROFILE_PIECE);
    } else {
        *countdown -= block->size + 1;
    }
    if (is_taken)
        take_sample(thread, block, rate);
    return is_end;
}

void profile_lose(uint64_t size, bool is_always)
{
    if (is_confined || (!is_always && !atomic_load_explicit(&profile.rate, memory_order_relaxed)))
        return;
    spin_lock_acquire(&profile.lock);
    const uint64_t rate = atomic_load_explicit(&profile.rate, memory_order_relaxed);
    if (profile.header &&
        (is_always || is_hit(&profile.shardless, &profile.shardless_countdown, size, rate)))
        add(&profile.header->answer.lost_count, 1);
    spin_lock_release(&profile.lock);
}

void profile_free_slowly(uintptr_t address, struct profile_sample *sample)
{
    if (sample)
        *sample = (struct profile_sample){ 0 };
    spin_lock_acquire(&profile.lock);
    if (profile.live_count) {
        struct live_sample *place = place_of(profile.live, profile.live_capacity, address);
        if (place->address) {
            if (sample)
                *sample = (struct profile_sample){ place->size, place->rate, place->stack };
            remove_at(place);
        }
    }
    spin_lock_release(&profile.lock);
}

void profile_put_back(uintptr_t address, const struct profile_sample *sample)
{
    struct live_sample live = { address, sample->size, sample->stack, (uint32_t)sample->rate };

    if (!sample->rate)
        return;
    spin_lock_acquire(&profile.lock);
    if (profile.stacks && !insert(&live, profile_weight_of(live.size, live.rate)))
        add(&profile.header->answer.lost_count, 1);
    spin_lock_release(&profile.lock);
}

uint64_t profile_figures_request(void)
{
    return profile.has_file && !is_confined
               ? atomic_load_explicit(&profile.header->request.figures, memory_order_acquire)
               : 0;
}

void profile_discard_heap(uint32_t heap)
{
    spin_lock_acquire(&profile.lock);
    for (uint32_t i = 0; profile.live_count && i < profile.live_capacity;) {
        struct live_sample *place = &profile.live[i];
        if (place->address && profile.stacks[place->stack].heap == heap)
            remove_at(place); /* another entry may have moved to this place */
        else
            i++;
    }
    spin_lock_release(&profile.lock);
}

/* ---- life ---------------------------------------------------------------------------------- */

void profile_begin_heap(bool is_always)
{
    if (is_confined || profile.process_id != os_process_id())
        return;
    spin_lock_acquire(&profile.lock);
    bool is_first = is_always && !profile.has_always;
    profile.has_always |= is_always;
    profile.is_needed = true;
    if (is_first && profile.has_file && !profile.stacks && make_tables())
        begin_profile();
    spin_lock_release(&profile.lock);
    ensure_file();
}

void profile_init(uint64_t rate, uint64_t process_image)
{
    profile.process_image = process_image;
    profile.process_id = os_process_id();
    profile.own_rate = is_rate(rate) ? rate : PROFILE_RATE_OFF;
}

uint64_t profile_rate_of(const char *text)
{
    uint64_t rate = 0;

    if (!*text)
        return 0;
    for (; *text >= '0' && *text <= '9' && rate <= PROFILE_RATE_MOST; text++)
        rate = rate * 10 + (uint64_t)(*text - '0');
    return !*text && is_rate(rate) ? rate : 0;
}

uint64_t profile_visit(uint32_t heap, bool is_always,
                       void (*visit)(void *context, const struct profile_stack *stack,
                                     const uint64_t *frames),
                       void *context)
{
    spin_lock_acquire(&profile.lock);
    const uint64_t rate = !profile.stacks ? 0 : is_always ? PROFILE_RATE_ALL : profile.own_rate;
    for (uint32_t i = 0; rate && i < profile.stack_count; i++)
        if (profile.stacks[i].heap == heap)
            visit(context, &profile.stacks[i], profile.frames + profile.stacks[i].first_frame);
    spin_lock_release(&profile.lock);
    return rate;
}

void profile_confine(void)
{
    is_confined = true;
    atomic_store_explicit(&profile.rate, 0, memory_order_relaxed);
    atomic_store_explicit(&profile.generation, 0, memory_order_release);
}

static bool may_remove(void)
{
    return !is_confined && profile.has_file && profile.process_id == os_process_id();
}

void profile_close(void)
{
    if (may_remove())
        os_region_remove(&own_file);
    profile.has_file = false;
}

void profile_end(void)
{
    if (may_remove())
        os_region_unname(&own_file);
}

void profile_lock(void)
{
    spin_lock_acquire(&profile.lock);
}

void profile_unlock(void)
{
    spin_lock_release(&profile.lock);
}

/* The child creates a file of its own when it has allocated enough, or at once if it is needed. The
   parent's mappings end here. */
void profile_fork(void)
{
    const uint64_t own_rate = profile.own_rate;
    const bool has_always = profile.has_always, is_needed = profile.is_needed;
    const uint64_t process_image = profile.process_image;

    atomic_store(&profile_has_samples, false);
    if (profile.stack_count) /* otherwise it is empty, and shared with the parent */
        for (size_t i = 0; i < sizeof(profile_filter); i++)
            atomic_store_explicit(&profile_filter[i], 0, memory_order_relaxed);
    if (profile.has_file)
        os_region_abandon(&own_file);
    file_unmap(profile.header, profile.mapped_size, profile.stacks);
    if (profile.index)
        os_pages_free(profile.index, INDEX_MEMORY);
    if (profile.live)
        os_pages_free(profile.live, profile.live_capacity * sizeof(*profile.live));
    const uint64_t generation = profile.last_generation, numbering = profile.numbering;
    memset(&profile, 0, sizeof(profile));
    profile.process_id = os_process_id();
    profile.own_rate = own_rate;
    profile.has_always = has_always;
    profile.is_needed = is_needed;
    profile.process_image = process_image;
    profile.last_generation = generation;
    profile.numbering = numbering + 1;
}

void profile_leave_parent(void)
{
    uint32_t error = os_last_error();

    if (profile.header)
        os_region_replace_private(profile.header, profile.mapped_size);
    if (profile.stacks && profile.mapped_size != PROFILE_FILE_SIZE)
        os_region_replace_private(profile.stacks, TABLES_SIZE);
    os_last_error_set(error);
}

void profile_fork_finish(void)
{
    if (profile.is_needed)
        ensure_file();
}
