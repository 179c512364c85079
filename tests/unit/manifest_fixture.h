/* SPDX-License-Identifier: MIT
 *
 * Manifests for tests: short good ones, and edits that make others of them.
 */
#ifndef MANIFEST_FIXTURE_H
#define MANIFEST_FIXTURE_H

#include "unit.h"

#include "manifest.h"

#define MANIFEST_BEGIN                                                                             \
    "<instrumentationManifest xmlns='http://schemas.microsoft.com/win/2004/08/events'>\n"          \
    "<instrumentation>\n"                                                                          \
    "<counters xmlns='http://schemas.microsoft.com/win/2005/12/counters' schemaVersion="
#define MANIFEST_END "</provider></counters></instrumentation></instrumentationManifest>\n"

/** Two countersets of schema 1.1: the first in line 5 with counters in lines 6 and 7, the second in line 9. */
#define MANIFEST_OLD                                                                               \
    MANIFEST_BEGIN                                                                                 \
    "'1.1'>\n"                                                                                     \
    "<provider symbol='P' providerGuid='{00000000-0000-0000-0000-000000000001}'"                   \
    " applicationIdentity='a.exe'>\n"                                                              \
    "<counterSet symbol='S' guid='{00000000-0000-0000-0000-000000000002}' uri='s' name='Set'"      \
    " description='Set help' instances='single'>\n"                                                \
    "<counter id='1' uri='one' symbol='C1' name='One' description='One help'"                      \
    " type='perf_counter_rawcount' detailLevel='standard'/>\n"                                     \
    "<counter id='2' uri='two' symbol='C2' name='Two' description='Two help'"                      \
    " type='perf_counter_large_rawcount' detailLevel='standard'/>\n"                               \
    "</counterSet>\n"                                                                              \
    "<counterSet symbol='T' guid='{00000000-0000-0000-0000-000000000003}' uri='t' "                \
    "name='Other'"                                                                                 \
    " description='Other help'>\n"                                                                 \
    "<counter id='1' uri='one' symbol='C3' name='One' description='One help'"                      \
    " type='perf_counter_rawcount' detailLevel='advanced'/>\n"                                     \
    "</counterSet>\n" MANIFEST_END

/** A counterset of schema 2.0 in line 5, with a counter in line 6. */
#define MANIFEST_NEW                                                                               \
    MANIFEST_BEGIN                                                                                 \
    "'2.0'>\n"                                                                                     \
    "<provider symbol='P' providerGuid='{00000000-0000-0000-0000-000000000001}'"                   \
    " applicationIdentity='a.exe'>\n"                                                              \
    "<counterSet symbol='S' guid='{00000000-0000-0000-0000-000000000002}' uri='s' name='Set'"      \
    " nameID='1' description='Set help' descriptionID='2'>\n"                                      \
    "<counter id='1' uri='one' name='One' nameID='3' description='One help' descriptionID='4'"     \
    " type='perf_counter_rawcount' detailLevel='standard'/>\n"                                     \
    "</counterSet>\n" MANIFEST_END

/** A kernel-mode provider: its counter in line 7 is in the struct of line 6. */
#define MANIFEST_KERNEL                                                                            \
    MANIFEST_BEGIN                                                                                 \
    "'1.1'>\n"                                                                                     \
    "<provider providerType='kernelMode' "                                                         \
    "providerGuid='{00000000-0000-0000-0000-000000000001}'"                                        \
    " applicationIdentity='a.sys'>\n"                                                              \
    "<counterSet symbol='S' guid='{00000000-0000-0000-0000-000000000002}' uri='s' name='Set'"      \
    " description='Set help'>\n"                                                                   \
    "<structs><struct name='V' type='VALUES'/></structs>\n"                                        \
    "<counter id='1' uri='one' name='One' description='One help' struct='V' field='One'"           \
    " type='perf_counter_rawcount' detailLevel='standard'/>\n"                                     \
    "</counterSet>\n" MANIFEST_END

/** What is wrong in an edited manifest. */
struct manifest_case {
    const char *title;
    const char *text;     /* the manifest; NULL: MANIFEST_OLD */
    const char *edits[9]; /* a part of it, and what comes in its place, in turn */
    /* "E6 an id": an error about line 6 with these words; "W6 an id": a warning; a $ is the end. In order,
       and no others */
    const char *messages[4];
    struct manifest_options options;
};

