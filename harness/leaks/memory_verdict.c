/* SPDX-License-Identifier: MIT
 *
 * From samples to parts, and from parts to a verdict: see memory_verdict.h.
 */
#include "memory_verdict.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MIB ((uint64_t)1 << 20)

/* Chosen: a part causes a verdict if it has at least so many bytes and such a share of resident memory. */
#define LEAST_BYTES (4 * MIB)
#define LEAST_SHARE 6 /* a sixth */
#define SURE_TIMES 2  /* twice as much: sure */

/* Chosen: growth causes one if it has at least so many bytes and such a share of the first value. */
#define LEAST_GROWTH (MIB / 4)
#define GROWTH_SHARE 200 /* half a percent */
#define OUTSIDE_GROWTH MIB

/* Free bytes are spread if at least so many arenas have memory, and such a share is outside the one with
   most. The share is not larger because glibc puts threads for which it makes no arena into existing ones:
   half of these threads can be in one arena. The alert rule has the same share. */
#define LEAST_ARENAS 4
#define SPREAD_TENTHS 3

#define JEMALLOC_MAP (2 * MIB) /* see touched_figures */

/* The allocator's figures are current if the live bytes have changed by at most one of these; chosen. */
#define CURRENT_BYTES (MIB / 4)
#define CURRENT_SHARE 64
#define LEAST_OUTSIDE (32 * MIB) /* outside malloc, without growth */

const struct memory_part_name memory_verdict_part_names[PART_COUNT] = {
    [PART_LIVE] = { "live", "live blocks" },
    [PART_SLACK] = { "slack", "free, can be given back" },
    [PART_FRAGMENTATION] = { "fragmentation", "free, between live blocks" },
    [PART_CACHES] = { "thread_caches", "free, in thread caches" },
    [PART_OVERHEAD] = { "overhead", "the allocator itself" },
    [PART_OUTSIDE] = { "outside_malloc", "outside malloc" },
    [PART_STACKS] = { "stacks", "stacks" },
    [PART_FILES] = { "files", "programs and files" },
    [PART_SHARED] = { "shared_memory", "shared memory" },
    [PART_OTHER] = { "other", "other, and heapctrs itself" },
};

const char *const memory_verdict_names[VERDICT_COUNT] = {
    [VERDICT_LEAK] = "leak",
    [VERDICT_SLACK] = "slack",
    [VERDICT_FRAGMENTATION] = "fragmentation",
    [VERDICT_THREAD_CACHES] = "thread-caches",
    [VERDICT_ARENAS] = "arenas",
    [VERDICT_MMAP] = "mmap",
    [VERDICT_HEALTHY] = "healthy",
    [VERDICT_UNKNOWN] = "unknown",
};

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t less(uint64_t from, uint64_t what)
{
    return from > what ? from - what : 0;
}

/* ---- parts --------------------------------------------------------------------------------- */

static bool is_known(const struct heap_figures *figures, enum region_figure figure)
{
    return (figures->known & 1u << figure) != 0;
}

/* Remove jemalloc's map of pages from its figures. jemalloc counts 2 MiB of it as resident for each GiB of
   addresses in which it has memory, but touches only 8 bytes for each page. Even a few MiB can lie in two
   GiB, because their place is random. */
static struct heap_figures touched_figures(const struct memory_sample *sample)
{
    struct heap_figures figures = sample->heap.figures;

    if (figures.allocator == ALLOCATOR_JEMALLOC) {
        const uint64_t map = JEMALLOC_MAP * least(figures.values[FIGURE_OVERHEAD] / JEMALLOC_MAP,
                                                  sample->kinds.mmap_gib);

        figures.values[FIGURE_OVERHEAD] -= map;
        figures.values[FIGURE_HELD] = less(figures.values[FIGURE_HELD], map);
    }
    return figures;
}

/* Resident bytes of the allocator. glibc's figure is address space: the heap of brk and further arenas are
   mappings that can be identified, and the rest are blocks that it mapped one by one. The allocator has
   grown since it was asked by about as much as the live blocks. */
static uint64_t allocator_resident(const struct memory_sample *sample,
                                   const struct heap_figures *figures, uint64_t anonymous)
{
    const struct memory_kinds *kinds = &sample->kinds;
    const uint64_t held =
        figures->values[FIGURE_HELD] + less(sample->heap.in_use_bytes, figures->live_bytes);

    if (figures->allocator != ALLOCATOR_GLIBC)
        return least(held, anonymous);
    return least(kinds->resident[MEMORY_HEAP] + kinds->resident[MEMORY_ARENA] +
                     less(held, kinds->size[MEMORY_HEAP] + kinds->size[MEMORY_ARENA]),
                 anonymous);
}

