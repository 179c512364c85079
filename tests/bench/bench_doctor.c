/* SPDX-License-Identifier: MIT
 *
 * The whole command `perfharness doctor` for a registry with 15,000 names and as many help texts, as
 * regedit exports it and as lodctr /S saves it, against one pass over the file's bytes: healthy, and
 * with every hundredth service broken. Times are of the processor, which other programs do not change.
 *
 *     bench_doctor [--json]
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench_result.h"

enum { ROUNDS = 11, SERVICES = 1000, NAMES = 15 };

#define PERFLIB "HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Perflib"
#define SERVICE "HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\service-%d\\Performance"

extern char **environ;

static double own_ms(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static double ms_of(const struct timeval *time)
{
    return (double)time->tv_sec * 1e3 + (double)time->tv_usec / 1e3;
}

/* Milliseconds that it takes of the processor. */
static double run(const char *const arguments[])
{
    posix_spawn_file_actions_t actions;
    struct rusage used;
    pid_t process;
    int status;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    if (posix_spawn(&process, arguments[0], &actions, NULL, (char **)(uintptr_t)arguments,
                    environ) ||
        wait4(process, &status, 0, &used) != process || !WIFEXITED(status) ||
        WEXITSTATUS(status) > 1) {
        fprintf(stderr, "bench_doctor: %s failed\n", arguments[0]);
        exit(2);
    }
    posix_spawn_file_actions_destroy(&actions);
    return ms_of(&used.ru_utime) + ms_of(&used.ru_stime);
}

/* Read the file and add up its bytes: the least that any reader does. */
static double pass(const char *path, uint64_t *sum)
{
    const double begin = own_ms();
    FILE *file = fopen(path, "rb");
    static unsigned char block[1 << 16];
    size_t size;

    while (file && (size = fread(block, 1, sizeof(block), file)) > 0)
        for (size_t i = 0; i < size; i++)
            *sum += block[i];
    if (!file || fclose(file))
        exit(2);
    return own_ms() - begin;
}

/* ASCII text as UTF-16. */
static void put(FILE *file, const char *text)
{
    for (; *text; text++) {
        fputc(*text, file);
        fputc(0, file);
    }
}

static int index_of(int service, int name)
{
    return 1848 + 2 * (service * NAMES + name);
}

static void text_of(int service, int name, bool is_help, char text[256])
{
    if (is_help)
        snprintf(
            text, 256,
            "Counter %d of service %d counts what its name says, per second, since the service "
            "was started.",
            name, service);
    else
        snprintf(text, 256, "Counter %d of service %d/sec", name, service);
}

static void put_table(FILE *file, const char *value, bool is_help)
{
    char text[256], line[300], byte[8];

    snprintf(line, sizeof(line), "\"%s\"=hex(7):", value);
    put(file, line);
    for (int i = 0; i < SERVICES * NAMES; i++) {
        text_of(i / NAMES, i % NAMES, is_help, text);
        int length = snprintf(line, sizeof(line), "%d", 1848 + 2 * i + is_help);
        snprintf(line + length + 1, sizeof(line) - (size_t)length - 1, "%s", text);
        size_t size = (size_t)length + 1 + strlen(text) + 1;
        for (size_t k = 0; k < size; k++) {
            snprintf(byte, sizeof(byte), "%02x,00,", (unsigned char)line[k]);
            put(file, byte);
        }
        put(file, "\\\r\n  ");
    }
    put(file, "00,00\r\n");
}

