/* SPDX-License-Identifier: MIT
 *
 * Layouts and numbers of the V1 ("legacy") performance-counter interface: what a provider's Collect
 * writes and what RegQueryValueEx(HKEY_PERFORMANCE_DATA, ...) returns. On Windows this header
 * includes the tool chain's own header of the same name and adds the names that it lacks. On other
 * systems it defines the same names with the layout of x64 Windows. x86 Windows has the same
 * layout, and so have saved answers. The header can be used from C and C++.
 *
 * An answer is nested as follows. Every length in it is a multiple of 8:
 *
 *   PERF_DATA_BLOCK (88), name of the computer, padding       the system
 *     PERF_OBJECT_TYPE (64)                                   the provider, NumObjectTypes times
 *       PERF_COUNTER_DEFINITION (40) * NumCounters
 *       NumInstances == -1: PERF_COUNTER_BLOCK and values
 *       NumInstances  >  0: { PERF_INSTANCE_DEFINITION (24), name, padding;
 *                             PERF_COUNTER_BLOCK (4), values, padding } * NumInstances
 *
 * Rule: the sizes and offsets are proven by tests/unit/layouts.def for every target.
 */
#ifndef HEAPCTRS_WINPERF_H
#define HEAPCTRS_WINPERF_H

#ifdef _WIN32

/* windows.h includes <winperf.h>, so either windows.h includes this header or this header includes
 * it. */
#pragma GCC system_header
#include <windows.h>
#include_next <winperf.h>

#else

#include "wintypes.h"

#define PERF_DATA_VERSION 1
#define PERF_DATA_REVISION 1

/** Start of an answer; written by the system. */
typedef struct _PERF_DATA_BLOCK {
    WCHAR Signature[4];            /* "PERF" in UTF-16, not terminated */
    DWORD LittleEndian;            /* 1: the numbers below are little-endian */
    DWORD Version;                 /* PERF_DATA_VERSION or more */
    DWORD Revision;                /* PERF_DATA_REVISION or more */
    DWORD TotalByteLength;         /* bytes of the whole answer */
    DWORD HeaderLength;            /* bytes from here to the first object */
    DWORD NumObjectTypes;          /* objects that follow */
    LONG DefaultObject;            /* title index of the object to show first; -1: none */
    SYSTEMTIME SystemTime;         /* UTC */
    LARGE_INTEGER PerfTime;        /* ticks of the performance counter */
    LARGE_INTEGER PerfFreq;        /* its ticks per second */
    LARGE_INTEGER PerfTime100nSec; /* time in units of 100 ns */
    DWORD SystemNameLength;        /* bytes, terminator included */
    DWORD SystemNameOffset;        /* bytes from the start of this header */
} PERF_DATA_BLOCK, *PPERF_DATA_BLOCK;

/** An object; written by the provider. */
typedef struct _PERF_OBJECT_TYPE {
    DWORD TotalByteLength;      /* bytes from here to the next object */
    DWORD DefinitionLength;     /* bytes from here to the first instance or the counter block */
    DWORD HeaderLength;         /* bytes from here to the first counter definition */
    DWORD ObjectNameTitleIndex; /* title index of the name: even */
    DWORD ObjectNameTitle;      /* 0; a pointer on x86 Windows, never to be followed */
    DWORD ObjectHelpTitleIndex; /* title index of the help text: odd */
    DWORD ObjectHelpTitle;      /* 0; as ObjectNameTitle */
    DWORD DetailLevel;          /* PERF_DETAIL_*, the lowest of its counters */
    DWORD NumCounters;          /* definitions that follow, bases included */
    LONG DefaultCounter;        /* position of the counter to show first; -1: none */
    LONG NumInstances;          /* 0 or more, PERF_NO_INSTANCES, or PERF_METADATA_* */
    DWORD CodePage;             /* 0: instance names are UTF-16 */
    LARGE_INTEGER PerfTime;     /* the object's own time, for types with PERF_OBJECT_TIMER */
    LARGE_INTEGER PerfFreq;     /* its units per second */
} PERF_OBJECT_TYPE, *PPERF_OBJECT_TYPE;

/** One counter of an object. */
typedef struct _PERF_COUNTER_DEFINITION {
    DWORD ByteLength;            /* bytes from here to the next definition */
    DWORD CounterNameTitleIndex; /* title index of the name: even; 0 for a base */
    DWORD CounterNameTitle;      /* 0; a pointer on x86 Windows, never to be followed */
    DWORD CounterHelpTitleIndex; /* title index of the help text: odd; 0 for a base */
    DWORD CounterHelpTitle;      /* 0; as CounterNameTitle */
    LONG DefaultScale;           /* power of ten for display, -7..7 */
    DWORD DetailLevel;           /* PERF_DETAIL_* */
    DWORD CounterType;           /* PERF_COUNTER_COUNTER, ... */
    DWORD CounterSize;           /* bytes of the raw value */
    DWORD CounterOffset;         /* bytes from the start of PERF_COUNTER_BLOCK to the raw value */
} PERF_COUNTER_DEFINITION, *PPERF_COUNTER_DEFINITION;