/* Replace the first place of a part. */
static void manifest_edit(char *text, size_t size, const char *from, const char *to)
{
    char *at = strstr(text, from);

    if (!at)
        fail_msg("there is no %s", from);
    const size_t rest = strlen(at + strlen(from)) + 1;
    assert_true((size_t)(at - text) + strlen(to) + rest <= size);
    memmove(at + strlen(to), at + strlen(from), rest);
    memcpy(at, to, strlen(to));
}

/* Whether a message is the expected one: see struct manifest_case. */
static bool manifest_says(const struct manifest_message *message, const char *expected)
{
    const size_t length = strlen(expected);
    char place[16], whole[sizeof(message->text) + 1];

    snprintf(place, sizeof(place), "%c%u ", message->is_warning ? 'W' : 'E',
             (unsigned)message->place.line);
    snprintf(whole, sizeof(whole), "%s%s", message->text, expected[length - 1] == '$' ? "$" : "");
    return strncmp(expected, place, strlen(place)) == 0 && strstr(whole, expected + strlen(place));
}

/**
 * Write a good manifest of schema 1.1 with many countersets. The ids of a set's counters are 0, 1 and so on, and each
 * counter refers to the next one by perfTimeID.
 */
static inline void manifest_write_many(char *text, size_t size, unsigned sets, unsigned counters)
{
    size_t length = 0;

#define ADD(...)                                                                                   \
    do {                                                                                           \
        length += (size_t)snprintf(text + length, size - length, __VA_ARGS__);                     \
        assert_true(length < size);                                                                \
    } while (0)
    ADD(MANIFEST_BEGIN "'1.1'><provider symbol='P' applicationIdentity='a.exe'"
                       " providerGuid='{00000000-0000-0000-0000-000000000001}'>");
    for (unsigned i = 0; i < sets; i++) {
        ADD("<counterSet symbol='S%u' guid='{00000000-0000-0000-0001-%012u}' uri='%u' name='%u' "
            "description='Help'>",
            i, i, i, i);
        for (unsigned j = 0; j < counters; j++)
            ADD("<counter id='%u' uri='%u' name='%u' description='Help' "
                "type='perf_counter_large_rawcount'"
                " detailLevel='standard' perfTimeID='%u'/>",
                j, j, j, (j + 1) % counters);
        ADD("</counterSet>");
    }
    ADD(MANIFEST_END);
#undef ADD
}

/** Parse the manifest of a case, and compare the messages about it. */
static inline void manifest_try(const struct manifest_case *one)
{
    static char text[16384];
    static struct manifest_messages messages;
    struct manifest manifest = { 0 };
    bool is_expected = true, has_error = false;
    size_t count = 0;

    assert_true(strlen(one->text ? one->text : MANIFEST_OLD) < sizeof(text));
    strcpy(text, one->text ? one->text : MANIFEST_OLD);
    for (size_t i = 0; one->edits[i]; i += 2)
        manifest_edit(text, sizeof(text), one->edits[i], one->edits[i + 1]);
    const DWORD error =
        manifest_parser_parse(text, strlen(text), &one->options, &manifest, &messages);
    manifest_parser_release(&manifest);
    for (; count < UNIT_COUNT(one->messages) && one->messages[count]; count++) {
        has_error = has_error || *one->messages[count] == 'E';
        is_expected = is_expected && count < messages.count &&
                      manifest_says(&messages.items[count], one->messages[count]);
    }
    if (!is_expected || messages.count != count || messages.has_error != has_error ||
        error != (has_error ? ERROR_INVALID_DATA : ERROR_SUCCESS)) {
        for (size_t i = 0; i < messages.count; i++)
            print_message("# %c%u %s\n", messages.items[i].is_warning ? 'W' : 'E',
                          (unsigned)messages.items[i].place.line, messages.items[i].text);
        fail_msg("%s: error %u, %u messages", one->title, (unsigned)error,
                 (unsigned)messages.count);
    }
}

#endif /* MANIFEST_FIXTURE_H */