static void write_export(const char *path, bool is_broken)
{
    FILE *file = fopen(path, "wb");
    char line[512];

    if (!file)
        exit(2);
    fputs("\xFF\xFE", file);
    put(file, "Windows Registry Editor Version 5.00\r\n\r\n[" PERFLIB "]\r\n");
    snprintf(line, sizeof(line),
             "\"Base Index\"=dword:00000737\r\n\"Last Counter\"=dword:%08x\r\n"
             "\"Last Help\"=dword:%08x\r\n\r\n[" PERFLIB "\\009]\r\n",
             (unsigned)index_of(SERVICES, -1), (unsigned)index_of(SERVICES, -1) + 1);
    put(file, line);
    put_table(file, "Counter", false);
    put_table(file, "Help", true);
    for (int i = 0; i < SERVICES; i++) {
        unsigned first = (unsigned)index_of(i, 0), last = (unsigned)index_of(i, NAMES - 1);
        unsigned wrong = is_broken && i % 100 == 0;
        snprintf(line, sizeof(line),
                 "\r\n[" SERVICE "]\r\n\"Library\"=\"s.dll\"\r\n\"Open\"=\"O\"\r\n"
                 "\"Collect\"=\"C\"\r\n\"Close\"=\"D\"\r\n\"First Counter\"=dword:%08x\r\n"
                 "\"Last Counter\"=dword:%08x\r\n\"First Help\"=dword:%08x\r\n"
                 "\"Last Help\"=dword:%08x\r\n",
                 i, first, last, first + 1 - wrong, last + 1);
        put(file, line);
    }
    if (fclose(file))
        exit(2);
}

static void write_backup(const char *path)
{
    FILE *file = fopen(path, "wb");
    char line[512], text[256];

    if (!file)
        exit(2);
    snprintf(line, sizeof(line),
             "\r\n\r\n[Perflib]\r\nBase Index=1847\r\nLast Counter=%d\r\n"
             "Last Help=%d\r\n",
             index_of(SERVICES, -1), index_of(SERVICES, -1) + 1);
    put(file, line);
    for (int i = 0; i < SERVICES; i++) {
        int first = index_of(i, 0), last = index_of(i, NAMES - 1);
        snprintf(line, sizeof(line),
                 "\r\n[PERF_service-%d]\r\nFirst Counter=%d\r\nFirst Help=%d\r\nLast Counter=%d\r\n"
                 "Last Help=%d\r\n",
                 i, first, first + 1, last, last + 1);
        put(file, line);
    }
    put(file, "\r\n[PerfStrings_009]\r\n1=1847\r\n2=System\r\n1846=End Marker\r\n1847=End Marker");
    for (int i = 0; i < SERVICES * NAMES; i++)
        for (int is_help = 0; is_help < 2; is_help++) {
            text_of(i / NAMES, i % NAMES, is_help, text);
            snprintf(line, sizeof(line), "\r\n%d=%s", 1848 + 2 * i + is_help, text);
            put(file, line);
        }
    if (fclose(file))
        exit(2);
}

int main(int argc, char *argv[])
{
    static const char program[] = "build/native/perfharness";
    static const char *const names[] = { "healthy.reg", "broken.reg", "backup.ini" };
    static const char *const labels[] = { "a healthy export by regedit",
                                          "every hundredth service broken",
                                          "a backup by lodctr /S" };
    char folder[] = "/tmp/bench_doctor.XXXXXX", paths[3][64], label[96];
    double times[ROUNDS], passes[ROUNDS];
    uint64_t sum = 0;

    if (!mkdtemp(folder))
        return 2;
    for (size_t i = 0; i < 3; i++)
        snprintf(paths[i], sizeof(paths[i]), "%s/%s", folder, names[i]);
    write_export(paths[0], false);
    write_export(paths[1], true);
    write_backup(paths[2]);
    bench_begin(argc, argv, "doctor",
                "The command perfharness doctor, 15,000 names and help texts of 1,000 services");
    for (size_t i = 0; i < 3; i++) {
        const char *const command[] = { program, "doctor", paths[i], NULL };
        struct stat file;
        for (size_t round = 0; round < ROUNDS; round++) {
            passes[round] = pass(paths[i], &sum);
            times[round] = run(command);
        }
        double least = bench_median(passes, ROUNDS), taken = bench_median(times, ROUNDS);
        if (stat(paths[i], &file))
            return 2;
        snprintf(label, sizeof(label), "one pass over %.1f MB", (double)file.st_size / 1e6);
        bench_figure(label, least, "ms", 0, "the physical limit: every byte is read once", "");
        bench_figure(labels[i], taken, "ms", 100, "so that a person does not wait",
                     "the text decoded, two tables, every service, the report");
        bench_figure("  the same in passes", taken / least, "", 0, "", "");
        unlink(paths[i]);
    }
    rmdir(folder);
    return bench_end() || sum == 0;
}