/** One instance of an object; its name follows, then its counter block. */
typedef struct _PERF_INSTANCE_DEFINITION {
    DWORD ByteLength;             /* bytes from here to the counter block */
    DWORD ParentObjectTitleIndex; /* title index of the parent's object; 0: no parent */
    DWORD ParentObjectInstance;   /* position of the parent among its object's instances */
    LONG UniqueID;                /* PERF_NO_UNIQUE_ID if instances are identified by name */
    DWORD NameOffset;             /* bytes from the start of this structure */
    DWORD NameLength;             /* bytes, terminator included, padding not; 0: no name */
} PERF_INSTANCE_DEFINITION, *PPERF_INSTANCE_DEFINITION;

/** The header of the raw values of one instance. */
typedef struct _PERF_COUNTER_BLOCK {
    DWORD ByteLength; /* bytes of this member, all values and padding */
} PERF_COUNTER_BLOCK, *PPERF_COUNTER_BLOCK;

/* Instead of a count in NumInstances, and instead of an identifier in UniqueID. */
#define PERF_NO_INSTANCES (-1)
#define PERF_NO_UNIQUE_ID (-1)

/* ---- counter types, by bits ---------------------------------------------------------------- */

/* Bits 8-9: size of the raw value. */
#define PERF_SIZE_DWORD 0x00000000
#define PERF_SIZE_LARGE 0x00000100
#define PERF_SIZE_ZERO 0x00000200
#define PERF_SIZE_VARIABLE_LEN 0x00000300

/* Bits 10-11: kind. */
#define PERF_TYPE_NUMBER 0x00000000
#define PERF_TYPE_COUNTER 0x00000400
#define PERF_TYPE_TEXT 0x00000800
#define PERF_TYPE_ZERO 0x00000C00

/* Bits 16-18: sub-kind, for each kind. Compare all three: PRECISION contains the bits of BASE. */
#define PERF_NUMBER_HEX 0x00000000
#define PERF_NUMBER_DECIMAL 0x00010000
#define PERF_NUMBER_DEC_1000 0x00020000
#define PERF_COUNTER_VALUE 0x00000000
#define PERF_COUNTER_RATE 0x00010000
#define PERF_COUNTER_FRACTION 0x00020000
#define PERF_COUNTER_BASE 0x00030000
#define PERF_COUNTER_ELAPSED 0x00040000
#define PERF_COUNTER_QUEUELEN 0x00050000
#define PERF_COUNTER_HISTOGRAM 0x00060000
#define PERF_COUNTER_PRECISION 0x00070000
#define PERF_TEXT_UNICODE 0x00000000
#define PERF_TEXT_ASCII 0x00010000

/* Bits 20-21: time base. */
#define PERF_TIMER_TICK 0x00000000
#define PERF_TIMER_100NS 0x00100000
#define PERF_OBJECT_TIMER 0x00200000

/* Bits 22-25: what is calculated. */
#define PERF_DELTA_COUNTER 0x00400000
#define PERF_DELTA_BASE 0x00800000
#define PERF_INVERSE_COUNTER 0x01000000
#define PERF_MULTI_COUNTER 0x02000000

/* Bits 28-31: how it is displayed. */
#define PERF_DISPLAY_NO_SUFFIX 0x00000000
#define PERF_DISPLAY_PER_SEC 0x10000000
#define PERF_DISPLAY_PERCENT 0x20000000
#define PERF_DISPLAY_SECONDS 0x30000000
#define PERF_DISPLAY_NOSHOW 0x40000000

/* ---- counter types ------------------------------------------------------------------------- */

