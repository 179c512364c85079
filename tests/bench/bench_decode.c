/* SPDX-License-Identifier: MIT
 *
 * Reading a data block of 10,000 instances, as the provider writes it, compared with one read of
 * each of its bytes; cooking two blocks; and writing one as metrics. On one core.
 *
 *     bench_decode [--json] [INSTANCES]        default 10000
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench_result.h"
#include "decoder.h"
#include "format_writers.h"
#include "winperf.h"

enum { COUNTERS = 22, ROUNDS = 41, MORE_PASSES = 4, NAME_SIZE = 96 };

/* The counters of the object "Custom Heap": totals that become rates, sizes, pairs with a base. */
static const DWORD types[COUNTERS] = {
    PERF_COUNTER_LARGE_RAWCOUNT, PERF_COUNTER_LARGE_RAWCOUNT, PERF_COUNTER_LARGE_RAWCOUNT,
    PERF_COUNTER_BULK_COUNT,     PERF_COUNTER_BULK_COUNT,     PERF_COUNTER_BULK_COUNT,
    PERF_COUNTER_BULK_COUNT,     PERF_COUNTER_BULK_COUNT,     PERF_AVERAGE_BULK,
    PERF_AVERAGE_BASE,           PERF_COUNTER_LARGE_RAWCOUNT, PERF_COUNTER_BULK_COUNT,
    PERF_COUNTER_LARGE_RAWCOUNT, PERF_COUNTER_LARGE_RAWCOUNT, PERF_LARGE_RAW_FRACTION,
    PERF_LARGE_RAW_BASE,         PERF_COUNTER_LARGE_RAWCOUNT, PERF_COUNTER_LARGE_RAWCOUNT,
    PERF_COUNTER_LARGE_RAWCOUNT, PERF_COUNTER_LARGE_RAWCOUNT, PERF_ELAPSED_TIME,
    PERF_COUNTER_RAWCOUNT,
};

static double now_ns(void)
{
    struct timespec time;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time); /* counts one core, whatever else runs */
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static DWORD size_of_type(DWORD type)
{
    return (type & 0x300) == PERF_SIZE_LARGE ? 8 : 4;
}

/* Write one instance at `at`. Returns its end. */
static unsigned char *put_instance(unsigned char *at, unsigned number, unsigned sample)
{
    PERF_INSTANCE_DEFINITION instance;
    DWORD block_size = 8 + 8 * COUNTERS;
    uint16_t name[NAME_SIZE] = { 0 };
    char text[NAME_SIZE];
    DWORD length = (DWORD)snprintf(text, sizeof(text), "application:%u:Engine::Pool %u",
                                   1000 + number / 16, number);

    for (DWORD i = 0; i <= length; i++)
        name[i] = (uint16_t)text[i];
    memset(&instance, 0, sizeof(instance));
    instance.ByteLength = (DWORD)(sizeof(instance) + 2 * (length + 1) + 7) & ~7u;
    instance.UniqueID = PERF_NO_UNIQUE_ID;
    instance.NameOffset = sizeof(instance);
    instance.NameLength = 2 * (length + 1);
    memcpy(at, &instance, sizeof(instance));
    memcpy(at + sizeof(instance), name, instance.NameLength);
    at += instance.ByteLength;
    memcpy(at, &block_size, sizeof(block_size));
    for (unsigned i = 0; i < COUNTERS; i++) {
        uint64_t value = (uint64_t)(number + 1) * (1000 + i) + sample * (uint64_t)(i + 7) * 100;
        memcpy(at + 8 + 8 * i, &value, size_of_type(types[i]));
    }
    return at + block_size;
}

/* A PERF_DATA_BLOCK with one object. */
static struct span make_sample(unsigned instance_count, unsigned sample)
{
    size_t space =
        1024 + 40 * COUNTERS + (size_t)instance_count * (24 + 2 * NAME_SIZE + 16 + 8 * COUNTERS);
    unsigned char *data = calloc(1, space), *at = data + sizeof(PERF_DATA_BLOCK);
    PERF_DATA_BLOCK block;
    PERF_OBJECT_TYPE object;