static void split(const struct memory_sample *sample, const struct heap_figures *figures,
                  uint64_t resident, struct memory_parts *parts)
{
    const uint64_t *values = figures->values;
    uint64_t rest = resident;

    parts->bytes[PART_LIVE] = least(sample->heap.in_use_bytes, rest);
    rest -= parts->bytes[PART_LIVE];
    parts->bytes[PART_OVERHEAD] = least(values[FIGURE_OVERHEAD], rest);
    rest -= parts->bytes[PART_OVERHEAD];
    parts->bytes[PART_CACHES] = least(values[FIGURE_CACHED], rest);
    rest -= parts->bytes[PART_CACHES];
    /* Free bytes that are not resident are whole pages. They cannot be given back again. */
    const uint64_t absent = less(values[FIGURE_FREE], rest);
    uint64_t releasable = less(values[FIGURE_RELEASABLE], absent);
    if (!parts->is_current && values[FIGURE_FREE] < rest)
        releasable += rest - values[FIGURE_FREE]; /* freed since; assume whole pages */
    parts->bytes[PART_SLACK] = least(releasable, rest);
    parts->bytes[PART_FRAGMENTATION] = rest - parts->bytes[PART_SLACK];
}

void memory_verdict_parts_of(const struct memory_sample *sample, struct memory_parts *parts)
{
    const struct memory_kinds *kinds = &sample->kinds;
    const struct heap_figures figures = touched_figures(sample);
    const uint64_t anonymous =
        kinds->resident[MEMORY_HEAP] + kinds->resident[MEMORY_ARENA] + kinds->resident[MEMORY_MMAP];
    uint64_t resident = least(sample->heap.in_use_bytes, anonymous);

    *parts = (struct memory_parts){ .total = kinds->total };
    parts->is_split = sample->has_heap && is_known(&figures, FIGURE_HELD);
    const uint64_t change = sample->heap.in_use_bytes > figures.live_bytes
                                ? sample->heap.in_use_bytes - figures.live_bytes
                                : figures.live_bytes - sample->heap.in_use_bytes;
    parts->is_current =
        parts->is_split && (change <= CURRENT_BYTES || change <= kinds->total / CURRENT_SHARE);
    if (parts->is_split) {
        resident = allocator_resident(sample, &figures, anonymous);
        split(sample, &figures, resident, parts);
        parts->not_resident = less(figures.values[FIGURE_HELD], resident);
    } else {
        parts->bytes[PART_LIVE] = resident;
    }
    const uint64_t own = least(figures.tracker_bytes, anonymous - resident);
    parts->bytes[PART_OUTSIDE] = anonymous - resident - own;
    parts->bytes[PART_STACKS] = kinds->resident[MEMORY_STACK];
    parts->bytes[PART_FILES] = kinds->resident[MEMORY_FILE];
    parts->bytes[PART_SHARED] = kinds->resident[MEMORY_SHARED];
    parts->bytes[PART_OTHER] = kinds->resident[MEMORY_OTHER] + kinds->resident[MEMORY_OWN] + own;
}

/* ---- words --------------------------------------------------------------------------------- */

__attribute__((format(printf, 2, 3))) static void reason(struct memory_explanation *explanation,
                                                         const char *format, ...)
{
    va_list arguments;

    if (explanation->reason_count == EXPLANATION_REASONS)
        return;
    va_start(arguments, format);
    vsnprintf(explanation->reasons[explanation->reason_count++], EXPLANATION_TEXT, format,
              arguments);
    va_end(arguments);
}

__attribute__((format(printf, 2, 3))) static void advise(struct memory_explanation *explanation,
                                                         const char *format, ...)
{
    va_list arguments;

    if (explanation->next_count == EXPLANATION_REASONS)
        return;
    va_start(arguments, format);
    vsnprintf(explanation->next[explanation->next_count++], EXPLANATION_TEXT, format, arguments);
    va_end(arguments);
}

static double mib(uint64_t bytes)
{
    return (double)bytes / (double)MIB;
}

static unsigned percent(uint64_t part, uint64_t whole)
{
    return whole ? (unsigned)((double)part * 100 / (double)whole + 0.5) : 0;
}

/* ---- growth -------------------------------------------------------------------------------- */

