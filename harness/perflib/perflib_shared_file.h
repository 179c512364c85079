/* SPDX-License-Identifier: MIT
 *
 * The files in which a process shares its countersets (*.counters) and the counters that it has
 * added as a consumer (*.consumer), and the limits for reading them: see perflib_share.h. Both have
 * this header.
 */
#ifndef PERFLIB_SHARED_FILE_H
#define PERFLIB_SHARED_FILE_H

#include <stddef.h>
#include <stdint.h>

/* Limits of what other processes publish, in bytes and files. They are chosen: a state of heapctrs
   has some kilobytes, so even the limits of one user are far above any use. The total bounds the
   work that all users together can cause. */
#define SHARE_IMAGE_LIMIT (4u << 20)      /* bytes of one process */
#define SHARE_TOTAL_LIMIT (64u << 20)     /* bytes of all users */
#define SHARE_USER_SIZE_LIMIT (16u << 20) /* bytes of one user */
#define SHARE_USER_LIMIT 64               /* files of one user */
#define SHARE_FILE_LIMIT 1024             /* files of all users */
#define SHARE_WISH_LIMIT 4096             /* requests of a consumer that are forwarded */

/** Start of the file. The two copies are used in turn: state n is in copy n % 2. */
struct share_header {
    char magic[8];
    uint32_t header_size; /* sizeof(struct share_header) */
    uint32_t process_id;
    uint64_t process_start;
    _Atomic uint64_t begun;    /* the number of the last state that was begun */
    _Atomic uint64_t finished; /* the number of the last complete state; 0: no state so far */
    struct share_copy {
        _Atomic uint64_t offset, size; /* bytes in the file */
    } copies[2];
};

#define SHARE_MAGIC "PERFV2\x02"       /* and a zero byte */
#define SHARE_CONSUMER_MAGIC "PERFV2C" /* likewise */

/** Files that the last refresh read, and files that it refused. For tests. */
struct perflib_share_counts {
    size_t read, refused;
};

#endif /* PERFLIB_SHARED_FILE_H */
