/* SPDX-License-Identifier: MIT
 *
 * reg_scan.c: the events of a text, with every unit at the limits of its comparisons, and with what follows the text
 * in memory. What registrations are made of them is in test_registration_file.c.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reg_scan.h"
#include "registration.h"

#define OLD "REGEDIT4\n"
#define NEW "Windows Registry Editor Version 5.00\n"
#define KEY "[HKLM\\a]\n" /* line 2 */
#define ROOT "HKEY_LOCAL_MACHINE\\a"

/* The events, a line each: "+path", "-path", "name:type:data" or "name-". */
static char events[4096];

static DWORD take_event(void *context, const struct reg_event *event)
{
    char *to = events + strlen(events);
    const size_t left = sizeof(events) - strlen(events);

    (void)context;
    if (event->kind == REG_EVENT_KEY || event->kind == REG_EVENT_KEY_REMOVAL) {
        assert_string_equal(event->name, "");
        assert_int_equal(event->size, 0);
        snprintf(to, left, "%c%s\n", event->kind == REG_EVENT_KEY ? '+' : '-', event->path);
        return ERROR_SUCCESS;
    }
    if (event->kind == REG_EVENT_VALUE_REMOVAL) {
        snprintf(to, left, "%s-\n", event->name);
        return ERROR_SUCCESS;
    }
    snprintf(to, left, "%s:%u:", event->name, (unsigned)event->type);
    for (size_t i = 0; i < event->size; i++)
        snprintf(events + strlen(events), sizeof(events) - strlen(events), "%02x", event->data[i]);
    strcat(events, "\n");
    return ERROR_SUCCESS;
}

/* Scan a text of units that is followed by others. Returns the events, or the message of the error. */
static const char *scan_units(const WCHAR *units, size_t length, const char *follower)
{
    static char message[sizeof(((struct registration_error *)0)->message)];
    const size_t more = strlen(follower);
    WCHAR *copy = malloc((length + more) * sizeof(*copy));
    const struct reg_text text = { .units = copy, .length = length };
    struct registration_error error;

    assert_non_null(copy);
    memcpy(copy, units, length * sizeof(*copy));
    for (size_t i = 0; i < more; i++)
        copy[length + i] = (unsigned char)follower[i];
    *events = 0;
    const DWORD failure = reg_scan(&text, "f", take_event, NULL, &error);
    free(copy);
    if (!failure)
        return events;
    snprintf(message, sizeof(message), "%s", error.message);
    return message;
}

static const char *scan(const char *text, const char *follower)
{
    static WCHAR units[8192];
    const size_t length = strlen(text);

    assert_true(length <= 8192);
    for (size_t i = 0; i < length; i++)
        units[i] = (unsigned char)text[i];
    return scan_units(units, length, follower);
}

