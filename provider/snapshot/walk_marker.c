/* SPDX-License-Identifier: MIT
 *
 * Walk markers: PssWalkMarkerCreate, ...Free, ...GetPosition, ...SetPosition, ...SeekToBeginning
 * and PssWalkSnapshot. The memory of a marker, and every text that an entry points at, comes from
 * its PSS_ALLOCATOR on the calling thread. Only PssWalkMarkerFree frees it, so pointers in entries
 * are valid as long as the marker exists.
 */
#include "snapshot_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "keyed_hash.h"
#include "os.h"

/* A position is one word: the class + 1 in the three highest bits, the index in the others. 0 is
   the beginning, without a class. Rule: positions are opaque (PssWalkMarkerGetPosition). */
#define INDEX_BITS (sizeof(ULONG_PTR) * 8 - 3)
#define INDEX_MASK (((ULONG_PTR)1 << INDEX_BITS) - 1)

/* A text that entries point at, stored once for all equal texts; the units follow. The blocks form
   a tree by their hashes, with two bits for each level. Finding a text therefore needs no further
   allocation, and the memory grows only with the number of different texts, however often entries
   are walked. The names are another process's: without the marker's secret, it could choose names that
   make the tree a list. */
struct text_block {
    struct text_block *next; /* the list of all blocks, for freeing them */
    struct text_block *children[4];
    uint64_t hash;
    uint32_t length; /* units */
};

struct marker {
    uint32_t magic;
    ULONG_PTR position;
    /* The caller's structure, which is not copied and must exist as long as the marker. NULL: the
       process heap. Rule: PssWalkMarkerCreate. */
    const PSS_ALLOCATOR *allocator;
    PSS_ALLOCATOR as_created; /* its original content, compared in debug mode */
    struct text_block *texts; /* the head of the list */
    struct text_block *tree;  /* the root of the tree */
    struct keyed_hash secret; /* of the texts' hashes */
};

static void *WINAPI heap_allocate(void *context, DWORD size)
{
    (void)context;
    return malloc(size);
}

static void WINAPI heap_free(void *context, void *address)
{
    (void)context;
    free(address);
}

static const PSS_ALLOCATOR process_heap = { NULL, heap_allocate, heap_free };

static bool is_debugging(void)
{
    char value[8];

    return os_environment("HEAPCTRS_PSS_DEBUG", value, sizeof(value)) == ERROR_SUCCESS &&
           strcmp(value, "0") != 0;
}

/* The allocator for the next call. In debug mode (HEAPCTRS_PSS_DEBUG=1) a structure that has
   changed since PssWalkMarkerCreate is reported on stderr, and its original content is used.
   Otherwise the caller's structure is trusted, as Windows does. */
static const PSS_ALLOCATOR *allocator_of(const struct marker *marker)
{
    const PSS_ALLOCATOR *now = marker->allocator, *then = &marker->as_created;

    if (now != &process_heap && is_debugging() &&
        (now->Context != then->Context || now->AllocRoutine != then->AllocRoutine ||
         now->FreeRoutine != then->FreeRoutine)) {
        fprintf(stderr,
                "PssWalkMarker %p: its PSS_ALLOCATOR at %p has changed since the marker was "
                "created; keep the structure unchanged as long as the marker exists\n",
                (const void *)marker, (const void *)now);
        return then;
    }
    return now;
}

static struct marker *marker_from_handle(HPSSWALK handle)
{
    struct marker *marker = (struct marker *)handle;

    return marker && marker->magic == MARKER_MAGIC ? marker : NULL;
}

DWORD WINAPI PssWalkMarkerCreate(const PSS_ALLOCATOR *Allocator, HPSSWALK *WalkMarkerHandle)
{
    const struct snapshot_system *system = snapshot_system();
    const PSS_ALLOCATOR *allocator = Allocator ? Allocator : &process_heap;

    if (system)
        return system->marker_create(Allocator, WalkMarkerHandle);

    if (!WalkMarkerHandle)
        return ERROR_INVALID_PARAMETER;
    *WalkMarkerHandle = NULL;
    if (!allocator->AllocRoutine || !allocator->FreeRoutine)
        return ERROR_INVALID_PARAMETER;
    struct marker *marker = allocator->AllocRoutine(allocator->Context, sizeof(*marker));
    if (!marker)
        return ERROR_NOT_ENOUGH_MEMORY;
    memset(marker, 0, sizeof(*marker));
    marker->magic = MARKER_MAGIC;
    marker->allocator = allocator;
    marker->as_created = *allocator;
    os_random(&marker->secret, sizeof(marker->secret));
    /* Rule: FreeRoutine accepts NULL. This call finds a routine that does not. */
    if (is_debugging())
        allocator->FreeRoutine(allocator->Context, NULL);
    *WalkMarkerHandle = (HPSSWALK)marker;
    return ERROR_SUCCESS;
}

