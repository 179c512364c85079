/* SPDX-License-Identifier: MIT
 *
 * Knows the functions that are left out: see leak_stack.h.
 */
#include "leak_stack.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

/* Functions of the C library, and wrappers of malloc that many programs have under the same names. */
static const char *const allocating_functions[] = {
    "malloc",
    "calloc",
    "realloc",
    "reallocarray",
    "memalign",
    "aligned_alloc",
    "posix_memalign",
    "valloc",
    "pvalloc",
    "strdup",
    "strndup",
    "__strdup",
    "__strndup",
    "__GI___strdup",
    "__GI___strndup",
    "_Znwm",
    "_Znam",
    "_ZnwmSt11align_val_t",
    "_ZnamSt11align_val_t",
    "_ZnwmRKSt9nothrow_t",
    "_ZnamRKSt9nothrow_t",
    "xmalloc",
    "xcalloc",
    "xzalloc",
    "xrealloc",
    "xreallocarray",
    "xstrdup",
    "xstrndup",
    "xmemdup",
    "g_malloc",
    "g_malloc0",
    "g_malloc_n",
    "g_malloc0_n",
    "g_realloc",
    "g_realloc_n",
    "g_try_malloc",
    "g_try_realloc",
    "g_slice_alloc",
    "g_slice_alloc0",
    "g_strdup",
    "g_strndup",
    "g_memdup",
    "g_memdup2",
    "CRYPTO_malloc",
    "CRYPTO_zalloc",
    "CRYPTO_realloc",
    "apr_palloc",
    "apr_pcalloc",
};

/* Beginnings of classes of the C++ library that only allocate. */
static const char *const allocating_classes[] = {
    "std::allocator<",           "std::__new_allocator<",
    "std::allocator_traits<",    "std::_Vector_base<",
    "std::_Deque_base<",         "std::__detail::_Hashtable_alloc<",
    "std::__allocated_ptr",      "std::__allocate_guarded<",
    "__gnu_cxx::new_allocator<", "__gnu_cxx::__alloc_traits<",
};

/* Parts of names of the C++ library's functions that only allocate. */
static const char *const allocating_parts[] = {
    "::_M_allocate", "::_M_create(", "::_M_get_node", "::_M_create_node", "::allocate(",
};

static const char *const starting_functions[] = {
    "_start",
    "__libc_start_main",
    "__libc_start_main_impl",
    "__libc_start_call_main",
    "start_thread",
    "clone",
    "clone3",
    "__clone3",
    "__clone",
    "thread_start",
    "__GI___clone3",
};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

size_t leak_stack_name_length(const char *symbol, const char **file)
{
    const char *bracket = strrchr(symbol, '(');
    const bool has_file =
        bracket && bracket > symbol && bracket[-1] == ' ' && strchr(bracket, ':') != NULL;

    if (file)
        *file = has_file ? bracket + 1 : NULL;
    return has_file ? (size_t)(bracket - symbol) - 1 : strlen(symbol);
}

#define LONG_NAME 100u /* characters; chosen, about a line */

/* Replace the text between the outermost brackets of one kind with "...". "operator<" and "operator->" have
   no brackets, and "(anonymous namespace)" is no list of arguments. */
static void leave_out(char *name, char open, char close)
{
    static const char namespace[] = "(anonymous namespace)";
    const size_t length = sizeof(namespace) - 1;
    const char *begin = NULL; /* after the outermost bracket that is open */
    unsigned depth = 0;
    char *to = name;

    for (const char *from = name; *from; from++) {
        if (depth == 0 && open == '(' && strncmp(from, namespace, length) == 0) {
            memmove(to, from, length);
            to += length;
            from += length - 1;
        } else if (*from == open &&
                   !(open == '<' && to - name >= 8 &&
                     (memcmp(to - 8, "operator", 8) == 0 || (to[-1] == '<' && begin == NULL)))) {
            if (depth++ == 0) {
                *to++ = *from;
                begin = from + 1;
            }
        } else if (*from == close && depth && !(from > name && from[-1] == '-')) {
            if (--depth)
                continue;
            const size_t size = (size_t)(from - begin);
            if (size <= 3)
                memmove(to, begin, size);
            else
                memcpy(to, "...", 3);
            to += size <= 3 ? size : 3;
            *to++ = *from;
            begin = NULL;
        } else if (depth == 0) {
            *to++ = *from;
        }
    }
    if (depth && strlen(begin) >= 3) { /* the name was cut */
        memcpy(to, "...", 3);
        to += 3;
    }
    *to = 0;
}