/* Whether the least value of each window is above that of the window before. */
static bool grows(const uint64_t values[], size_t count, uint64_t *growth)
{
    uint64_t before = 0, first = 0;

    *growth = 0;
    if (count < EXPLANATION_WINDOWS)
        return false;
    for (size_t window = 0; window < EXPLANATION_WINDOWS; window++) {
        const size_t from = count * window / EXPLANATION_WINDOWS;
        const size_t to = count * (window + 1) / EXPLANATION_WINDOWS;
        uint64_t smallest = values[from];

        for (size_t i = from + 1; i < to; i++)
            smallest = least(smallest, values[i]);
        if (window == 0)
            first = smallest;
        else if (smallest <= before)
            return false;
        before = smallest;
    }
    *growth = before - first;
    return true;
}

struct growths {
    uint64_t live, outside; /* 0: no growth like that of a leak */
};

/* Samples, the newest; chosen: growth over hours is seen, and the arrays stay small. */
#define MOST_SAMPLES 512

static void find_growth(const struct memory_sample samples[], size_t count, struct growths *found)
{
    static uint64_t live[MOST_SAMPLES], outside[MOST_SAMPLES];
    struct memory_parts parts;
    uint64_t growth;

    *found = (struct growths){ 0 };
    if (count > MOST_SAMPLES) {
        samples += count - MOST_SAMPLES;
        count = MOST_SAMPLES;
    }
    for (size_t i = 0; i < count; i++) {
        memory_verdict_parts_of(&samples[i], &parts);
        live[i] = samples[i].heap.in_use_bytes;
        outside[i] = parts.bytes[PART_OUTSIDE];
    }
    /* A heap that has been larger before only fills again. */
    const struct heap_totals *last = &samples[count - 1].heap;
    if (samples[0].has_heap && grows(live, count, &growth) && growth >= LEAST_GROWTH &&
        growth >= live[0] / GROWTH_SHARE &&
        last->in_use_bytes >= last->peak_bytes - last->peak_bytes / 20)
        found->live = growth;
    if (samples[0].has_kinds && grows(outside, count, &growth) && growth >= OUTSIDE_GROWTH &&
        growth >= outside[0] / GROWTH_SHARE)
        found->outside = growth;
}

/* ---- the verdict --------------------------------------------------------------------------- */

static void decide(struct memory_explanation *explanation, enum memory_verdict verdict,
                   bool is_sure)
{
    explanation->verdict = verdict;
    explanation->is_sure = is_sure;
}

static bool is_worth(uint64_t bytes, uint64_t total)
{
    return bytes >= LEAST_BYTES && bytes >= total / LEAST_SHARE;
}

static void explain_leak(struct memory_explanation *explanation, const struct growths *growths,
                         const struct memory_sample *last, uint32_t process_id)
{
    decide(explanation, VERDICT_LEAK, growths->live >= 4 * LEAST_GROWTH);
    snprintf(explanation->sentence, EXPLANATION_TEXT,
             "Live blocks grow: the program allocates more than it frees.");
    reason(explanation,
           "The least number of bytes in use was higher in each of %d parts of the "
           "interval, by %.1f MiB in all.",
           EXPLANATION_WINDOWS, mib(growths->live));
    reason(explanation,
           "%.1f MiB in %" PRIu64 " blocks are in use, and were never more than %.1f MiB.",
           mib(last->heap.in_use_bytes), last->heap.allocation_count - last->heap.free_count,
           mib(last->heap.peak_bytes));
    advise(explanation, "See who allocates: perfharness heaps profile %" PRIu32, process_id);
    advise(explanation,
           "With HEAPCTRS_PROFILE=1 from the start, perfharness heaps leaks shows each block.");
}

static void explain_mmap(struct memory_explanation *explanation, const struct growths *growths,
                         const struct memory_parts *parts)
{
    decide(explanation, VERDICT_MMAP, growths->outside >= 4 * OUTSIDE_GROWTH && parts->is_split);
    if (growths->outside) {
        snprintf(explanation->sentence, EXPLANATION_TEXT,
                 "Memory outside malloc grows: the program maps it itself.");
        reason(explanation,
               "Anonymous memory that malloc never saw grew by %.1f MiB in the interval.",
               mib(growths->outside));
    } else {
        snprintf(explanation->sentence, EXPLANATION_TEXT,
                 "Most of the memory is outside malloc: the program maps it itself.");
    }
    reason(explanation, "%.1f MiB are outside malloc, %u %% of what is resident.",
           mib(parts->bytes[PART_OUTSIDE]), percent(parts->bytes[PART_OUTSIDE], parts->total));
    advise(explanation,
           "Look for calls of mmap: strace -f -e trace=mmap,munmap, or the memory of a "
           "language's own runtime (V8, a JVM, Python's arenas).");
}