    memset(&block, 0, sizeof(block));
    memcpy(block.Signature, TEXT16("PERF"), 8);
    block.LittleEndian = 1;
    block.Version = block.Revision = 1;
    block.HeaderLength = sizeof(block);
    block.NumObjectTypes = 1;
    block.SystemTime.wYear = 2026;
    block.SystemTime.wMonth = block.SystemTime.wDay = 1;
    block.PerfFreq.QuadPart = 1000000000;
    block.PerfTime.QuadPart = 1000000000 + (int64_t)sample * 500000000;
    block.PerfTime100nSec.QuadPart = 10000000 + sample * 5000000;

    memset(&object, 0, sizeof(object));
    object.HeaderLength = sizeof(object);
    object.DefinitionLength = sizeof(object) + COUNTERS * sizeof(PERF_COUNTER_DEFINITION);
    object.ObjectNameTitleIndex = 1848;
    object.ObjectHelpTitleIndex = 1849;
    object.DetailLevel = PERF_DETAIL_NOVICE;
    object.NumCounters = COUNTERS;
    object.NumInstances = (LONG)instance_count;
    object.PerfTime.QuadPart = INT64_MAX / 2;
    object.PerfFreq.QuadPart = 1000000000;
    unsigned char *object_at = at;
    at += sizeof(object);
    for (unsigned i = 0; i < COUNTERS; i++) {
        PERF_COUNTER_DEFINITION counter;
        memset(&counter, 0, sizeof(counter));
        counter.ByteLength = sizeof(counter);
        counter.CounterNameTitleIndex = 1850 + 2 * i;
        counter.CounterHelpTitleIndex = 1851 + 2 * i;
        counter.DetailLevel = PERF_DETAIL_NOVICE;
        counter.CounterType = types[i];
        counter.CounterSize = size_of_type(types[i]);
        counter.CounterOffset = 8 + 8 * i;
        memcpy(at, &counter, sizeof(counter));
        at += sizeof(counter);
    }
    for (unsigned i = 0; i < instance_count; i++)
        at = put_instance(at, i, sample);
    object.TotalByteLength = (DWORD)(at - object_at);
    memcpy(object_at, &object, sizeof(object));
    block.TotalByteLength = (DWORD)(at - data);
    memcpy(data, &block, sizeof(block));
    return (struct span){ data, (size_t)(at - data) };
}

/* ---- the measured functions ----------------------------------------------------------------- */

static volatile uint64_t sink;
static volatile double cooked_sink;

/* The limit: a reader of a blob reads each of its bytes once. */
static size_t look(struct span newer, struct span older)
{
    uint64_t sum = 0, word;

    (void)older;
    for (size_t i = 0; i + 8 <= newer.size; i += 8) {
        memcpy(&word, newer.data + i, 8);
        sum += word;
    }
    sink = sum;
    return 0;
}

/* Walk over the structure only, and check every length. */
static size_t walk(struct span newer, struct span older)
{
    (void)older;
    sink = decoder_check(newer, NULL, NULL);
    return sink == 0;
}

/* Decode everything, and take each instance's values `passes` times. The difference between two
   numbers of passes is the cost of taking the values. */
static size_t decode(struct span newer, struct span older, bool cooks, unsigned passes)
{
    struct decoder_input input = { .newer = newer, .older = older };
    const struct decoded_object *object;
    struct decoder *decoder;
    uint64_t sum = 0, value;
    double cooked, cooked_sum = 0;
    size_t count = 0;

    if (decoder_open(&decoder, &input))
        return 0;
    while ((object = decoder_next_object(decoder)))
        while (decoder_next_instance(decoder))
            for (unsigned pass = 0; pass < passes; pass++)
                for (size_t i = 0; i < object->counter_count; i++) {
                    if (cooks && decoder_cook(decoder, i, &cooked)) {
                        count++;
                        cooked_sum += cooked;
                    } else if (!cooks && decoder_raw(decoder, i, &value)) {
                        count++;
                        sum += value;
                    }
                }
    decoder_close(decoder);
    sink = sum;
    cooked_sink = cooked_sum;
    return count;
}

/* Decode names, bases and every raw value, and distinguish equal names. */
static size_t decode_raw(struct span newer, struct span older)
{
    (void)older;
    return decode(newer, (struct span){ 0 }, false, 1);
}

