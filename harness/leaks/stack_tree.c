/* SPDX-License-Identifier: MIT
 *
 * Adds stack after stack to the tree, from the outermost function inwards: see stack_tree.h.
 */
#include "stack_tree.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "leak_stack.h"
#include "number_map.h"
#include "text.h"
#include "text_map.h"

#define NAME_SIZE 300u /* bytes of a place's name; chosen */

struct builder {
    struct stack_tree *tree;
    size_t capacity;           /* of the frames */
    struct text_map names;     /* the items are the copies */
    struct number_map callees; /* of (parent, number of the name): position of the frame */
    struct number_map numbers; /* of names by their address */
};

/* The one copy of a name; NULL if there is no memory. */
static const char *name_of(struct builder *builder, const char *text)
{
    struct stack_tree *const tree = builder->tree;
    const struct span wanted = { (const BYTE *)text, strlen(text) };
    const char *known = text_map_find(&builder->names, wanted);

    if (known)
        return known;
    char **names =
        array_reserve(tree->names, &tree->name_capacity, tree->name_count + 1, sizeof(*names));
    if (!names)
        return NULL;
    tree->names = names;
    char *const copy = text_utf8_copy(text);
    if (!copy)
        return NULL;
    names[tree->name_count++] = copy;
    return text_map_add(&builder->names, (struct span){ (const BYTE *)copy, wanted.size }, copy);
}

/* The position of a function called by another; SIZE_MAX if there is no memory. */
static size_t callee_of(struct builder *builder, size_t parent, const char *text)
{
    struct report_flame *const flame = &builder->tree->flame;
    const char *const name = name_of(builder, text);
    bool is_new = false;

    if (!name)
        return SIZE_MAX;
    uint64_t *const number = number_map_at(&builder->numbers, (uint64_t)(uintptr_t)name, &is_new);
    if (!number)
        return SIZE_MAX;
    if (is_new)
        *number = builder->numbers.count;
    uint64_t *const place =
        number_map_at(&builder->callees, (uint64_t)parent << 32 | *number, &is_new);
    if (!place)
        return SIZE_MAX;
    if (!is_new)
        return (size_t)*place;
    struct report_frame *frames =
        array_reserve(flame->frames, &builder->capacity, flame->count + 1, sizeof(*frames));
    if (!frames)
        return SIZE_MAX;
    flame->frames = frames;
    frames[flame->count] = (struct report_frame){ .parent = (uint32_t)parent, .name = name };
    *place = flame->count;
    return flame->count++;
}

static bool add_stack(struct builder *builder, const struct leak_site *site,
                      const struct leak_snapshot *snapshot)
{
    struct report_flame *const flame = &builder->tree->flame;
    const struct leak_stack stack = leak_stack_of(snapshot, site, false);
    char name[NAME_SIZE];
    size_t at = 0;

    flame->frames[0].live += site->bytes;
    flame->frames[0].allocated += site->allocated_bytes;
    for (size_t k = stack.end; k-- > stack.first;) {
        leak_stack_function(snapshot, leak_site_place(site, k), name, sizeof(name));
        at = callee_of(builder, at, name);
        if (at == SIZE_MAX)
            return false;
        flame->frames[at].live += site->bytes;
        flame->frames[at].allocated += site->allocated_bytes;
    }
    return true;
}

/* Whether a frame has at least 1 / `parts` of everything. */
static bool is_large(const struct report_flame *flame, size_t index, uint64_t parts)
{
    const struct report_frame *frame = &flame->frames[index], *all = &flame->frames[0];

    return (frame->live && frame->live >= all->live / parts) ||
           (frame->allocated && frame->allocated >= all->allocated / parts);
}

/* Leave out the smallest frames until the others fit. A frame is never larger than its parent, so a frame
   that is kept keeps its parents. */
static bool shrink(struct report_flame *flame)
{
    uint64_t parts = 20000;
    size_t kept;
    uint32_t *const places = calloc(flame->count, sizeof(*places));

    if (!places)
        return false;
    for (;; parts /= 2) {
        kept = 1;
        for (size_t i = 1; i < flame->count; i++)
            kept += is_large(flame, i, parts);
        if (kept <= STACK_TREE_FRAMES || parts <= 2)
            break;
    }
    const struct report_frame all = flame->frames[0];
    kept = 1;
    for (size_t i = 1; i < flame->count; i++) {
        const struct report_frame *frame = &flame->frames[i];
        /* Frames are compared with the root, which keeps its place. */
        if (is_large(flame, i, parts) && kept < STACK_TREE_FRAMES) {
            places[i] = (uint32_t)kept;
            flame->frames[kept] = *frame;
            flame->frames[kept].parent = places[frame->parent];
            kept++;
        } else if (frame->parent == 0 || places[frame->parent]) {
            flame->left_out += frame->live;
        }
    }
    flame->frames[0] = all;
    flame->count = kept;
    free(places);
    return true;
}

bool stack_tree_build(struct stack_tree *tree, const struct leak_snapshot *snapshot)
{
    struct builder builder = { .tree = tree };

    tree->flame.title = snapshot->heap;
    tree->flame.rate = snapshot->rate;
    bool is_complete = callee_of(&builder, UINT32_MAX, "all") == 0;
    if (is_complete)
        tree->flame.frames[0].parent = 0;
    for (size_t i = 0; is_complete && i < snapshot->site_count; i++)
        is_complete = add_stack(&builder, &snapshot->sites[i], snapshot);
    is_complete = is_complete && shrink(&tree->flame);
    text_map_release(&builder.names);
    number_map_release(&builder.callees);
    number_map_release(&builder.numbers);
    return is_complete;
}

void stack_tree_release(struct stack_tree *tree)
{
    for (size_t i = 0; i < tree->name_count; i++)
        free(tree->names[i]);
    free(tree->names);
    free(tree->flame.frames);
    memset(tree, 0, sizeof(*tree));
}