static void explain_caches(struct memory_explanation *explanation, const struct memory_parts *parts,
                           const struct heap_figures *figures)
{
    static const char *const settings[ALLOCATOR_COUNT] = {
        [ALLOCATOR_GLIBC] = "GLIBC_TUNABLES=glibc.malloc.tcache_count=0 (or a smaller number)",
        [ALLOCATOR_JEMALLOC] = "MALLOC_CONF=tcache:false, or a smaller lg_tcache_max",
        [ALLOCATOR_TCMALLOC] = "a smaller TCMALLOC_MAX_TOTAL_THREAD_CACHE_BYTES",
    };
    const char *setting = settings[figures->allocator];

    decide(explanation, VERDICT_THREAD_CACHES,
           parts->bytes[PART_CACHES] >= SURE_TIMES * LEAST_BYTES && parts->is_current);
    snprintf(explanation->sentence, EXPLANATION_TEXT, "Threads keep freed blocks in their caches.");
    reason(explanation,
           "%.1f MiB of freed blocks are in caches of threads, %u %% of what is resident%s.",
           mib(parts->bytes[PART_CACHES]), percent(parts->bytes[PART_CACHES], parts->total),
           figures->computed & 1u << FIGURE_CACHED ? " (computed)" : "");
    advise(explanation, "Limit the caches: %s.", setting ? setting : "see the allocator's manual");
    advise(explanation, "Fewer threads, or threads that end when they are idle.");
}

static void explain_free(struct memory_explanation *explanation, const struct memory_parts *parts,
                         const struct heap_figures *figures)
{
    const uint64_t slack = parts->bytes[PART_SLACK], holes = parts->bytes[PART_FRAGMENTATION];
    const uint64_t arenas = figures->values[FIGURE_ARENAS];
    const uint64_t elsewhere = figures->values[FIGURE_ELSEWHERE];
    const bool is_spread =
        arenas >= LEAST_ARENAS && elsewhere >= figures->values[FIGURE_FREE] / 10 * SPREAD_TENTHS;
    const bool is_sure = parts->is_current && is_worth((slack + holes) / SURE_TIMES, parts->total);

    reason(explanation,
           "The allocator holds %.1f MiB that are free, %u %% of what is resident; %.1f MiB of "
           "them are whole pages.",
           mib(slack + holes), percent(slack + holes, parts->total), mib(slack));
    if (is_spread) {
        decide(explanation, VERDICT_ARENAS, is_sure);
        snprintf(explanation->sentence, EXPLANATION_TEXT,
                 "Many arenas each hold free memory, which the others cannot use.");
        reason(explanation, "%" PRIu64 " arenas; %.1f MiB are free outside the one with most.",
               arenas, mib(elsewhere));
        advise(explanation, figures->allocator == ALLOCATOR_JEMALLOC
                                ? "Fewer arenas: MALLOC_CONF=narenas:2, or background_thread:true."
                                : "Fewer arenas: MALLOC_ARENA_MAX=2.");
    } else if (slack >= holes) {
        decide(explanation, VERDICT_SLACK, is_sure);
        snprintf(explanation->sentence, EXPLANATION_TEXT,
                 "The allocator holds free memory that it could give back.");
    } else {
        decide(explanation, VERDICT_FRAGMENTATION, is_sure);
        snprintf(explanation->sentence, EXPLANATION_TEXT,
                 "Free memory is scattered between live blocks and cannot be given back.");
        advise(explanation,
               "See which blocks live long: perfharness heaps top; allocate them apart from "
               "those that live shortly, or all from a pool.");
    }
    if (explanation->verdict != VERDICT_FRAGMENTATION && figures->allocator == ALLOCATOR_GLIBC)
        advise(explanation,
               "malloc_trim(0) gives whole free pages back (in gdb: call (int)malloc_trim(0)).");
    else if (figures->allocator == ALLOCATOR_JEMALLOC)
        advise(
            explanation,
            "MALLOC_CONF=background_thread:true,dirty_decay_ms:1000,muzzy_decay_ms:0 gives pages "
            "back sooner.");
    else if (figures->allocator == ALLOCATOR_TCMALLOC &&
             explanation->verdict != VERDICT_FRAGMENTATION)
        advise(
            explanation,
            "MallocExtension_ReleaseFreeMemory() gives pages back; TCMALLOC_RELEASE_RATE=10 does "
            "so by itself.");
    else if (figures->allocator == ALLOCATOR_MIMALLOC)
        advise(explanation, "mi_collect(true) in the threads that allocated gives pages back.");
}