/* Shorten the name of a function in place. */
static void shorten(char *name)
{
    if (strlen(name) > LONG_NAME)
        leave_out(name, '<', '>');
    if (strlen(name) > LONG_NAME)
        leave_out(name, '(', ')');
}

void leak_stack_place(const struct leak_snapshot *snapshot, const struct leak_place *place,
                      char *text, size_t size)
{
    const char *file;

    if (place->symbol) {
        char name[1024];
        const size_t length = leak_stack_name_length(place->symbol, &file);
        snprintf(name, sizeof(name), "%.*s",
                 (int)(length < sizeof(name) ? length : sizeof(name) - 1), place->symbol);
        shorten(name);
        snprintf(text, size, file ? "%s (%s" : "%s", name, file);
    } else if (place->module != LEAK_NO_MODULE) {
        snprintf(text, size, "%s+0x%" PRIx64,
                 text_utf8_file_name(snapshot->modules[place->module].path), place->offset);
    } else if (place->offset) {
        snprintf(text, size, "0x%" PRIx64, place->offset);
    } else {
        snprintf(text, size, "(not recorded)");
    }
}

void leak_stack_function(const struct leak_snapshot *snapshot, const struct leak_place *place,
                         char *text, size_t size)
{
    if (place->symbol) {
        const size_t length = leak_stack_name_length(place->symbol, NULL);

        snprintf(text, size, "%.*s", (int)(length < size ? length : size - 1), place->symbol);
        shorten(text);
    } else {
        leak_stack_place(snapshot, place, text, size);
    }
}

/* Whether a name is in the list, without its line. */
static bool is_listed(const char *symbol, const char *const list[], size_t count)
{
    const size_t length = leak_stack_name_length(symbol, NULL);

    for (size_t i = 0; i < count; i++)
        if (strlen(list[i]) == length && memcmp(list[i], symbol, length) == 0)
            return true;
    return false;
}

static bool begins_with(const char *text, const char *beginning)
{
    return strncmp(text, beginning, strlen(beginning)) == 0;
}

/* Instances of function templates have a simple return type before their name. */
static const char *without_type(const char *symbol)
{
    static const char *const types[] = { "void ", "void* ", "bool ", "char* " };

    for (size_t i = 0; i < COUNT(types); i++)
        if (begins_with(symbol, types[i]))
            return symbol + strlen(types[i]);
    return symbol;
}

static bool is_allocating(const struct leak_snapshot *snapshot, const struct leak_place *place)
{
    if (place->module != LEAK_NO_MODULE &&
        begins_with(text_utf8_file_name(snapshot->modules[place->module].path), "libheaptracker"))
        return true;
    if (!place->symbol)
        return false;
    const char *const name = without_type(place->symbol);
    if (begins_with(name, "operator new") ||
        is_listed(name, allocating_functions, COUNT(allocating_functions)))
        return true;
    for (size_t i = 0; i < COUNT(allocating_classes); i++)
        if (begins_with(name, allocating_classes[i]))
            return true;
    if (!begins_with(name, "std::") && !begins_with(name, "__gnu_cxx::"))
        return false;
    for (size_t i = 0; i < COUNT(allocating_parts); i++)
        if (strstr(name, allocating_parts[i]))
            return true;
    return false;
}

struct leak_stack leak_stack_of(const struct leak_snapshot *snapshot, const struct leak_site *site,
                                bool has_all)
{
    struct leak_stack stack = { 0, site->caller_count + 1 };

    if (has_all)
        return stack;
    while (stack.first + 1 < stack.end &&
           is_allocating(snapshot, leak_site_place(site, stack.first)))
        stack.first++;
    while (stack.end > stack.first + 1) {
        const char *symbol = leak_site_place(site, stack.end - 1)->symbol;
        if (!symbol || !is_listed(symbol, starting_functions, COUNT(starting_functions)))
            break;
        stack.end--;
    }
    return stack;
}