DWORD WINAPI PssWalkMarkerFree(HPSSWALK WalkMarkerHandle)
{
    const struct snapshot_system *system = snapshot_system();

    if (system)
        return system->marker_free(WalkMarkerHandle);

    struct marker *marker = marker_from_handle(WalkMarkerHandle);
    if (!marker)
        return ERROR_INVALID_HANDLE;
    /* The routines are copied first, because the result of allocator_of may be in the marker
       itself. */
    PSS_ALLOCATOR allocator = *allocator_of(marker);
    while (marker->texts) {
        struct text_block *text = marker->texts;
        marker->texts = text->next;
        allocator.FreeRoutine(allocator.Context, text);
    }
    marker->magic = 0;
    allocator.FreeRoutine(allocator.Context, marker);
    return ERROR_SUCCESS;
}

DWORD WINAPI PssWalkMarkerGetPosition(HPSSWALK WalkMarkerHandle, ULONG_PTR *Position)
{
    const struct snapshot_system *system = snapshot_system();

    if (system)
        return system->marker_get_position(WalkMarkerHandle, Position);

    struct marker *marker = marker_from_handle(WalkMarkerHandle);
    if (!marker)
        return ERROR_INVALID_HANDLE;
    if (!Position)
        return ERROR_INVALID_PARAMETER;
    *Position = marker->position;
    return ERROR_SUCCESS;
}

DWORD WINAPI PssWalkMarkerSetPosition(HPSSWALK WalkMarkerHandle, ULONG_PTR Position)
{
    const struct snapshot_system *system = snapshot_system();

    if (system)
        return system->marker_set_position(WalkMarkerHandle, Position);

    struct marker *marker = marker_from_handle(WalkMarkerHandle);
    if (!marker)
        return ERROR_INVALID_HANDLE;
    /* Classes 0 to 3 are stored as 1 to 4. The beginning has no index. The next walk checks whether
       the index is past the end, because a marker is not bound to a snapshot. */
    ULONG_PTR class_bits = Position >> INDEX_BITS;
    if (class_bits > PSS_WALK_THREADS + 1 || (class_bits == 0 && Position != 0))
        return ERROR_INVALID_PARAMETER;
    marker->position = Position;
    return ERROR_SUCCESS;
}

DWORD WINAPI PssWalkMarkerSeekToBeginning(HPSSWALK WalkMarkerHandle)
{
    const struct snapshot_system *system = snapshot_system();

    if (system)
        return system->marker_seek_to_beginning(WalkMarkerHandle);

    struct marker *marker = marker_from_handle(WalkMarkerHandle);
    if (!marker)
        return ERROR_INVALID_HANDLE;
    marker->position = 0;
    return ERROR_SUCCESS;
}

/* The place of an equal text in the tree, or the place to insert it. */
static struct text_block **find_text(struct marker *marker, const WCHAR *text, uint32_t length,
                                     uint64_t hash)
{
    struct text_block **place = &marker->tree;

    for (uint64_t bits = hash; *place; bits >>= 2) {
        const struct text_block *block = *place;
        if (block->hash == hash && block->length == length &&
            memcmp(block + 1, text, length * sizeof(WCHAR)) == 0)
            break;
        place = &(*place)->children[bits & 3];
    }
    return place;
}

/* Store a text in memory of the marker. *result is NULL if there is no text. */
static DWORD hand_out_text(struct marker *marker, const struct snapshot *snapshot,
                           struct snapshot_text text, WORD *length, const WCHAR **result)
{
    const WCHAR *units = (const WCHAR *)snapshot->texts.elements + text.offset;
    size_t bytes = text.length * sizeof(WCHAR);

    *length = 0;
    *result = NULL;
    if (text.length == 0)
        return ERROR_SUCCESS;
    const uint64_t hash = keyed_hash_of(&marker->secret, units, bytes);
    struct text_block **place = find_text(marker, units, text.length, hash);
    if (!*place) {
        const PSS_ALLOCATOR *allocator = allocator_of(marker);
        struct text_block *block = allocator->AllocRoutine(
            allocator->Context, (DWORD)(sizeof(*block) + bytes + sizeof(WCHAR)));
        if (!block)
            return ERROR_NOT_ENOUGH_MEMORY;
        *block = (struct text_block){ .next = marker->texts, .hash = hash, .length = text.length };
        memcpy(block + 1, units, bytes + sizeof(WCHAR));
        marker->texts = block;
        *place = block;
    }
    *length = (WORD)bytes;
    *result = (const WCHAR *)(*place + 1);
    return ERROR_SUCCESS;
}

