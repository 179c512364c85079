/* SPDX-License-Identifier: MIT
 *
 * The probe query_words: which objects a query selects, and which text a provider is passed.
 */
#include <string.h>
#include <wchar.h>

#include "truth_answer.h"
#include "truth_service.h"
#include "truth_system.h"
#include "trial.h"

#define QUERY_MAX 128 /* units; chosen: longer than every query of these trials */

/* Make a query. Returns whether the answer has the object of the first service. */
static bool selects_first(const WCHAR *query)
{
    struct truth_answer answer;

    truth_answer_ask_all(&answer, query);
    const bool is_there = truth_answer_find(&answer, truth_service_plan()->first_index) != NULL;
    truth_answer_release(&answer);
    return is_there;
}

/* The text of the last Collect of the first service; "(none)" if it was not called. */
static const WCHAR *last_text(void)
{
    const unsigned count = truth_service_count(TRUTH_CALL_COLLECT, 1);

    if (!count)
        return L"(none)";
    const struct truth_call *call = truth_service_call(TRUTH_CALL_COLLECT, 1, count - 1);
    return call->has_text ? call->text : L"(NULL)";
}

static void expect_header(struct trial *trial, const WCHAR *query, bool is_empty)
{
    struct truth_answer answer;

    truth_answer_ask_all(&answer, query);
    const PERF_DATA_BLOCK *header = truth_answer_header(&answer);
    trial_expect(trial, header && (!is_empty || !header->NumObjectTypes),
                 "\"%ls\": result %ld, %lu objects", query ? query : L"(NULL)", answer.result,
                 header ? header->NumObjectTypes : 0);
    truth_answer_release(&answer);
}

void try_word_none(struct trial *trial)
{
    expect_header(trial, NULL, false);
    expect_header(trial, L"", false);
}

void try_word_none_selects(struct trial *trial)
{
    /* without a provider, an answer may be empty for other reasons */
    if (!truth_service_begin(trial))
        return;
    expect_header(trial, NULL, true);
    expect_header(trial, L"", true);
}

void try_word_garbage(struct trial *trial)
{
    expect_header(trial, L"invalid counter name", false);
    expect_header(trial, L"%&/", false);
}

void try_word_global(struct trial *trial)
{
    if (!truth_service_begin(trial))
        return;
    trial_expect(trial, selects_first(L"Global"), "a new provider is in the answer to Global");
    trial_expect(trial, truth_service_count(TRUTH_CALL_COLLECT, 2) == 1, "and so is another");
}

void try_word_costly(struct trial *trial)
{
    if (!truth_service_begin(trial))
        return;
    selects_first(L"Costly");
    trial_expect(trial, lstrcmpiW(last_text(), L"Costly") == 0,
                 "asked for Costly a provider is passed \"%ls\"", last_text());
}

void try_word_costly_apart(struct trial *trial)
{
    struct truth_answer costly, global;
    const PERF_OBJECT_TYPE *object;
    unsigned both = 0, count = 0;

    truth_answer_ask_all(&costly, L"Costly");
    truth_answer_ask_all(&global, L"Global");
    for (; (object = truth_answer_object(&costly, count)) != NULL; count++)
        both += truth_answer_find(&global, object->ObjectNameTitleIndex) != NULL;
    if (count)
        trial_expect(trial, !both, "Costly has %u objects, %u of them are in Global too", count,
                     both);
    else
        trial_impossible(trial, "nothing answers Costly here: result %ld", costly.result);
    truth_answer_release(&costly);
    truth_answer_release(&global);
}

void try_word_foreign(struct trial *trial)
{
    if (truth_service_begin(trial)) {
        selects_first(L"Foreign");
        trial_observe(trial, "asked for Foreign a provider is passed \"%ls\"", last_text());
        trial->is_impossible = false;
    }
    expect_header(trial, L"Foreign", true);
    trial->is_impossible = false; /* Windows' own providers are sufficient */
}

void try_word_foreign_computer(struct trial *trial)
{
    expect_header(trial, L"Foreign no-such-computer 2 238", true);
}

/* Whether Windows knows the Metadata words. */
static bool knows_metadata(void)
{
    DWORD value = 0;

    return truth_service_perflib_number(L"Supports Metadata", &value) && value;
}

void try_word_metadata(struct trial *trial)
{
    struct truth_answer answer;
    const PERF_OBJECT_TYPE *object;
    unsigned described = 0, full = 0;

    if (!knows_metadata() && !truth_system_is_emulated) {
        trial_impossible(trial, "this system does not know Metadata queries");
        return;
    }
    if (truth_service_begin(trial)) {
        truth_service_set_number(L"Collect Supports Metadata", 1);
        truth_service_plan()->fault = TRUTH_FAULT_METADATA;
    }
    trial->is_impossible = false;
    truth_answer_ask_all(&answer, L"MetadataGlobal");
    for (unsigned i = 0; (object = truth_answer_object(&answer, i)) != NULL; i++) {
        described += object->NumInstances == PERF_METADATA_MULTIPLE_INSTANCES ||
                     object->NumInstances == PERF_METADATA_NO_INSTANCES;
        full += object->NumInstances >= PERF_NO_INSTANCES;
    }
    trial_expect(trial, described != 0,
                 "%u objects have definitions only, %u of other providers are complete", described,
                 full);
    truth_answer_release(&answer);
}

