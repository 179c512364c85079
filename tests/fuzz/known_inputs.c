/* SPDX-License-Identifier: MIT
 *
 * A fuzz target without libFuzzer: runs it over files, and over all files of folders, once each.
 * The tests link this in place of libFuzzer.
 *
 *     fuzz_TARGET PATH…
 *
 * It prints the number of inputs. The exit status is 2 if a path could not be read.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "os.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

static size_t count;

static DWORD run_file(const char *path)
{
    void *data;
    size_t size;
    DWORD error = os_file_read_all(path, &data, &size, (size_t)1 << 30);

    if (error)
        return error;
    fprintf(stderr, "%s\n", path); /* the last line shows the input that ends the program */
    /* In memory of its exact size, so that a read after it is noticed. */
    uint8_t *exact = malloc(size ? size : 1);
    for (size_t i = 0; exact && i < size; i++)
        exact[i] = ((const uint8_t *)data)[i];
    free(data);
    if (!exact)
        return ERROR_NOT_ENOUGH_MEMORY;
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    count++;
    return ERROR_SUCCESS;
}

static DWORD run_path(const char *path)
{
    struct os_directory directory;
    char name[512], inside[OS_PATH_SIZE];
    DWORD error = ERROR_SUCCESS;

    if (os_directory_open(&directory, path))
        return run_file(path);
    while (!error && os_directory_next(&directory, name, sizeof(name)) == ERROR_SUCCESS) {
        snprintf(inside, sizeof(inside), "%s/%s", path, name);
        error = run_path(inside);
    }
    os_directory_close(&directory);
    return error;
}

int main(int argc, char *argv[])
{
    if (LLVMFuzzerInitialize)
        LLVMFuzzerInitialize(&argc, &argv);
    for (int i = 1; i < argc; i++) {
        DWORD error = run_path(argv[i]);
        if (error) {
            fprintf(stderr, "%s: error %u\n", argv[i], (unsigned)error);
            return 2;
        }
    }
    printf("%zu inputs\n", count);
    return 0;
}