static DWORD copy_region(struct marker *marker, const struct snapshot *snapshot, size_t index,
                         void *buffer)
{
    const struct snapshot_region *region =
        (const struct snapshot_region *)snapshot->regions.elements + index;
    PSS_VA_SPACE_ENTRY entry = region->entry;
    DWORD error = hand_out_text(marker, snapshot, region->file_name, &entry.MappedFileNameLength,
                                &entry.MappedFileName);

    if (!error)
        memcpy(buffer, &entry, sizeof(entry));
    return error;
}

static DWORD copy_handle(struct marker *marker, const struct snapshot *snapshot, size_t index,
                         void *buffer)
{
    const struct snapshot_handle *handle =
        (const struct snapshot_handle *)snapshot->handles.elements + index;
    PSS_HANDLE_ENTRY entry = handle->entry;
    DWORD error =
        hand_out_text(marker, snapshot, handle->type_name, &entry.TypeNameLength, &entry.TypeName);

    if (error)
        return error;
    error = hand_out_text(marker, snapshot, handle->object_name, &entry.ObjectNameLength,
                          &entry.ObjectName);
    if (error)
        return error;
    memcpy(buffer, &entry, sizeof(entry));
    return ERROR_SUCCESS;
}

static DWORD copy_thread(struct marker *marker, const struct snapshot *snapshot, size_t index,
                         void *buffer)
{
    (void)marker;
    memcpy(buffer, &((const struct snapshot_thread *)snapshot->threads.elements + index)->entry,
           sizeof(PSS_THREAD_ENTRY));
    return ERROR_SUCCESS;
}

/* The classes of PssWalkSnapshot. Auxiliary pages belong to a VA clone, which the emulation never
   makes. */
static const struct walk_class {
    DWORD captured_by; /* flag */
    DWORD entry_size;
    size_t array; /* offset in struct snapshot */
    DWORD (*copy)(struct marker *, const struct snapshot *, size_t, void *);
} walk_classes[] = {
    [PSS_WALK_AUXILIARY_PAGES] = { 0, sizeof(PSS_AUXILIARY_PAGE_ENTRY), 0, NULL },
    [PSS_WALK_VA_SPACE] = { PSS_CAPTURE_VA_SPACE, sizeof(PSS_VA_SPACE_ENTRY),
                            offsetof(struct snapshot, regions), copy_region },
    [PSS_WALK_HANDLES] = { PSS_CAPTURE_HANDLES, sizeof(PSS_HANDLE_ENTRY),
                           offsetof(struct snapshot, handles), copy_handle },
    [PSS_WALK_THREADS] = { PSS_CAPTURE_THREADS, sizeof(PSS_THREAD_ENTRY),
                           offsetof(struct snapshot, threads), copy_thread },
};

/* The order of the checks is: handles, class, captured, length. The documentation defines none. */
DWORD WINAPI PssWalkSnapshot(HPSS SnapshotHandle, PSS_WALK_INFORMATION_CLASS InformationClass,
                             HPSSWALK WalkMarkerHandle, void *Buffer, DWORD BufferLength)
{
    const struct snapshot_system *system = snapshot_system();

    if (system)
        return system->walk(SnapshotHandle, InformationClass, WalkMarkerHandle, Buffer,
                            BufferLength);

    struct snapshot *snapshot = snapshot_from_handle(SnapshotHandle);
    struct marker *marker = marker_from_handle(WalkMarkerHandle);
    if (!snapshot || !marker)
        return ERROR_INVALID_HANDLE;
    if ((DWORD)InformationClass >= sizeof(walk_classes) / sizeof(walk_classes[0]))
        return ERROR_INVALID_PARAMETER;
    const struct walk_class *walk = &walk_classes[InformationClass];
    if (!(snapshot->flags & walk->captured_by))
        return ERROR_NOT_FOUND;
    if (Buffer && BufferLength != walk->entry_size)
        return ERROR_BAD_LENGTH;

    /* A walk of another class begins at its first entry. Rule: Vanara's tests, seen on Windows: one
       marker walks regions, then handles, without PssWalkMarkerSeekToBeginning. */
    ULONG_PTR class_bits = (ULONG_PTR)InformationClass + 1;
    bool is_same_class = marker->position >> INDEX_BITS == class_bits;
    size_t index = is_same_class ? marker->position & INDEX_MASK : 0;
    const struct snapshot_array *array =
        (const struct snapshot_array *)((const char *)snapshot + walk->array);
    if (index >= array->count)
        return ERROR_NO_MORE_ITEMS;
    if (!Buffer)
        return ERROR_MORE_DATA;
    DWORD error = walk->copy(marker, snapshot, index, Buffer);
    if (!error)
        marker->position = class_bits << INDEX_BITS | (ULONG_PTR)(index + 1);
    return error;
}