/* `found` is a part of the message, or all events after that of the key. */
static void each_line_is_read_to_its_end(void **state)
{
    static const struct {
        const char *text, *found;
        bool is_message;
    } cases[] = {
        { OLD KEY "\t\"n\"\t=\tdword:1\t\n", "n:4:01000000\n", false },
        { OLD KEY "\"n\"=dword:1\rx\n", "f:3: \"\" after the value: remove it", true },
        { OLD KEY "foo\r\n", "f:3: \"foo\" is neither", true },
        { OLD KEY "\"n\"=\"a\nb\" x\n", "f:4: \"x\" after the value that began in line 3", true },
        { OLD KEY "\"n\"=\"a\" x\n", "f:3: \"x\" after the value: remove it", true },
        { OLD KEY "\"n\"=hex:01 ; comment\n", "n:3:01\n", false },
        { OLD KEY "\"n\"=hex:1,2,03\n", "n:3:010203\n", false },
        { OLD KEY "\"n\"=hex:1 2\n", "f:3: \"2\" where hexadecimal", true },
        { OLD KEY "\"n\"=hex:,01\n", "f:3: \",01\" where hexadecimal", true },
        { OLD KEY "\"n\"=hex:zz\n", "f:3: \"zz\" where hexadecimal", true },
        { OLD KEY "\"n\"=hex:g1,02\n", "f:3: \"g1,02\" where hexadecimal", true },
        { OLD KEY "\"n\"=hex:1g,02\n", "f:3: \"g,02\" where hexadecimal", true },
        { OLD KEY "\"n\"=hex:\x80\x80,02\n", "where hexadecimal", true },
        { OLD KEY "\"n\"=hex:00,f0,0f,\n", "f:3: hexadecimal data end in a comma", true },
        { OLD KEY "\"n\"=hex:00,f0,0f,A0", "n:3:00f00fa0\n", false },
        { OLD KEY "\"n\"=hex:0", "f:3: the file ends in half a hexadecimal byte", true },
        { OLD KEY "\"n\"=hex():00\n", "f:3: hex( needs a type", true },
        { OLD KEY "\"n\"=hex(1):41\n", "n:1:41\n", false },
        { OLD KEY "\"n\"=hex(2):41,00\n", "n:2:41000000\n", false },
        { OLD KEY "\"n\"=hex(7):41,00\n", "n:7:41000000\n", false },
        { NEW KEY "\"n\"=hex(2):41,00\n", "n:2:4100\n", false },
        { NEW KEY "\"n\"=hex(7):41,00\n", "n:7:4100\n", false },
        { OLD KEY "\"n\"=DWORD:1\n", "n:4:01000000\n", false },
        { OLD KEY "\"n\"=DWOXD:1\n", "f:3: \"DWOXD:1\" is not data", true },
        { OLD KEY "\"n\"=dword\x1A"
                  "1\n",
          "is not data", true },
        { OLD KEY "\"n\"=-\n@=\"x\"\n", "n-\n:1:78000000\n", false },
        { OLD KEY "\"n\"=\"12\"\n[HKLM\\a\\]\n", "n:1:310032000000\n+" ROOT "\n", false },
        { OLD KEY "[-HKLM\\a]\n\"n\"=\"x\"\n", "-" ROOT "\n", false },
        { OLD KEY "[HKLM]\n", "+HKEY_LOCAL_MACHINE\n", false },
        { OLD KEY "[HKLM\\a\\\\]\n", "+" ROOT "\n", false },
        { OLD KEY "[HKLM\\a] ; b\n", "+" ROOT "\n", false },
        { OLD KEY "[HKLM\\a] ; see [1]\n", "+" ROOT "] ; see [1\n", false },
        { OLD KEY "[HKLM\\a;b]\n", "+" ROOT ";b\n", false },
        { OLD KEY "[]\n", "f:3: the key \"\" does not begin", true },
        { OLD KEY "[\\\\]\n", "f:3: the key \"\" does not begin", true },
        { OLD KEY "[HKLMHKLMHKLMHKLMHKLMHKLMHKLMHKLM\\a]\n", "does not begin", true },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const char *found = scan(cases[i].text, "");

        if (cases[i].is_message ? !strstr(found, cases[i].found)
                                : strncmp(found, "+" ROOT "\n", sizeof("+" ROOT)) != 0 ||
                                      strcmp(found + sizeof("+" ROOT), cases[i].found) != 0)
            fail_msg("%s: %s", cases[i].text, found);
    }
}

/* A name is converted 64 units at a time. A pair of surrogates is not divided there, and half a pair is one character
   wherever it is. */
static void a_name_of_any_length_keeps_its_pairs(void **state)
{
    static const struct {
        WCHAR units[2]; /* the last two of the name */
        const char *utf8;
    } cases[] = {
        { { 0xD83D, 0xDE00 }, "\xF0\x9F\x98\x80" },
        { { 0xD800, 0xDC00 }, "\xF0\x90\x80\x80" },
        { { 'y', 0xD83D }, "y\xEF\xBF\xBD" },
        { { 'y', 0xE000 }, "y\xEE\x80\x80" },
        { { 'y', 'z' }, "yz" },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++)
        for (size_t before = 60; before <= 66; before++)
            for (size_t after = 0; after < 3; after++) {
                WCHAR units[128];
                char expected[256];
                static const char head[] = OLD KEY "\"", tail[] = "\"=-\n";
                size_t length = 0;

                for (const char *at = head; *at; at++)
                    units[length++] = (unsigned char)*at;
                for (size_t k = 0; k < before; k++)
                    units[length++] = 'x';
                units[length++] = cases[i].units[0];
                units[length++] = cases[i].units[1];
                for (size_t k = 0; k < after; k++)
                    units[length++] = 'z';
                for (const char *at = tail; *at; at++)
                    units[length++] = (unsigned char)*at;
                snprintf(expected, sizeof(expected), "+" ROOT "\n%.*s%s%.*s-\n", (int)before,
                         "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
                         cases[i].utf8, (int)after, "zzz");
                assert_string_equal(scan_units(units, length, ""), expected);
            }
}