static void explain_health(struct memory_explanation *explanation, const struct memory_parts *parts,
                           const struct heap_figures *figures)
{
    decide(explanation, VERDICT_HEALTHY, parts->is_current && figures->known);
    snprintf(explanation->sentence, EXPLANATION_TEXT,
             "Nothing grows, and the allocator holds little that is free.");
    reason(explanation,
           "Live blocks are %u %% of what is resident; %u %% are free in the allocator.",
           percent(parts->bytes[PART_LIVE], parts->total),
           percent(parts->bytes[PART_SLACK] + parts->bytes[PART_FRAGMENTATION] +
                       parts->bytes[PART_CACHES],
                   parts->total));
}

static int64_t change(uint64_t from, uint64_t to)
{
    return (int64_t)(to - from);
}

static uint64_t free_of(const struct memory_parts *parts)
{
    return parts->bytes[PART_SLACK] + parts->bytes[PART_FRAGMENTATION] + parts->bytes[PART_CACHES];
}

/* An idle program does not answer. If nothing happened since the allocator was asked, its figures are
   current, however old they are. */
static void explain_silence(struct memory_explanation *explanation,
                            const struct memory_sample *last)
{
    const struct heap_totals *heap = &last->heap;
    const uint64_t events = heap->allocation_count + heap->free_count + heap->reallocation_count;
    const uint64_t since = less(events, heap->figures.event_count);
    const double age_s = (double)last->figures_age_ms / 1000;

    if (since == 0) {
        reason(
            explanation,
            "The program is idle and did not answer: its allocator's figures are %.1f s old, and "
            "nothing was allocated or freed since.",
            age_s);
        return;
    }
    reason(
        explanation,
        "The program did not answer: its allocator's figures are %.1f s old, from before %" PRIu64
        " events; live bytes were %.1f MiB then, and are %.1f MiB.",
        age_s, since, mib(heap->figures.live_bytes), mib(heap->in_use_bytes));
    advise(explanation, "Let the program allocate, and ask again.");
}

void memory_verdict_explain(const struct memory_sample samples[], size_t count, uint32_t process_id,
                            struct memory_explanation *explanation)
{
    const struct memory_sample *last = &samples[count - 1];
    const struct heap_figures *figures = &last->heap.figures;
    const struct memory_parts *parts = &explanation->last;
    struct growths growths;

    *explanation = (struct memory_explanation){ .verdict = VERDICT_UNKNOWN };
    memory_verdict_parts_of(&samples[0], &explanation->first);
    memory_verdict_parts_of(last, &explanation->last);
    explanation->live_growth = change(samples[0].heap.in_use_bytes, last->heap.in_use_bytes);
    explanation->outside_growth =
        change(explanation->first.bytes[PART_OUTSIDE], parts->bytes[PART_OUTSIDE]);
    explanation->resident_growth = change(explanation->first.total, parts->total);
    explanation->free_growth = change(free_of(&explanation->first), free_of(parts));
    find_growth(samples, count, &growths);

    const uint64_t holes = parts->bytes[PART_SLACK] + parts->bytes[PART_FRAGMENTATION];
    const uint64_t caches = parts->bytes[PART_CACHES], outside = parts->bytes[PART_OUTSIDE];
    if (growths.live && growths.live >= growths.outside / 2) {
        explain_leak(explanation, &growths, last, process_id);
    } else if (growths.outside) {
        explain_mmap(explanation, &growths, parts);
    } else if (!last->has_kinds || !last->has_heap || !parts->is_split) {
        snprintf(explanation->sentence, EXPLANATION_TEXT,
                 "Whether the allocator holds free memory is not known.");
        reason(explanation, !last->has_heap
                                ? "The process publishes no heap of its malloc."
                                : "Its allocator has reported nothing yet, or nothing at all: a "
                                  "program that neither allocates nor frees does not answer.");
        advise(explanation, !last->has_heap
                                ? "Run the program under libheaptracker-preload.so (on Linux)."
                                : "Let the program allocate, and ask again.");
    } else if (is_worth(caches, parts->total) && caches >= holes) {
        explain_caches(explanation, parts, figures);
    } else if (is_worth(holes, parts->total)) {
        explain_free(explanation, parts, figures);
    } else if (outside >= LEAST_OUTSIDE && outside >= parts->total / 2) {
        explain_mmap(explanation, &growths, parts);
    } else {
        explain_health(explanation, parts, figures);
    }
    if (last->has_kinds && parts->is_split && !last->is_answered)
        explain_silence(explanation, last);
}
