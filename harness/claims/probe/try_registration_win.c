/* SPDX-License-Identifier: MIT
 *
 * The probe registration: one value of a service is changed at a time.
 */
#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "truth_answer.h"
#include "truth_service.h"
#include "truth_system.h"
#include "trial.h"

#define SERVICE_TEXT "windows_truth_1"
#define EVENTS_MAX 8 /* kept events; chosen */

/* Query the object of the first service, which must succeed. Returns whether the answer has it. */
static bool ask(struct trial *trial)
{
    struct truth_answer answer;
    WCHAR query[32];

    wsprintfW(query, L"%u", truth_service_plan()->first_index);
    truth_answer_ask_all(&answer, query);
    if (answer.result)
        trial_expect(trial, false, "the query ends with %ld", answer.result);
    const bool is_there = truth_answer_find(&answer, truth_service_plan()->first_index) != NULL;
    truth_answer_release(&answer);
    return is_there;
}

/* Expect that the provider is not used, and that an event has the reason, where events can be
   read. */
static void expect_unused(struct trial *trial, unsigned id, const char *string)
{
    struct truth_system_event events[EVENTS_MAX];
    char list[160] = "";
    bool is_logged = false;

    truth_service_set_perflib(L"EventLogLevel", 3);
    truth_system_mark_events();
    const bool is_used = ask(trial);
    trial_expect(trial, !is_used, "its data are %s", is_used ? "used" : "not used");
    if (id && truth_system_has_events()) {
        size_t count = truth_system_read_events(SERVICE_TEXT, events, EVENTS_MAX);

        /* Some events name the library and no service. */
        if (count < EVENTS_MAX && *string)
            count += truth_system_read_events(string, events + count, EVENTS_MAX - count);
        for (size_t i = 0; i < count; i++) {
            const size_t used = strlen(list);

            snprintf(list + used, sizeof(list) - used, "%s%u", i ? ", " : "", events[i].id);
            for (unsigned j = 0; j < events[i].string_count && j < TRUTH_SYSTEM_EVENT_STRINGS; j++)
                is_logged |= events[i].id == id && strstr(events[i].strings[j], string);
        }
        trial_expect(trial, is_logged, "events: %s", *list ? list : "none");
    } else if (id) {
        trial_observe(trial, "no event log can be read here");
    }
    truth_system_close_key();
    truth_service_restore_perflib();
}

void try_library_found(struct trial *trial)
{
    if (!truth_service_begin(trial))
        return;
    truth_service_set_text(L"Library", L"windows-truth-absent.dll", REG_SZ);
    expect_unused(trial, 1023, "windows-truth-absent.dll");
}

/* A library for the other bitness: Windows has one of each. The event names no service. */
static void try_other_bitness(struct trial *trial, const WCHAR *library, unsigned id)
{
    WCHAR path[MAX_PATH];

    if (!truth_service_begin(trial))
        return;
    if (!ExpandEnvironmentStringsW(library, path, MAX_PATH) ||
        GetFileAttributesW(path) == INVALID_FILE_ATTRIBUTES) {
        trial_impossible(trial, "there is no %ls", path);
        return;
    }
    truth_service_set_text(L"Library", path, REG_SZ);
    expect_unused(trial, id, "loadperf.dll");
}

void try_library_32_bit(struct trial *trial)
{
    if (sizeof(void *) == 4)
        trial_impossible(trial, "this is the 32-bit program; the 64-bit one can try it");
    else
        try_other_bitness(trial, L"%windir%\\SysWOW64\\loadperf.dll", 1021);
}

void try_library_64_bit(struct trial *trial)
{
    if (sizeof(void *) == 8)
        trial_impossible(trial, "this is the 64-bit program; the 32-bit one can try it");
    else
        try_other_bitness(trial, L"%windir%\\Sysnative\\loadperf.dll", 1022);
}

void try_library_expanded(struct trial *trial)
{
    if (!truth_service_begin(trial))
        return;
    SetEnvironmentVariableW(L"WINDOWS_TRUTH_FOLDER", truth_service_folder());
    truth_service_set_text(L"Library", L"%WINDOWS_TRUTH_FOLDER%\\windows-truth-provider.dll",
                           REG_EXPAND_SZ);
    trial_expect(trial, ask(trial), "Library of type REG_EXPAND_SZ with a variable in it");
}

