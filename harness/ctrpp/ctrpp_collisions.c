/* SPDX-License-Identifier: MIT
 *
 * Checks whether the names of generated code collide. Three lists are compared:
 *
 *   - the names made from the manifest's symbols: each form of ctrpp_names.def for each element;
 *   - the identifiers of the generator itself: the code is generated with all names hidden, and the
 *     remaining identifiers are collected. A parameter, a local variable or a function of Windows
 *     in a template of the generator therefore needs no entry in a table;
 *   - the words of C and C++, and the names of headers (header_names.def).
 */
#include "ctrpp.h"

#include <stdlib.h>
#include <string.h>

#include "array.h"
#include "ctrpp_names.h"
#include "text_map.h"

/* The keywords of C11, C++20 and the preprocessor. Its other words begin with __. */
static const char *const keywords[] = {
    "alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t "
    "char32_t class compl concept const consteval constexpr constinit const_cast continue co_await "
    "co_return co_yield decltype default delete do double dynamic_cast else enum explicit export "
    "extern false float for friend goto if inline int long mutable namespace new noexcept not "
    "not_eq nullptr operator or or_eq private protected public register reinterpret_cast requires "
    "restrict return short signed sizeof static static_assert static_cast struct switch template "
    "this thread_local throw true try typedef typeid typename typeof union unsigned using virtual "
    "void volatile wchar_t while xor xor_eq defined main",
};

static const char *const header_names[] = {
#include "header_names.def"
};

/* A name of the generated code. */
struct name_use {
    const struct ctrpp_name_form *form;
    struct ctrpp_scope scope;
    size_t text_at, text_size; /* in the output of all names */
    const char *clash;         /* what else has the name; NULL: it is unique */
    const struct name_use *other;
};

struct collisions {
    const struct manifest *manifest;
    const struct ctrpp_options *options;
    struct output names; /* all names, one after the other */
    struct name_use *uses;
    size_t count, capacity;
    struct text_map by_name; /* name -> its first struct name_use */
    bool is_out_of_memory;
};

static void add_uses(struct collisions *collisions, const struct ctrpp_scope *scope)
{
    for (size_t i = 0; i < CTRPP_NAME_COUNT; i++) {
        const struct ctrpp_name_form *form = &ctrpp_names_forms[i];

        if (!ctrpp_names_applies(form, scope))
            continue;
        struct name_use *uses = array_reserve(collisions->uses, &collisions->capacity,
                                              collisions->count + 1, sizeof(*uses));
        if (!uses) {
            collisions->is_out_of_memory = true;
            return;
        }
        collisions->uses = uses;
        struct name_use *use = &collisions->uses[collisions->count++];
        *use =
            (struct name_use){ .form = form, .scope = *scope, .text_at = collisions->names.size };
        ctrpp_names_add(&collisions->names, scope, form);
        use->text_size = collisions->names.size - use->text_at;
    }
}

/* List all names in the order of the document. */
static void list_uses(struct collisions *collisions)
{
    const struct manifest *manifest = collisions->manifest;
    const struct ctrpp_scope scope = ctrpp_names_scope(manifest, collisions->options);

    add_uses(collisions, &scope);
    for (size_t i = 0; i < manifest->set_count; i++) {
        const struct ctrpp_scope inner = ctrpp_names_scope_of_set(&scope, i);

        add_uses(collisions, &inner);
        for (size_t j = 0; j < inner.set->counter_count; j++) {
            const struct ctrpp_scope innermost = ctrpp_names_scope_of_counter(&inner, j);

            add_uses(collisions, &innermost);
        }
    }
}

static struct span span_of(const struct collisions *collisions, const struct name_use *use)
{
    return (struct span){ (const unsigned char *)collisions->names.data + use->text_at,
                          use->text_size };
}

/* Report names that two elements have. */
static void compare_uses(struct collisions *collisions)
{
    for (size_t i = 0; i < collisions->count; i++) {
        struct name_use *use = &collisions->uses[i];
        const struct name_use *first =
            text_map_add(&collisions->by_name, span_of(collisions, use), use);

        collisions->is_out_of_memory = collisions->is_out_of_memory || !first;
        if (first != use)
            use->other = first;
    }
}

