/* SPDX-License-Identifier: MIT
 *
 * A publisher on Windows that rewrites its own region at random while it is read:
 *
 *     hostile_publisher_win FOLDER SEED MILLISECONDS
 *
 * It also tries to shorten and extend the file, which the system must refuse or survive, and puts
 * files into FOLDER that have a region's name but are not regions.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "heaptracker.h"
#include "wintypes.h"

static uint64_t state;

static uint64_t any(uint64_t below)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (state >> 11) % below;
}

/* The mapping of this process's region, which begins with its magic number. */
static unsigned char *find_region(size_t *size)
{
    MEMORY_BASIC_INFORMATION info;

    for (unsigned char *at = NULL; VirtualQuery(at, &info, sizeof(info)) == sizeof(info);
         at = (unsigned char *)info.BaseAddress + info.RegionSize)
        if (info.Type == MEM_MAPPED && info.State == MEM_COMMIT && info.Protect == PAGE_READWRITE &&
            info.RegionSize >= 704 && memcmp(info.BaseAddress, "HCREGION", 8) == 0) {
            *size = info.RegionSize;
            return info.BaseAddress;
        }
    return NULL;
}

static void rewrite(unsigned char *memory, size_t size)
{
    static const uint64_t words[] = { 0, 1, 2, 64, 704, 4096, UINT32_MAX, INT64_MAX, UINT64_MAX };

    for (int i = 0; i < 50; i++) {
        uint64_t word = any(3) ? words[any(sizeof(words) / sizeof(*words))] : any(UINT64_MAX);
        size_t at = (size_t)any((any(2) ? 704 : size) / 8) * 8;

        memcpy(memory + at, &word, any(2) ? 8 : 4);
    }
}

/* Resize the file with a new handle, which every process of this user could get. */
static void resize(const char *folder)
{
    char pattern[MAX_PATH], path[MAX_PATH];
    WIN32_FIND_DATAA found;

    snprintf(pattern, sizeof(pattern), "%s\\%lu-*.region", folder,
             (unsigned long)GetCurrentProcessId());
    HANDLE search = FindFirstFileA(pattern, &found);
    if (search == INVALID_HANDLE_VALUE)
        return;
    FindClose(search);
    snprintf(path, sizeof(path), "%.100s\\%.100s", folder, found.cFileName);
    HANDLE file =
        CreateFileA(path, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                    NULL, OPEN_EXISTING, 0, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return;
    SetFilePointer(file, (LONG)any(20000), NULL, FILE_BEGIN);
    SetEndOfFile(file);
    CloseHandle(file);
}

static void litter(const char *folder, bool make)
{
    char path[MAX_PATH];

    snprintf(path, sizeof(path), "%s\\%lu-folder.region", folder,
             (unsigned long)GetCurrentProcessId());
    if (make)
        CreateDirectoryA(path, NULL);
    else
        RemoveDirectoryA(path);
    snprintf(path, sizeof(path), "%s\\%lu-junk.region", folder,
             (unsigned long)GetCurrentProcessId());
    if (make) {
        FILE *file = fopen(path, "wb");
        for (int i = 0; file && i < 3000; i++)
            fputc((int)any(256), file);
        if (file)
            fclose(file);
    } else {
        DeleteFileA(path);
    }
}

int main(int argc, char *argv[])
{
    size_t size;

    if (argc != 4) {
        fprintf(stderr, "usage: hostile_publisher_win FOLDER SEED MILLISECONDS\n");
        return 2;
    }
    state = strtoull(argv[2], NULL, 10) * 0x9E3779B97F4A7C15u + 1;
    for (int i = 0; i < 5; i++)
        heap_tracker_allocate(heap_tracker_open("lamb", NULL), &state, 100);
    unsigned char *memory = find_region(&size);
    if (!memory) {
        fprintf(stderr, "no region of my own\n");
        return 2;
    }
    if (size > 7872)
        size = 7872; /* readers do not read what follows */
    unsigned char *sound = malloc(size);
    memcpy(sound, memory, size);
    puts("ready");
    fflush(stdout);
    DWORD end = GetTickCount() + (DWORD)strtoul(argv[3], NULL, 10);
    while ((LONG)(end - GetTickCount()) > 0) {
        uint64_t dice = any(20);
        if (dice < 8)
            rewrite(memory, size);
        else if (dice < 10)
            resize(argv[1]);
        else if (dice < 12)
            litter(argv[1], dice == 10);
        else
            memcpy(memory, sound, size);
        Sleep((DWORD)any(4));
    }
    litter(argv[1], false);
    memcpy(memory, sound, size); /* so that the tracker finds its own region when it ends */
    free(sound);
    return 0;
}