void try_library_plain_names(struct trial *trial)
{
    static const WCHAR *const others[] = { L"opentruth1", L"OpenTruth1@4", L"_OpenTruth1@4" };

    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
        if (!truth_service_begin(trial))
            return;
        truth_service_set_text(L"Open", others[i], REG_SZ);
        trial_observe(trial, "Open \"%ls\", the export is OpenTruth1", others[i]);
        expect_unused(trial, 0, "");
    }
}

void try_registration_values(struct trial *trial)
{
    static const WCHAR *const values[] = { L"Library", L"Open", L"Collect", L"Close" };

    for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
        if (!truth_service_begin(trial))
            return;
        truth_service_remove_value(values[i]);
        trial_observe(trial, "without %ls", values[i]);
        expect_unused(trial, 0, "");
    }
}

void try_registration_procedure(struct trial *trial)
{
    static const struct {
        const WCHAR *value;
        const char *text;
    } values[] = { { L"Open", "Open" }, { L"Collect", "Collect" }, { L"Close", "Close" } };

    for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
        if (!truth_service_begin(trial))
            return;
        truth_service_remove_value(values[i].value);
        expect_unused(trial, 3003, values[i].text);
    }
}

void try_registration_unreadable(struct trial *trial)
{
    if (!truth_service_begin(trial))
        return;
    truth_service_remove_performance();
    expect_unused(trial, 0, "");
}

static void try_missing_export(struct trial *trial, const WCHAR *value, unsigned id)
{
    if (!truth_service_begin(trial))
        return;
    truth_service_set_text(value, L"NoSuchProcedure", REG_SZ);
    expect_unused(trial, id, "NoSuchProcedure");
}

void try_export_open(struct trial *trial)
{
    try_missing_export(trial, L"Open", 1005);
}

void try_export_collect(struct trial *trial)
{
    try_missing_export(trial, L"Collect", 1006);
}

void try_export_close(struct trial *trial)
{
    try_missing_export(trial, L"Close", 1007);
}

void try_open_argument(struct trial *trial)
{
    static const WCHAR texts[] = L"alpha\0beta\0";

    if (!truth_service_begin(trial))
        return;
    ask(trial);
    const struct truth_call *call = truth_service_call(TRUTH_CALL_OPEN, 1, 0);
    if (trial_expect(trial, call != NULL, "Open is called"))
        trial_expect(trial, !call->has_text, "without Linkage\\Export it is passed \"%ls\"",
                     call->has_text ? call->text : L"(NULL)");
    truth_system_close_key();
    if (!truth_service_begin(trial))
        return;
    truth_service_set_export(texts, sizeof(texts));
    ask(trial);
    call = truth_service_call(TRUTH_CALL_OPEN, 1, 0);
    if (trial_expect(trial, call != NULL, "Open is called"))
        trial_expect(trial, call->has_text && wcscmp(call->text, L"alpha") == 0,
                     "with alpha, beta it is passed \"%ls\"",
                     call->has_text ? call->text : L"(NULL)");
}

void try_disable_value(struct trial *trial)
{
    if (!truth_service_begin(trial))
        return;
    truth_service_set_number(L"Disable Performance Counters", 1);
    expect_unused(trial, 0, "");
    trial_expect(trial, !truth_service_count(TRUTH_CALL_LOAD, 0), "its library is %s",
                 truth_service_count(TRUTH_CALL_LOAD, 0) ? "loaded" : "not loaded");
}

void try_disable_other_values(struct trial *trial)
{
    static const DWORD values[] = { 2, 4, 8 };

    for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
        if (!truth_service_begin(trial))
            return;
        truth_service_set_number(L"Disable Performance Counters", values[i]);
        trial_observe(trial, "Disable Performance Counters %lu", values[i]);
        expect_unused(trial, 0, "");
    }
}

void try_disable_all(struct trial *trial)
{
    if (!truth_service_begin(trial))
        return;
    truth_service_set_perflib(L"Disable Performance Counters", 1);
    const bool is_used = ask(trial);
    truth_service_restore_perflib();
    trial_expect(trial, !is_used, "its data are %s", is_used ? "used" : "not used");
}

/* ---- Object List and metadata --------------------------------------------------------------- */