/* The same, and find each instance in the earlier sample. */
static size_t decode_pair(struct span newer, struct span older)
{
    return decode(newer, older, false, 1);
}

static size_t cook_pair(struct span newer, struct span older)
{
    return decode(newer, older, true, 1);
}

static size_t cook_pair_often(struct span newer, struct span older)
{
    return decode(newer, older, true, 1 + MORE_PASSES);
}

/* Write what a scrape of serve consists of. Returns the number of lines that are samples. */
static size_t write_metrics(struct span newer, struct span older)
{
    const struct decoder_input input = { .newer = newer };
    const struct format_options options = { 0 };
    struct output output = { 0 };
    size_t count = 0;

    (void)older;
    if (!format_openmetrics_write(&output, &input, &options))
        for (const char *line = output.data; line && *line; line = strchr(line, '\n') + 1)
            count += *line != '#';
    sink = output.size;
    output_release(&output);
    return count;
}

int main(int argc, char *argv[])
{
    static const struct {
        const char *name, *meaning;
        size_t (*act)(struct span, struct span);
    } steps[] = {
        { "look at every byte", "the physical limit: a reader must", look },
        { "walk its structure", "each length against what encloses it", walk },
        { "decode: names and raw values", "", decode_raw },
        { "decode two samples", "each instance found in the earlier one", decode_pair },
        { "decode two samples and cook", "", cook_pair },
        { "the same, cooked five times", "", cook_pair_often },
        { "write as OpenMetrics", "a scrape without HTTP", write_metrics },
    };
    enum { LOOK, WALK, DECODE, PAIR, COOK, OFTEN, METRICS, STEPS };
    const int at = argc > 1 && !strcmp(argv[1], "--json") ? 2 : 1;
    const unsigned instances = argc > at ? (unsigned)strtoul(argv[at], NULL, 10) : 10000;
    static double times[STEPS][ROUNDS], more[ROUNDS];
    struct span older, newer;
    double ns[STEPS];
    size_t counts[STEPS];
    char about[160];

    if (instances == 0 || instances > 1000000) {
        fprintf(stderr, "usage: bench_decode [--json] [INSTANCES]\n");
        return 2;
    }
    older = make_sample(instances, 0);
    newer = make_sample(instances, 1);
    snprintf(about, sizeof(about),
             "Reading a data block of %u instances, %zu bytes, %d counters each, on one core",
             instances, newer.size, COUNTERS);
    bench_begin(argc, argv, "decode", about);
    /* The functions alternate, so that other load on the machine affects all of them alike. */
    for (int round = -2; round < ROUNDS; round++) {
        const int into = round < 0 ? 0 : round;
        for (int i = 0; i < STEPS; i++) {
            const double start = now_ns();
            counts[i] = steps[i].act(newer, older);
            times[i][into] = now_ns() - start;
        }
        more[into] = times[OFTEN][into] - times[COOK][into];
    }
    for (int i = 0; i < STEPS; i++) {
        ns[i] = bench_median(times[i], ROUNDS);
        bench_figure(steps[i].name, ns[i] / 1e3, "us", 0, steps[i].meaning, "");
    }
    bench_figure("decoding and walking, a byte", ns[DECODE] / (double)newer.size, "ns", 1,
                 "1 GB/s, a tenth of what memory gives",
                 "names become UTF-8 and are hashed, so that equal ones are distinguished");
    bench_figure("a line of OpenMetrics", ns[METRICS] / (double)counts[METRICS], "ns", 2000,
                 "50,000 samples, which are 3,000 heaps, in a tenth of a second",
                 "labels are escaped, numbers printed, and each line is copied once");
    bench_figure("cooking, a counter",
                 bench_median(more, ROUNDS) / (double)(counts[OFTEN] - counts[COOK]), "ns", 20,
                 "50 million a second: a division takes a quarter of that",
                 "both raw values bounded by their blocks, a formula by type");
    bench_figure("cooking with both samples' decoding, a counter", ns[COOK] / (double)counts[COOK],
                 "ns", 0, "as a consumer meets it", "");
    free((void *)(uintptr_t)older.data);
    free((void *)(uintptr_t)newer.data);

    const int status = bench_end();

    return counts[DECODE] == (size_t)instances * COUNTERS && counts[WALK] == 1 ? status : 2;
}