void try_word_old_stripped(struct trial *trial)
{
    if (!truth_service_begin(trial))
        return;
    selects_first(L"OLD_Global");
    trial_expect(trial, wcscmp(last_text(), L"Global") == 0,
                 "asked for OLD_Global a provider is passed \"%ls\"", last_text());
}

void try_word_case(struct trial *trial)
{
    if (!truth_service_begin(trial))
        return;
    trial_expect(trial, selects_first(L"gLOBAL"), "gLOBAL selects a new provider's object");
    trial_expect(trial, selects_first(L"global"), "global selects it, too");
}

void try_word_spelling(struct trial *trial)
{
    if (!truth_service_begin(trial))
        return;
    selects_first(L"gLOBAL");
    trial_expect(trial, wcscmp(last_text(), L"Global") == 0,
                 "asked for gLOBAL a provider is passed \"%ls\"", last_text());
}

void try_word_whole(struct trial *trial)
{
    if (!truth_service_begin(trial))
        return;
    bool is_there = selects_first(L"Globalize");
    trial_expect(trial, !is_there && lstrcmpiW(last_text(), L"Global") != 0,
                 "asked for Globalize a provider is passed \"%ls\"", last_text());
    is_there = selects_first(L"Glob");
    trial_expect(trial, !is_there && lstrcmpiW(last_text(), L"Global") != 0,
                 "asked for Glob it is passed \"%ls\"", last_text());
}

void try_word_mixture(struct trial *trial)
{
    static const WCHAR *const forms[] = { L"%u 2",  L"2 %u",     L"2\t%u",     L" %u ",
                                          L"%u %u", L"  2   %u", L"Global %u", L"Costly %u" };

    if (!truth_service_begin(trial))
        return;
    for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
        WCHAR query[QUERY_MAX];

        wsprintfW(query, forms[i], truth_service_plan()->first_index,
                  truth_service_plan()->first_index);
        const bool is_there = selects_first(query);
        trial_expect(trial, is_there, "\"%ls\" passes on \"%ls\"", query, last_text());
    }
}

void try_word_unknown_no_data(struct trial *trial)
{
    expect_header(trial, L"Nonsense", true);
    expect_header(trial, L"% Processor Time", true);
}

void try_index_list(struct trial *trial)
{
    struct truth_answer answer;
    WCHAR query[QUERY_MAX];
    const struct truth_plan *plan = truth_service_begin(trial);

    if (!plan)
        return;
    wsprintfW(query, L"%u %u", plan->first_index, plan->first_index + TRUTH_SECOND_SERVICE);
    truth_answer_ask_all(&answer, query);
    trial_expect(trial,
                 truth_answer_find(&answer, plan->first_index) &&
                     truth_answer_find(&answer, plan->first_index + TRUTH_SECOND_SERVICE),
                 "\"%ls\": %u objects", query, truth_answer_count(&answer));
    truth_answer_release(&answer);
    wsprintfW(query, L"%u", plan->first_index + TRUTH_SECOND_SERVICE);
    trial_expect(trial, !selects_first(query), "\"%ls\" selects only one of them", query);
}

void try_index_whole(struct trial *trial)
{
    static const WCHAR *const forms[] = { L"1%u", L"%u1", L"%u0" };

    if (!truth_service_begin(trial))
        return;
    for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
        WCHAR query[QUERY_MAX];

        wsprintfW(query, forms[i], truth_service_plan()->first_index);
        const bool is_there = selects_first(query);
        trial_expect(trial, !is_there && !truth_service_count(TRUTH_CALL_COLLECT, 1),
                     "\"%ls\": the provider of %lu is passed \"%ls\"", query,
                     truth_service_plan()->first_index, last_text());
    }
}

/* Expect that a form of a number, which contains the first index, selects nothing. */
static void expect_nothing(struct trial *trial, const WCHAR *query)
{
    const bool is_there = selects_first(query);

    trial_expect(trial, !is_there && !truth_service_count(TRUTH_CALL_COLLECT, 1),
                 "\"%ls\": the provider is passed \"%ls\"", query, last_text());
}

void try_index_too_large(struct trial *trial)
{
    WCHAR query[QUERY_MAX];

    if (!truth_service_begin(trial))
        return;
    const DWORD index = truth_service_plan()->first_index;

    _snwprintf(query, QUERY_MAX, L"%llu", 0x100000000ull + index);
    expect_nothing(trial, query);
    wsprintfW(query, L"+%u", index);
    expect_nothing(trial, query);
    wsprintfW(query, L"-%u", index);
    expect_nothing(trial, query);
}

void try_index_passed_on(struct trial *trial)
{
    static const WCHAR *const forms[] = { L"%u", L"2 %u", L"%u  2", L"0%u" };

    if (!truth_service_begin(trial))
        return;
    for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
        WCHAR query[QUERY_MAX];

        wsprintfW(query, forms[i], truth_service_plan()->first_index);
        selects_first(query);
        trial_expect(trial, wcscmp(last_text(), query) == 0, "\"%ls\" is passed on as \"%ls\"",
                     query, last_text());
    }
}