void try_object_list_limits(struct trial *trial)
{
    struct truth_answer answer;
    struct truth_plan *plan = truth_service_begin(trial);

    if (!plan)
        return;
    truth_answer_ask_all(&answer, L"2");
    trial_expect(trial, truth_service_count(TRUTH_CALL_COLLECT, 1) == 0,
                 "asked for another index it is called %u times",
                 truth_service_count(TRUTH_CALL_COLLECT, 1));
    truth_answer_release(&answer);
    plan->fault = TRUTH_FAULT_EXTRA_OBJECT;
    WCHAR query[32];
    wsprintfW(query, L"%u", plan->first_index);
    truth_answer_ask_all(&answer, query);
    trial_observe(trial, "an object outside of the list is %s the answer",
                  truth_answer_find(&answer, plan->first_index + 10) ? "in" : "not in");
    truth_answer_release(&answer);
}

void try_object_list_absent(struct trial *trial)
{
    struct truth_answer answer;

    if (!truth_service_begin(trial))
        return;
    truth_service_remove_value(L"Object List");
    truth_answer_ask_all(&answer, L"2");
    trial_expect(trial, truth_service_count(TRUTH_CALL_COLLECT, 1) == 1,
                 "asked for another index it is called %u times",
                 truth_service_count(TRUTH_CALL_COLLECT, 1));
    truth_answer_release(&answer);
}

/* Compare the text that a provider gets for MetadataGlobal. */
static void expect_metadata_text(struct trial *trial, bool opts_in, const WCHAR *expected)
{
    struct truth_answer answer;
    struct truth_plan *plan = truth_service_begin(trial);
    DWORD supports = 0;

    if (!plan)
        return;
    truth_service_perflib_number(L"Supports Metadata", &supports);
    if (!supports && !truth_system_is_emulated) {
        trial_impossible(trial, "this system does not know Metadata queries");
        return;
    }
    if (opts_in) {
        truth_service_set_number(L"Collect Supports Metadata", 1);
        plan->fault = TRUTH_FAULT_METADATA;
    }
    truth_answer_ask_all(&answer, L"MetadataGlobal");
    const PERF_OBJECT_TYPE *object = truth_answer_find(&answer, plan->first_index);
    const struct truth_call *call = truth_service_call(TRUTH_CALL_COLLECT, 1, 0);
    if (trial_expect(trial, call && call->has_text, "Collect is called"))
        trial_expect(trial, wcscmp(call->text, expected) == 0,
                     "%s Collect Supports Metadata it is passed \"%ls\"",
                     opts_in ? "with" : "without", call->text);
    trial_expect(trial,
                 object && object->NumInstances == (opts_in ? PERF_METADATA_MULTIPLE_INSTANCES : 2),
                 "its object has NumInstances %ld", object ? object->NumInstances : 0);
    truth_answer_release(&answer);
}

void try_word_metadata_opt_in(struct trial *trial)
{
    expect_metadata_text(trial, true, L"MetadataGlobal");
}

void try_word_metadata_fallback(struct trial *trial)
{
    expect_metadata_text(trial, false, L"Global");
}

/* ---- Library Validation Code ---------------------------------------------------------------- */

/* Event 2003 must follow unless the last 8 bytes of the code are the library's size. */
void try_level_validation_code(struct trial *trial)
{
    WIN32_FILE_ATTRIBUTE_DATA file;
    WCHAR library[MAX_PATH];
    BYTE code[16] = { 0 };
    struct truth_system_event events[EVENTS_MAX];

    if (!truth_service_begin(trial))
        return;
    wsprintfW(library, L"%s\\windows-truth-provider.dll", truth_service_folder());
    if (!truth_system_has_events() ||
        !GetFileAttributesExW(library, GetFileExInfoStandard, &file)) {
        trial_impossible(trial, "no event log can be read here");
        return;
    }
    memcpy(code, &file.ftLastWriteTime, 8);
    memcpy(code + 8, &file.nFileSizeLow, 4);
    memcpy(code + 12, &file.nFileSizeHigh, 4);
    truth_service_set_perflib(L"EventLogLevel", 3);
    for (int is_wrong = 0; is_wrong < 2; is_wrong++) {
        bool is_distrusted = false;

        code[8] = (BYTE)(code[8] + is_wrong);
        truth_service_set_binary(L"Library Validation Code", code, sizeof(code));
        truth_system_trust_registered();
        truth_system_mark_events();
        ask(trial);
        const size_t count = truth_system_read_events(SERVICE_TEXT, events, EVENTS_MAX);
        for (size_t i = 0; i < count; i++)
            is_distrusted |= events[i].id == 2003;
        trial_expect(trial, is_distrusted == is_wrong, "a code with %s size: %s event 2003",
                     is_wrong ? "another" : "the library's", is_distrusted ? "an" : "no");
        truth_system_close_key();
    }
    truth_service_restore_perflib();
}
