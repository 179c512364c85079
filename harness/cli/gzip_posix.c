/* SPDX-License-Identifier: MIT
 *
 * gzip.h by libz.so.1.
 */
#include "gzip.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <zlib.h>

#define LIBRARY "libz.so.1"
#define GZIP_WINDOW (15 + 16) /* Rule: zlib.h, deflateInit2: 16 is added for a gzip header */
#define MEMORY_LEVEL 8        /* zlib's default */

static struct {
    __typeof__(deflateInit2_) *init;
    __typeof__(deflateBound) *bound;
    __typeof__(deflate) *deflate;
    __typeof__(deflateEnd) *end;
} zlib;

static pthread_once_t is_loaded = PTHREAD_ONCE_INIT;

static void load(void)
{
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

    if (!library)
        return;
    zlib.init = (__typeof__(zlib.init))(uintptr_t)dlsym(library, "deflateInit2_");
    zlib.bound = (__typeof__(zlib.bound))(uintptr_t)dlsym(library, "deflateBound");
    zlib.deflate = (__typeof__(zlib.deflate))(uintptr_t)dlsym(library, "deflate");
    zlib.end = (__typeof__(zlib.end))(uintptr_t)dlsym(library, "deflateEnd");
}

bool gzip_pack(const struct output *plain, struct output *packed)
{
    z_stream stream;
    char *bytes;
    size_t capacity;
    bool is_packed;

    pthread_once(&is_loaded, load);
    if (!zlib.init || !zlib.bound || !zlib.deflate || !zlib.end || plain->size > UINT32_MAX / 2)
        return false;
    memset(&stream, 0, sizeof(stream));
    /* Metrics shrink to a twentieth at the fastest level; better levels take three times as
       long. */
    if (zlib.init(&stream, Z_BEST_SPEED, Z_DEFLATED, GZIP_WINDOW, MEMORY_LEVEL, Z_DEFAULT_STRATEGY,
                  ZLIB_VERSION, (int)sizeof(stream)) != Z_OK)
        return false;
    capacity = zlib.bound(&stream, (uLong)plain->size);
    bytes = output_reserve(packed, capacity);
    stream.next_in = (Bytef *)(uintptr_t)plain->data;
    stream.avail_in = (uInt)plain->size;
    stream.next_out = (Bytef *)bytes;
    stream.avail_out = (uInt)capacity;
    is_packed = bytes && zlib.deflate(&stream, Z_FINISH) == Z_STREAM_END;
    if (is_packed)
        output_took(packed, (size_t)stream.total_out);
    zlib.end(&stream);
    if (!is_packed)
        output_release(packed);
    return is_packed;
}
