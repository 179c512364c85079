/* SPDX-License-Identifier: MIT
 *
 * The largest files that each reader takes. They are holes, so that they take no disk space. A hole is read
 * as zeros: some readers accept them, and others refuse them for another reason than their size. Limits
 * that are numbers here are constants of map_file.c, export_table.c and symbol_file.c.
 */
#define _GNU_SOURCE
#include "unit.h"

#include <stdlib.h>
#include <unistd.h>

#include "export_table.h"
#include "ini_file.h"
#include "input_state.h"
#include "machine_input.h"
#include "manifest.h"
#include "map_file.h"
#include "reg_scan.h"
#include "registration.h"
#include "symbol_file.h"
#include "temporary_path.h"
#include "xml_parser.h"

static DWORD read_ini(const char *path)
{
    struct registration_error error = { "" };
    struct ini_file ini = { 0 };
    const DWORD failure = ini_file_read(path, &ini, &error);

    if (!failure)
        ini_file_release(&ini);
    return failure;
}

static DWORD read_registration(const char *path)
{
    struct registration_error error = { "" };
    struct registration registration = { 0 };
    const DWORD failure = registration_file_read(path, &registration, &error);

    if (!failure)
        registration_release(&registration);
    return failure;
}

static DWORD read_machine(const char *path)
{
    struct registration_error error = { "" };
    struct machine_input input = { 0 };
    const DWORD failure = machine_input_read(path, &input, &error);

    if (!failure)
        machine_input_release(&input);
    return failure;
}

static DWORD read_manifest(const char *path)
{
    static struct manifest_messages messages;
    struct manifest manifest = { 0 };
    const DWORD failure = manifest_parser_parse_file(path, NULL, &manifest, &messages);

    if (!failure)
        manifest_parser_release(&manifest);
    return failure;
}

/* `path` ends in ".map": the map of the program without it. */
static DWORD read_map(const char *path)
{
    char program[OS_PATH_SIZE];
    struct map_file map;

    snprintf(program, sizeof(program), "%.*s", (int)(strlen(path) - strlen(".map")), path);
    const DWORD failure = map_file_find(&map, program);
    if (!failure)
        map_file_release(&map);
    return failure;
}

static DWORD read_exports(const char *path)
{
    struct export_table table;
    const DWORD failure = export_table_read(&table, path);

    export_table_release(&table);
    return failure;
}

static DWORD read_symbols(const char *path)
{
    char symbol[8];
    uint64_t offset;

    return symbol_file_find(path, 0, symbol, sizeof(symbol), &offset);
}

static void each_reader_takes_files_up_to_its_limit(void **state)
{
    static const struct {
        const char *name;
        DWORD (*read)(const char *path);
        off_t limit;
    } cases[] = {
        { "an .ini file", read_ini, INI_FILE_LIMIT },
        { "a manifest", read_manifest, XML_SIZE_LIMIT },
        { "a registration", read_registration, REG_FILE_LIMIT },
        { "an input of doctor", read_machine, MACHINE_INPUT_LIMIT },
        { "a map", read_map, 256 << 20 },
        { "a library's exports", read_exports, 512 << 20 },
        { "a library's symbols", read_symbols, 512 << 20 },
    };
    char path[OS_PATH_SIZE + 256];

    (void)state;
    snprintf(path, sizeof(path), "%s.map", temporary_path("limits"));
    for (size_t i = 0; i < UNIT_COUNT(cases); i++) {
        assert_int_equal(os_file_write_all(path, "", 0), 0);
        if (cases[i].limit <= 64 << 20) { /* to read more takes seconds */
            assert_int_equal(truncate(path, cases[i].limit), 0);
            if (cases[i].read(path) == ERROR_FILE_TOO_LARGE)
                fail_msg("%s: refused at its limit", cases[i].name);
        }
        assert_int_equal(truncate(path, cases[i].limit + 1), 0);
        if (cases[i].read(path) != ERROR_FILE_TOO_LARGE)
            fail_msg("%s: read beyond its limit", cases[i].name);
    }
    os_file_remove(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_reader_takes_files_up_to_its_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