static void note_clash(struct collisions *collisions, const char *name, size_t size,
                       const char *clash)
{
    const struct span span = { (const unsigned char *)name, size };
    const struct name_use *first = text_map_find(&collisions->by_name, span);

    if (first && !first->clash)
        collisions->uses[first - collisions->uses].clash = clash;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static size_t identifier_size(const char *at)
{
    size_t size = 0;

    while (is_letter(at[size]) || (at[size] >= '0' && at[size] <= '9'))
        size++;
    return size;
}

/* The place after a comment or a literal. Both are complete, because the generator wrote them. */
static const char *skip_text(const char *at)
{
    if (*at == '/') {
        const char *end = strstr(at + 2, "*/");
        return end ? end + 2 : at + strlen(at);
    }
    for (at++; *at && *at != '"'; at++)
        at += *at == '\\' && at[1];
    return at + (*at == '"');
}

/* Skip the word of a directive, and the file that #include names, because no macro replaces
   them. */
static const char *skip_directive(const char *at)
{
    const size_t size = identifier_size(at + 1);

    return strncmp(at, "#include", 8) == 0 || strncmp(at, "#pragma", 7) == 0 ? strchr(at, '\n')
                                                                             : at + 1 + size;
}

/* Check the identifiers of code outside of comments and literals. */
static void compare_code(struct collisions *collisions, const char *code)
{
    for (const char *at = code; *at;) {
        const size_t size = identifier_size(at);

        if ((*at == '/' && at[1] == '*') || *at == '"') {
            at = skip_text(at);
            continue;
        }
        if (*at == '#' && at > code && at[-1] == '\n') {
            at = skip_directive(at);
            continue;
        }
        if (size && is_letter(*at))
            note_clash(collisions, at, size, "a name that the generated code uses itself");
        at += size ? size : 1;
    }
}

/* Generate all files with hidden names and check their identifiers. A program may include the
   headers of provider and consumer, so both are checked, whichever is written now. */
static void compare_generated(struct collisions *collisions)
{
    struct ctrpp_options options = *collisions->options;
    struct output output = { 0 };

    options.hides_names = true;
    if (options.legacy_name) {
        ctrpp_legacy_write_header(&output, collisions->manifest, &options);
        ctrpp_legacy_write_source(&output, collisions->manifest, &options);
    } else {
        ctrpp_header_write(&output, collisions->manifest, &options);
        ctrpp_header_write_consumer(&output, collisions->manifest, &options);
    }
    if (output.is_lost)
        collisions->is_out_of_memory = true;
    else
        compare_code(collisions, output.data);
    output_release(&output);
}

/* Compare with words that are separated by blanks. */
static void compare_words(struct collisions *collisions, const char *words, const char *clash)
{
    while (*words) {
        const size_t size = strcspn(words, " ");

        note_clash(collisions, words, size, clash);
        words += size + (words[size] == ' ');
    }
}

/* Rule: C11 7.1.3: names that begin with __, or with _ and a capital letter, are reserved. */
static bool is_reserved(const char *name)
{
    return name[0] == '_' && (name[1] == '_' || (name[1] >= 'A' && name[1] <= 'Z'));
}

static struct xml_place place_of(const struct name_use *use)
{
    if (use->scope.counter)
        return use->scope.counter->place;
    return use->scope.set ? use->scope.set->place : use->scope.manifest->place;
}

/* The symbol in the manifest from which the name is made. */
static const char *origin_of(const struct name_use *use)
{
    if (use->scope.options->legacy_name && !use->scope.counter)
        return use->scope.options->legacy_name;
    if (use->scope.counter)
        return use->scope.counter->symbol;
    if (use->scope.set)
        return use->scope.set->symbol;
    return use->form->of == CTRPP_OF_PROVIDER ? use->scope.manifest->symbol : "-prefix";
}

static void complain(const struct collisions *collisions, const struct name_use *use,
                     struct manifest_messages *messages)
{
    const int size = (int)(use->text_size < 100 ? use->text_size : 100);
    const char *name = collisions->names.data + use->text_at;

    if (use->other)
        manifest_messages_add(
            messages, false, place_of(use),
            "%.*s is %s (%.60s) and also %s (%.60s, line %u): choose another symbol", size, name,
            use->form->what, origin_of(use), use->other->form->what, origin_of(use->other),
            (unsigned)place_of(use->other).line);
    else if (use->clash)
        manifest_messages_add(messages, false, place_of(use),
                              "%.*s is %s (%.60s) and also %s: choose another symbol", size, name,
                              use->form->what, origin_of(use), use->clash);
}

DWORD ctrpp_collisions_check(const struct manifest *manifest, const struct ctrpp_options *options,
                             struct manifest_messages *messages)
{
    struct collisions collisions = { .manifest = manifest, .options = options };

    list_uses(&collisions);
    output_add_byte(&collisions.names, '\0');
    if (collisions.names.is_lost)
        collisions.is_out_of_memory = true;
    if (!collisions.is_out_of_memory)
        compare_uses(&collisions);
    if (!collisions.is_out_of_memory) {
        compare_generated(&collisions);
        for (size_t i = 0; i < sizeof(keywords) / sizeof(*keywords); i++)
            compare_words(&collisions, keywords[i], "a word of C, C++ or the preprocessor");
        for (size_t i = 0; i < sizeof(header_names) / sizeof(*header_names); i++)
            compare_words(&collisions, header_names[i],
                          "a name that Windows' headers or the C library's define");
    }
    for (size_t i = 0; i < collisions.count && !collisions.is_out_of_memory; i++) {
        struct name_use *use = &collisions.uses[i];

        if (is_reserved(collisions.names.data + use->text_at))
            use->clash = "reserved for the compiler, as all that begins with __ or _A to _Z";
        complain(&collisions, use, messages);
    }
    text_map_release(&collisions.by_name);
    output_release(&collisions.names);
    free(collisions.uses);
    return collisions.is_out_of_memory ? ERROR_NOT_ENOUGH_MEMORY : ERROR_SUCCESS;
}