/* What follows the text in memory would complete it. */
static void what_follows_a_text_is_not_part_of_it(void **state)
{
    static const struct {
        const char *text, *follower, *found; /* a message, or all events */
    } cases[] = {
        { OLD "[HKLM\\a", "]\n", "f:2: the key's name has no \"]\"" },
        { OLD KEY "\"n\"=\"x", "\"\n", "has no closing quotation mark" },
        { OLD KEY "\"n\"=\"x\\", "\"\"\n", "is not an escape" },
        { OLD KEY "\"n\"=hex:01,02", ",03,04\n", "+" ROOT "\nn:3:0102\n" },
        { OLD KEY "\"n\"=hex:01,02", "3", "+" ROOT "\nn:3:0102\n" },
        { OLD KEY "\"n\"=hex:0", "1\n", "half a hexadecimal byte" },
        { OLD KEY "\"n\"=dword:1", "2\n", "+" ROOT "\nn:4:01000000\n" },
        { OLD KEY "\"n\"", "=-\n", "there is no \"=\"" },
        { OLD KEY "\"n\"=dw", "ord:1\n", "is not data" },
        { OLD KEY "; comment", "\nx\n", "+" ROOT "\n" },
        { "REGEDIT", "4\n", "not a .reg file" },
    };

    (void)state;
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        const char *found = scan(cases[i].text, cases[i].follower);

        if (*cases[i].found == '+' ? strcmp(found, cases[i].found) != 0
                                   : !strstr(found, cases[i].found))
            fail_msg("%s: %s", cases[i].text, found);
    }
}

static DWORD refuse(void *context, const struct reg_event *event)
{
    (void)context, (void)event;
    return ERROR_NOT_ENOUGH_MEMORY;
}

static void an_error_of_the_visitor_ends_the_scan_with_a_message(void **state)
{
    static const WCHAR units[] = TEXT16("REGEDIT4\n[HKLM]\n[HKLM]\n");
    const struct reg_text text = { .units = (WCHAR *)(uintptr_t)units,
                                   .length = UNIT_COUNT(units) - 1 };
    struct registration_error error;

    (void)state;
    assert_int_equal(reg_scan(&text, "f", refuse, NULL, &error), ERROR_NOT_ENOUGH_MEMORY);
    assert_string_equal(error.message, "f: out of memory");
    assert_int_equal(reg_scan(&text, "f", take_event, NULL, &error), ERROR_SUCCESS);
    assert_string_equal(error.message, "");
    assert_true(reg_scan_is_version_4(&text));
}

static void a_header_that_cannot_be_read_is_no_version(void **state)
{
    static const WCHAR units[] = TEXT16("REGEDIT4 x\n");
    const struct reg_text text = { .units = (WCHAR *)(uintptr_t)units,
                                   .length = UNIT_COUNT(units) - 1 };

    (void)state;
    assert_false(reg_scan_is_version_4(&text));
}

/* Windows-1252 is Unicode but for the 32 bytes from 0x80 on; 0x80 is the sign of the euro, 0x9F U+0178. */
static void each_byte_of_windows_1252_is_one_character(void **state)
{
    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        const WCHAR unit = reg_text_ansi_unit((unsigned char)byte);

        assert_int_equal(reg_text_ansi_byte(unit), byte);
        if (byte < 0x80 || byte >= 0xA0)
            assert_int_equal(unit, byte);
    }
    assert_int_equal(reg_text_ansi_unit(0x80), 0x20AC);
    assert_int_equal(reg_text_ansi_unit(0x9F), 0x0178);
    assert_int_equal(reg_text_ansi_byte(0x80), -1);
    assert_int_equal(reg_text_ansi_byte(0x9F), -1);
    assert_int_equal(reg_text_ansi_byte(0x100), -1);
    assert_int_equal(reg_text_ansi_byte(0xFFFF), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_line_is_read_to_its_end),
        cmocka_unit_test(a_name_of_any_length_keeps_its_pairs),
        cmocka_unit_test(what_follows_a_text_is_not_part_of_it),
        cmocka_unit_test(an_error_of_the_visitor_ends_the_scan_with_a_message),
        cmocka_unit_test(a_header_that_cannot_be_read_is_no_version),
        cmocka_unit_test(each_byte_of_windows_1252_is_one_character),
    };

    return cmocka_run_group_tests_name("reg_scan", tests, NULL, NULL);
}