#define PERF_COUNTER_RAWCOUNT_HEX 0x00000000
#define PERF_COUNTER_LARGE_RAWCOUNT_HEX 0x00000100
#define PERF_COUNTER_RAWCOUNT 0x00010000
#define PERF_COUNTER_LARGE_RAWCOUNT 0x00010100
#define PERF_COUNTER_TEXT 0x00000B00
#define PERF_COUNTER_NODATA 0x40000200
#define PERF_COUNTER_DELTA 0x00400400
#define PERF_COUNTER_LARGE_DELTA 0x00400500
#define PERF_SAMPLE_COUNTER 0x00410400
#define PERF_COUNTER_COUNTER 0x10410400
#define PERF_COUNTER_BULK_COUNT 0x10410500
#define PERF_COUNTER_QUEUELEN_TYPE 0x00450400
#define PERF_COUNTER_LARGE_QUEUELEN_TYPE 0x00450500
#define PERF_COUNTER_100NS_QUEUELEN_TYPE 0x00550500
#define PERF_COUNTER_OBJ_TIME_QUEUELEN_TYPE 0x00650500
#define PERF_COUNTER_TIMER 0x20410500
#define PERF_COUNTER_TIMER_INV 0x21410500
#define PERF_100NSEC_TIMER 0x20510500
#define PERF_100NSEC_TIMER_INV 0x21510500
#define PERF_OBJ_TIME_TIMER 0x20610500
#define PERF_PRECISION_SYSTEM_TIMER 0x20470500
#define PERF_PRECISION_100NS_TIMER 0x20570500
#define PERF_PRECISION_OBJECT_TIMER 0x20670500
#define PERF_COUNTER_MULTI_TIMER 0x22410500
#define PERF_COUNTER_MULTI_TIMER_INV 0x23410500
#define PERF_100NSEC_MULTI_TIMER 0x22510500
#define PERF_100NSEC_MULTI_TIMER_INV 0x23510500
#define PERF_SAMPLE_FRACTION 0x20C20400
#define PERF_RAW_FRACTION 0x20020400
#define PERF_LARGE_RAW_FRACTION 0x20020500
#define PERF_AVERAGE_TIMER 0x30020400
#define PERF_AVERAGE_BULK 0x40020500
#define PERF_ELAPSED_TIME 0x30240500

/* Bases: each follows immediately after the counter that it belongs to. */
#define PERF_SAMPLE_BASE 0x40030401
#define PERF_AVERAGE_BASE 0x40030402
#define PERF_RAW_BASE 0x40030403
#define PERF_LARGE_RAW_BASE 0x40030500
#define PERF_PRECISION_TIMESTAMP PERF_LARGE_RAW_BASE
#define PERF_COUNTER_MULTI_BASE 0x42030500

#define PERF_COUNTER_HISTOGRAM_TYPE 0x80000000

/* ---- other numbers ------------------------------------------------------------------------- */

/* The level of expertise that a counter requires. */
#define PERF_DETAIL_NOVICE 100
#define PERF_DETAIL_ADVANCED 200
#define PERF_DETAIL_EXPERT 300
#define PERF_DETAIL_WIZARD 400

#define PERF_QUERY_OBJECTS ((LONG)0x80000000)
#define PERF_QUERY_GLOBAL ((LONG)0x80000001)
#define PERF_QUERY_COSTLY ((LONG)0x80000002)
#define MAX_PERF_OBJECTS_IN_QUERY_FUNCTION 64

/* How much a provider logs. This is a convention of Microsoft's samples. */
#define WINPERF_LOG_NONE 0
#define WINPERF_LOG_USER 1
#define WINPERF_LOG_DEBUG 2
#define WINPERF_LOG_VERBOSE 3

/* ---- a provider's procedures --------------------------------------------------------------- */

/** Open: the services' Linkage\Export or NULL. Called before the first Collect. */
typedef DWORD(APIENTRY PM_OPEN_PROC)(LPWSTR context);

/**
 * Collect: write the objects that `query` asks for.
 *
 * @param query         the value name of the query, for example "Global"
 * @param data          in: start of the buffer; out: the byte after the last object
 * @param size          in: bytes of the buffer; out: bytes written
 * @param object_count  out: number of objects written
 */
typedef DWORD(APIENTRY PM_COLLECT_PROC)(LPWSTR query, LPVOID *data, LPDWORD size,
                                        LPDWORD object_count);

/** Close. */
typedef DWORD(APIENTRY PM_CLOSE_PROC)(void);

/** The procedure of the value "Query"; declared in Windows' header and documented nowhere. */
typedef DWORD(APIENTRY PM_QUERY_PROC)(LPDWORD, LPVOID *, LPDWORD, LPDWORD);

#endif /* _WIN32 */

/* ---- what mingw-w64's header lacks --------------------------------------------------------- */

/* NumInstances in the answer to a Metadata query. */
#ifndef PERF_METADATA_MULTIPLE_INSTANCES
#define PERF_METADATA_MULTIPLE_INSTANCES (-2)
#endif
#ifndef PERF_METADATA_NO_INSTANCES
#define PERF_METADATA_NO_INSTANCES (-3)
#endif

/* pdh.h defines these too. The tokens are identical, so that including both gives no warning. */
/* clang-format off */
#ifndef PERF_DETAIL_COSTLY
#define PERF_DETAIL_COSTLY ((DWORD) 0x00010000)
#endif
#ifndef PERF_DETAIL_STANDARD
#define PERF_DETAIL_STANDARD ((DWORD) 0x0000FFFF)
#endif
/* clang-format on */

#endif /* HEAPCTRS_WINPERF_H */
